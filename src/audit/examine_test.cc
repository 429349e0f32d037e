// On a real embedded log and store: what collect() reads, in which order, and when examine() is sure.
#include "audit/examine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/report.h"
#include "log/sqlite/sqlite_log.h"
#include "log/sqlite/sqlite_reader.h"
#include "sqlite/test_support.h"
#include "store/sqlite/inventory.h"
#include "store/sqlite/store.h"
#include "store/test_support.h"

namespace vestnik::audit {
namespace {

using store::DeliveryState;

constexpr const char* events = "user-events";
constexpr const char* plans = "notification-events";
constexpr const char* steps = "analytics-events";

// The part of every service is the test's: it says what is in the log, what is let go, what is in the store.
class ExamineTest : public testing::Test {
 protected:
  ExamineTest() {
    for (const char* topic : {events, plans, steps}) log_->create_topic(topic, 1);
  }

  void append(const char* topic, Record record) {
    auto done = std::make_shared<std::promise<bool>>();
    auto answer = done->get_future();
    log_->append(topic, {std::move(record)},
                 [done](Result<void, log::Error> result) { done->set_value(result.has_value()); });
    ASSERT_TRUE(answer.get());
  }
  template <class Fact>
  void append(const char* topic, const Fact& fact) {
    append(topic, encode(fact));
  }
  // As the group's service would have written it.
  void let_go(const std::string& group, const char* topic, std::int64_t next_offset) {
    ASSERT_TRUE(sqlite::test::write(*database_, [&](sqlite::Connection& connection) {
      connection
          .prepare(
              "INSERT INTO log_commit SELECT ?1, id, 0, ?2 FROM log_topic WHERE name = ?3"
              " ON CONFLICT DO UPDATE SET next_offset = excluded.next_offset")
          .bind(1, std::string_view(group))
          .bind(2, next_offset)
          .bind(3, std::string_view(topic))
          .run();
    }));
  }
  void let_all_go() {
    let_go("planning", events, 1000);
    let_go("email", plans, 1000);
    for (const char* topic : {events, plans, steps}) let_go("analytics", topic, 1000);
  }
  // An event that went all the way.
  void whole(int number) {
    const Notification n = store::a_notification(number);
    append(events, store::an_event(n));
    append(plans, n);
    store::admitted(ledger(), {{n, store::owner_now}});
    store::begun(ledger(), {store::start(n, 1)});
    store::recorded(ledger(), {store::sent(n, 1)});
    const Step sending = store::a_step(n, StepKind::sending, 1, store::after(10)),
               sent = store::a_step(n, StepKind::sent, 1, store::after(15));
    append(steps, sending);
    append(steps, sent);
    store::applied(store_->timeline(), {store::an_event(n), n, sending, sent});
  }
  store::Ledger& ledger() { return store_->ledger(); }

  Findings examine(std::chrono::milliseconds wait = {}) {
    sqlite::ReadOnlyFile file(directory_.path());
    log::sqlite::SqliteReader reader(file);
    store::sqlite::SqliteInventory inventory(file);
    const Sources sources{.log = reader,
                          .store = inventory,
                          .user_events = events,
                          .notification_events = plans,
                          .analytics_events = steps,
                          .notification_service = "planning",
                          .analytics_service = "analytics",
                          .channel_services = {{Channel::email, "email"}, {Channel::sms, "sms"}}};
    const auto steps_of = [](const UserEvent& event) {
      return std::vector<WorkflowStep>{
          {notification_id(event.event_id, event.user_id, Channel::email, "welcome"), Channel::email, 0}};
    };
    pauses_ = 0;
    const auto pause = [this](std::chrono::milliseconds time) {
      ++pauses_;
      clock_.set(clock_.now() + time);
      if (meanwhile_) meanwhile_();
    };
    return audit::examine(sources, steps_of, ids_, {.wait = wait, .clock = clock_, .pause = pause},
                          [](std::string_view, std::int64_t, std::int64_t) {});
  }
  std::string shown(const Findings& findings) { return as_text(findings, ids_, 20); }

  TemporaryDirectory directory_;
  store::ManualClock clock_;
  std::unique_ptr<sqlite::Database> database_ = sqlite::Database::open({.directory = directory_.path()});
  std::unique_ptr<log::sqlite::SqliteLog> log_ = std::make_unique<log::sqlite::SqliteLog>(*database_, clock_);
  std::unique_ptr<store::sqlite::SqliteStore> store_ =
      std::make_unique<store::sqlite::SqliteStore>(*database_, clock_);
  Ids ids_;
  int pauses_ = 0;
  std::function<void()> meanwhile_;
};

TEST_F(ExamineTest, AgreesOnWhatWentAllTheWay) {
  for (int n = 0; n < 50; ++n) whole(n);
  let_all_go();
  const Findings findings = examine();
  EXPECT_TRUE(findings.agree()) << shown(findings);
  EXPECT_TRUE(findings.quiet()) << shown(findings) << "what is still in the outbox is in the log, and let go";
  EXPECT_EQ(findings.accepted, 50);
  EXPECT_EQ(findings.channels.at(Channel::email).states[static_cast<std::size_t>(DeliveryState::sent)], 50);
  EXPECT_EQ(pauses_, 0);
}

TEST_F(ExamineTest, WhatIsNotLetGoIsOnItsWay) {
  let_go("planning", events, 1);
  const Notification planned = store::a_notification(1), accepted = store::a_notification(2);
  append(events, store::an_event(planned));
  append(events, store::an_event(accepted));
  append(plans, planned);
  const Findings findings = examine();
  EXPECT_TRUE(findings.agree()) << shown(findings);
  EXPECT_FALSE(findings.quiet());
  EXPECT_EQ(findings.on_the_way, 1);
  EXPECT_EQ(findings.channels.at(Channel::email).on_the_way, 1);
  EXPECT_EQ(findings.behind, 3);
}

TEST_F(ExamineTest, AStepThatTheTimelineMayNotHaveYetIsMoving) {
  const Notification n = store::a_notification(1);
  append(events, store::an_event(n));
  append(plans, n);
  store::admitted(ledger(), {{n, store::owner_now}});
  store::begun(ledger(), {store::start(n, 1)});
  store::applied(store_->timeline(), {store::an_event(n), n});
  let_all_go();
  Findings findings = examine();
  EXPECT_TRUE(findings.agree()) << shown(findings);
  EXPECT_EQ(findings.moving, 1) << "only in the outbox";

  append(steps, store::a_step(n, StepKind::sending, 1, store::after(10)));
  let_go("analytics", steps, 0);
  EXPECT_EQ(examine().moving, 1) << "told";
  let_go("analytics", steps, 1);
  findings = examine();
  ASSERT_EQ(findings.differences.size(), 1u) << shown(findings);
  EXPECT_EQ(findings.differences.front().kind, DifferenceKind::state_differs)
      << "let go, and not in the timeline";
  EXPECT_EQ(pauses_, 1) << "looked twice";
}

TEST_F(ExamineTest, FindsWhatIsMissing) {
  whole(1);
  const Notification lost = store::a_notification(2);
  append(events, store::an_event(lost));
  append(plans, lost);
  let_all_go();
  std::vector<std::pair<DifferenceKind, std::string>> found;
  for (const Difference& difference : examine().differences)
    found.emplace_back(difference.kind, ids_.text(difference.id));
  EXPECT_THAT(found,
              testing::ElementsAre(std::pair(DifferenceKind::not_in_ledger, lost.id.value),
                                   std::pair(DifferenceKind::not_in_timeline, lost.id.value),
                                   std::pair(DifferenceKind::event_not_in_timeline, lost.event_id.value)));
}

TEST_F(ExamineTest, ADifferenceThatIsGoneAtTheSecondLookIsNone) {
  const Notification n = store::a_notification(1);
  append(events, store::an_event(n));
  append(plans, n);
  store::applied(store_->timeline(), {store::an_event(n), n});
  let_all_go();
  meanwhile_ = [&] { store::admitted(ledger(), {{n, store::owner_now}}); };
  const Findings findings = examine();
  EXPECT_TRUE(findings.agree()) << shown(findings);
  EXPECT_EQ(pauses_, 1);
}

TEST_F(ExamineTest, WaitsUntilNothingIsOnItsWayOrItsTimeIsOver) {
  whole(1);
  let_all_go();
  let_go("analytics", plans, 0);
  const Notification n = store::a_notification(2);
  append(events, store::an_event(n));
  append(plans, n);
  store::admitted(ledger(), {{n, store::owner_now}});
  store::applied(store_->timeline(), {store::an_event(n)});
  EXPECT_FALSE(examine(std::chrono::seconds(3)).quiet());
  EXPECT_EQ(pauses_, 3);
  meanwhile_ = [&] { store::applied(store_->timeline(), {n}); };
  const Findings findings = examine(std::chrono::seconds(3));
  EXPECT_TRUE(findings.quiet()) << shown(findings);
  EXPECT_EQ(pauses_, 1);
}

TEST_F(ExamineTest, PassesOverWhatCanNotBeRead) {
  whole(1);
  append(events, Record{"user_1", "not JSON", {}});
  let_all_go();
  const Findings findings = examine();
  EXPECT_TRUE(findings.agree()) << shown(findings);
  EXPECT_EQ(findings.unreadable, 1);
}

}  // namespace
}  // namespace vestnik::audit
