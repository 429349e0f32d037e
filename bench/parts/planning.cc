// From an event to its notifications, and the rendering that is most of it.
#include <array>

#include "parts/part.h"
#include "parts/samples.h"
#include "planning/planner.h"

namespace vestnik::bench {

Work render_email() {
  const planning::Template* used = shipped_set().templates.find("welcome");
  require(used != nullptr, "the shipped set has the template welcome");
  auto names = samples([](std::size_t number) {
    const UserEvent event = registered_event(number);
    return json::object{
        {"email", event.email}, {"phone", event.phone}, {"name", event.data.at("name").as_string()}};
  });
  return [used, names = InTurn(std::move(names))]() mutable {
    const std::array<const json::object*, 1> data{&names.next()};
    const auto rendered = planning::render(*used, Channel::email, data);
    require(rendered.has_value(), "the template welcome can be rendered");
    keep(*rendered);
  };
}

Work plan_event() {
  const planning::Configured& configured = shipped_set();
  return [&configured, events = InTurn(samples(registered_event))]() mutable {
    const UserEvent& event = events.next();
    const planning::Plan planned = planning::plan(event, configured, event.accepted_at);
    require(planned.notifications.size() == 2, "the shipped workflow plans an e-mail and an SMS");
    keep(planned);
  };
}

}  // namespace vestnik::bench
