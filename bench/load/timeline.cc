// bench-timeline: fills the timeline of an embedded file, as if so many notifications had gone through long
// ago, or evenly in the last days: two of each user, with their plan, attempt and outcome, through the store
// that analytics-service writes to; and measures what is asked of it.
#include <CLI/CLI.hpp>
#include <array>
#include <fmt/format.h>

#include "base/json.h"
#include "bench/load/timeline_queries.h"
#include "model/event.h"
#include "model/notification.h"
#include "model/step.h"
#include "store/sqlite/store.h"

namespace vestnik::bench {
namespace {

constexpr int users_per_ms = 3;
// Of so many notifications one is not taken by its peer, and one is taken later and fails then.
constexpr std::int64_t dead_every = 100, bounced_every = 250;
constexpr std::size_t facts_together = 16'384;

// Everything that happens to one user.
struct Story {
  UserEvent event;
  std::vector<Notification> planned;
  std::vector<Step> sending, sent, after;
};

constexpr std::array templates{"welcome@3f2a91c0", "receipt@11aa22bb", "reminder@0c0ffee0", "digest@77665544",
                               "alarm@12345678"};

Notification planned(const UserEvent& event, Channel channel, std::int64_t number) {
  const std::string step = fmt::format("welcome_{}", to_string(channel));
  Notification n{.id = notification_id(event.event_id, event.user_id, channel, step),
                 .event_id = event.event_id,
                 .event_type = event.event_type,
                 .user_id = event.user_id,
                 .channel = channel,
                 .workflow = event.event_type,
                 .step = step,
                 .template_version = templates[static_cast<std::size_t>(number) % templates.size()],
                 .category = number % 4 == 0 ? "news" : "transactional",
                 .to = channel == Channel::email ? event.email : event.phone,
                 .text = std::string(channel == Channel::email ? 250 : 100, 'x'),
                 .accepted_at = event.accepted_at,
                 .planned_at = event.accepted_at + std::chrono::milliseconds(2)};
  if (channel == Channel::email) {
    n.subject = "Welcome, Anna!";
    while (n.html.size() < 2'750) n.html += "<td style=\"padding:8px 36px 0;\">Your account is ready</td>\n";
  }
  return n;
}

Step told(const Notification& n, StepKind kind, std::chrono::milliseconds later) {
  return Step{.notification_id = n.id,
              .user_id = n.user_id,
              .event_id = n.event_id,
              .channel = n.channel,
              .kind = kind,
              .attempt = 1,
              .provider = n.channel == Channel::email ? "smtp" : "smpp",
              .answer = kind == StepKind::sent ? "250 2.0.0 Ok: queued as 4F2A91C0" : "",
              .at = n.planned_at + later};
}

Step failed(const Notification& n, StepKind kind, std::string answer, std::chrono::milliseconds later) {
  Step step = told(n, kind, later);
  step.answer = std::move(answer);
  return step;
}

Story story(Timestamp at, std::int64_t number) {
  Story s;
  const UserId user{fmt::format("user_{}", uuid_v7(at, system_random()).text())};
  s.event = {.event_id = registration_id(user),
             .event_type = std::string(user_registered),
             .user_id = user,
             .email = fmt::format("user{}@example.test", number),
             .phone = fmt::format("+79{:09}", number),
             .accepted_at = at,
             .data = {{"name", "Anna"}}};
  for (const Channel channel : all_channels) {
    s.planned.push_back(planned(s.event, channel, number));
    s.sending.push_back(told(s.planned.back(), StepKind::sending, std::chrono::milliseconds(3)));
    const std::chrono::milliseconds took(20 + number % 200);
    if (number % dead_every == 0)
      s.sent.push_back(
          failed(s.planned.back(), StepKind::dead, "550 5.1.1 <anna@example.test>: unknown", took));
    else
      s.sent.push_back(told(s.planned.back(), StepKind::sent, took));
    if (number % dead_every != 0 && number % bounced_every == 1)
      s.after.push_back(failed(s.planned.back(), StepKind::bounced, "stat:UNDELIV err:001", 10 * took));
    else if (number % dead_every != 0 && channel == Channel::sms)
      s.after.push_back(told(s.planned.back(), StepKind::delivered, 10 * took));
  }
  return s;
}

// Spread over `days` that end `until` days ago.
void fill_timeline(store::Store& store, std::int64_t notifications, int days, int until) {
  const std::int64_t users = notifications / 2;
  const Timestamp start = system_clock().now() - std::chrono::days(days > 0 ? until + days : 30);
  const auto time_of = [&](std::int64_t user) {
    if (days == 0) return start + std::chrono::milliseconds(user / users_per_ms);
    const double share = static_cast<double>(user) / static_cast<double>(users);
    return start + std::chrono::milliseconds(static_cast<std::int64_t>(share * 86'400'000.0 * days));
  };
  std::vector<store::Fact> facts;
  for (std::int64_t i = 0; i < users; ++i) {
    Story s = story(time_of(i), i);
    facts.emplace_back(std::move(s.event));
    for (auto& n : s.planned) facts.emplace_back(std::move(n));
    for (auto* steps : {&s.sending, &s.sent, &s.after})
      for (auto& step : *steps) facts.emplace_back(std::move(step));
    if (facts.size() < facts_together && i + 1 < users) continue;
    wait_for<void>([&](auto done) {
      store.timeline().apply(std::make_shared<store::FactBatch>(std::exchange(facts, {})),
                             system_clock().now(), std::move(done));
    });
  }
}

}  // namespace
}  // namespace vestnik::bench

int main(int argc, char** argv) {
  using namespace vestnik;
  std::string directory;
  std::int64_t notifications = 0;
  int queries = 0, days = 0, until = 0;
  CLI::App app("Fills the timeline of a data directory that no process has; prints one line of JSON.");
  app.add_option("--dir", directory, "Data directory, made if missing")->required();
  app.add_option("--notifications", notifications, "How many to add")->check(CLI::NonNegativeNumber);
  app.add_option("--days", days, "Spread over the last so many; 0: some minutes, 30 days ago")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--until", until, "These days end so many days ago")->check(CLI::NonNegativeNumber);
  app.add_option("--queries", queries, "Then measure so many of each kind")->check(CLI::NonNegativeNumber);
  CLI11_PARSE(app, argc, argv);
  try {
    const auto database = sqlite::Database::open({.directory = directory});
    store::sqlite::SqliteStore store(*database);
    json::object result{{"tool", "bench-timeline"}, {"notifications", notifications}};
    if (notifications > 0) bench::fill_timeline(store, notifications, days, until);
    if (queries > 0) result["queries_us"] = bench::measure_queries(store.timeline(), queries);
    fmt::print("{}\n", json::serialize(result));
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench-timeline: {}\n", error.what());
    return 1;
  }
}
