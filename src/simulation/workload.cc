#include "simulation/workload.h"

#include <fmt/format.h>
#include <stdexcept>

#include "planning/category.h"

namespace vestnik::simulation {
namespace {

planning::SourceFiles workflows() {
  const auto step = [](std::string_view name, std::string_view channel, std::string_view used,
                       std::string_view more) {
    return fmt::format("  - name: {}\n    channel: {}\n    template: {}\n{}", name, channel, used, more);
  };
  const auto file = [](std::string steps) {
    return planning::SourceFile{"simulated", "steps:\n" + std::move(steps)};
  };
  return {
      {"user_registered.yaml",
       file(step("welcome_email", "email", "one", "") + step("welcome_sms", "sms", "one", ""))},
      {"order_placed.yaml", file(step("receipt_email", "email", "one", ""))},
      {"code_wanted.yaml", file(step("code_sms", "sms", "one", "    category: otp\n"))},
      {"digest_made.yaml",
       file(step("digest_email", "email", "one", "    category: digest\n    delay: 4s\n"))},
      {"visit_near.yaml", file(step("visit_sms", "sms", "two", "    delay: 2s\n"))},
      {"flash_sale.yaml", file(step("flash_email", "email", "one", "    expires_after: 20s\n"))},
  };
}

planning::SourceFiles templates() {
  return {
      {"one/subject.txt", {"simulated", "Hello"}},
      {"one/body.txt", {"simulated", "To {{email}}\n"}},
      {"one/body.html", {"simulated", "<p>{{email}}</p>\n"}},
      {"one/sms.txt", {"simulated", "parts:1"}},
      {"two/sms.txt", {"simulated", "parts:2"}},
  };
}

std::shared_ptr<const planning::Configured> make() {
  auto categories =
      planning::parse_categories({"otp in_doubt=hold attempts=3 expires_after=5m", "digest limit=2/10s"});
  auto result = planning::configure(workflows(), templates(),
                                    {.email = std::chrono::hours(1), .sms = std::chrono::hours(1)},
                                    std::move(categories.value()));
  if (!result) {
    std::string all;
    for (const auto& problem : result.error()) all += problem.message + "; ";
    throw std::runtime_error("the simulation's own workflows are wrong: " + all);
  }
  return std::make_shared<const planning::Configured>(std::move(*result));
}

}  // namespace

std::shared_ptr<const planning::Configured> configured() {
  static const auto made = make();
  return made;
}

std::vector<Expected> expected_of(const UserEvent& event) {
  std::vector<Expected> expected;
  for (const ExpectedStep& step : expected_steps) {
    if (step.event_type != event.event_type) continue;
    if ((step.channel == Channel::email ? event.email : event.phone).empty()) continue;
    expected.push_back(
        {.id = notification_id(event.event_id, event.user_id, step.channel, step.name), .step = &step});
  }
  return expected;
}

}  // namespace vestnik::simulation
