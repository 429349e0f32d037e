#include "parts/samples.h"

#include <array>
#include <fmt/format.h>

#include "config/option.h"
#include "parts/part.h"
#include "planning/planner.h"

namespace vestnik::bench {
namespace {

constexpr Timestamp accepted_at = from_unix_us(1'795'443'426'012'345);
constexpr Timestamp planned_at = from_unix_us(1'795'443'426'014'567);

// Longer and shorter ones, some beyond ASCII.
constexpr std::array<std::string_view, 4> names{"Anna Petrova", "Ivan", "Мария Кузнецова", "José Núñez"};

std::string email(std::size_t number) { return fmt::format("user{}.name@example.org", number); }
std::string phone(std::size_t number) { return fmt::format("+7916{:07}", number % 10'000'000); }
std::string_view name(std::size_t number) { return names[number % names.size()]; }

}  // namespace

std::string registration_body(std::size_t number) {
  return fmt::format(R"({{"email":"{}","phone":"{}","name":"{}"}})", email(number), phone(number),
                     name(number));
}

UserEvent registered_event(std::size_t number) {
  return {.event_id = {fmt::format("01900000-0000-7000-9000-{:012}", number)},
          .event_type = std::string(user_registered),
          .user_id = {fmt::format("user_01900000-0000-7000-8000-{:012}", number)},
          .email = email(number),
          .phone = phone(number),
          .accepted_at = accepted_at,
          .data = {{"name", name(number)}},
          .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"};
}

const planning::Configured& shipped_set() {
  static const planning::Configured configured = planning::load_configured(config::defaults()).value();
  return configured;
}

std::vector<Notification> planned_notifications(std::size_t number) {
  auto planned = planning::plan(registered_event(number), shipped_set(), planned_at);
  require(planned.notifications.size() == 2, "the shipped workflow plans an e-mail and an SMS");
  return std::move(planned.notifications);
}

Notification planned_email(std::size_t number) {
  Notification first = planned_notifications(number).front();
  require(first.channel == Channel::email, "the shipped workflow begins with the e-mail");
  return first;
}

}  // namespace vestnik::bench
