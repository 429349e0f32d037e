// A backlog for analytics-service and a timeline that is full already, to measure its intake by hand:
//
//   ninja -C build/release analytics_measure
//   analytics_measure DIRECTORY timeline NOTIFICATIONS   so many in the timeline, as if they had come long
//   ago analytics_measure DIRECTORY backlog USERS            so many users' records appended to the three
//   topics:
//                                                        accepted, two planned, two sending, two sent
//   VESTNIK_DATA_DIR=DIRECTORY vestnik serve analytics-service
//
// Ids, records and the order of the topics are those of the services; the records are as large as the welcome
// set makes them.
#include <fmt/format.h>
#include <future>
#include <iostream>

#include "log/sqlite/sqlite_log.h"
#include "model/event.h"
#include "model/notification.h"
#include "model/step.h"
#include "store/sqlite/store.h"

namespace vestnik::app {
namespace {

constexpr int users_together = 128;  // in one append, as under load
constexpr int users_per_ms = 3;
constexpr std::size_t facts_together = 16'384;

// Everything that happens to one user.
struct Story {
  UserEvent event;
  std::vector<Notification> planned;
  std::vector<Step> sending, sent;
};

Notification planned(const UserEvent& event, Channel channel) {
  const std::string step = fmt::format("welcome_{}", to_string(channel));
  Notification n{.id = notification_id(event.event_id, event.user_id, channel, step),
                 .event_id = event.event_id,
                 .event_type = event.event_type,
                 .user_id = event.user_id,
                 .channel = channel,
                 .workflow = event.event_type,
                 .step = step,
                 .template_version = "welcome@3f2a91c0",
                 .category = "transactional",
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
    s.planned.push_back(planned(s.event, channel));
    s.sending.push_back(told(s.planned.back(), StepKind::sending, std::chrono::milliseconds(3)));
    s.sent.push_back(told(s.planned.back(), StepKind::sent, std::chrono::milliseconds(30)));
  }
  return s;
}

// Calls `operation(done)` and waits until it has succeeded.
template <class Operation>
void wait_for(Operation operation) {
  std::promise<void> over;
  operation([&](auto result) {
    if (result)
      over.set_value();
    else
      over.set_exception(std::make_exception_ptr(std::runtime_error(result.error().message)));
  });
  over.get_future().get();
}

void fill_timeline(vestnik::sqlite::Database& database, std::int64_t notifications, int days) {
  store::sqlite::SqliteStore store(database);
  const std::int64_t users = notifications / 2;
  const Timestamp start = system_clock().now() - std::chrono::days(days);
  std::vector<store::Fact> facts;
  for (std::int64_t i = 0; i < users; ++i) {
    Story s = story(start + std::chrono::milliseconds(i / users_per_ms), i);
    facts.emplace_back(std::move(s.event));
    for (auto& n : s.planned) facts.emplace_back(std::move(n));
    for (auto* steps : {&s.sending, &s.sent})
      for (auto& step : *steps) facts.emplace_back(std::move(step));
    if (facts.size() < facts_together && i + 1 < users) continue;
    wait_for([&](auto done) {
      store.timeline().apply(std::make_shared<store::FactBatch>(std::exchange(facts, {})),
                             system_clock().now(), std::move(done));
    });
  }
}

void append_backlog(vestnik::sqlite::Database& database, std::int64_t users) {
  log::sqlite::SqliteLog log(database, system_clock());
  const Timestamp start = system_clock().now() - std::chrono::milliseconds(users / users_per_ms);
  for (std::int64_t i = 0; i < users;) {
    std::vector<Record> events, notifications, sending, sent;
    for (int k = 0; k < users_together && i < users; ++k, ++i) {
      const Story s = story(start + std::chrono::milliseconds(i / users_per_ms), 500'000'000 + i);
      events.push_back(encode(s.event));
      for (const auto& n : s.planned) notifications.push_back(encode(n));
      for (const auto& step : s.sending) sending.push_back(encode(step));
      for (const auto& step : s.sent) sent.push_back(encode(step));
      if (i % 100 == 0) std::cout << s.planned[0].id.value << "\n";
    }
    const auto append = [&](std::string_view topic, std::vector<Record>& records) {
      wait_for([&](auto done) { log.append(topic, std::move(records), std::move(done)); });
    };
    append("user-events", events);
    append("notification-events", notifications);
    append("analytics-events", sending);
    append("analytics-events", sent);
  }
}

// Commits all that is there for the groups that are not measured.
void let_go(vestnik::sqlite::Database& database) {
  wait_for([&](auto done) {
    database.write(
        [](vestnik::sqlite::Connection& connection) {
          for (const char* group : {"notification-service", "email-service", "sms-service"})
            connection
                .prepare(
                    "INSERT OR REPLACE INTO log_commit SELECT ?1, id >> 50, id >> 40 & 1023, "
                    "max((id & 1099511627775) + count) FROM log_batch GROUP BY id >> 40")
                .bind(1, std::string_view(group))
                .run();
        },
        std::move(done));
  });
}

int main_of(const std::string& directory, const std::string& what, std::int64_t count, int days) {
  const auto database = vestnik::sqlite::Database::open({.directory = directory});
  if (what == "timeline") {
    fill_timeline(*database, count, days);
  } else {
    append_backlog(*database, count);
    let_go(*database);
  }
  return 0;
}

}  // namespace
}  // namespace vestnik::app

int main(int argc, char** argv) {
  if (argc < 4 || argc > 5 || (std::string(argv[2]) != "timeline" && std::string(argv[2]) != "backlog")) {
    std::cerr << "usage: analytics_measure DIRECTORY timeline|backlog COUNT [DAYS]\n";
    return 2;
  }
  return vestnik::app::main_of(argv[1], argv[2], std::stoll(argv[3]), argc == 5 ? std::stoi(argv[4]) : 1);
}
