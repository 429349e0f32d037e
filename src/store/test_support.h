// What the store's tests share: waiting for an answer, sample values, and every operation as a plain call.
#pragma once

#include <atomic>
#include <chrono>
#include <fmt/format.h>
#include <functional>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "store/store.h"

namespace vestnik::store {

// A clock that a test sets.
class ManualClock final : public Clock {
 public:
  Timestamp now() const override { return from_unix_us(us_.load()); }
  SteadyTime steady_now() const override { return SteadyTime(std::chrono::microseconds(us_.load())); }
  void set(Timestamp t) { us_ = to_unix_us(t); }

 private:
  std::atomic<std::int64_t> us_{1'800'000'000'000'000};
};

// Calls `operation(done)` and waits for what it gives.
template <class T>
Result<T, Error> outcome(std::move_only_function<void(Done<T>)> operation) {
  auto promise = std::make_shared<std::promise<Result<T, Error>>>();
  auto future = promise->get_future();
  operation([promise](Result<T, Error> result) { promise->set_value(std::move(result)); });
  if (future.wait_for(std::chrono::seconds(20)) != std::future_status::ready)
    return fail(ErrorKind::unavailable, "no answer within 20 s");
  return future.get();
}

// The same, where failure is the test's failure.
template <class T>
T get(std::move_only_function<void(Done<T>)> operation) {
  auto result = outcome<T>(std::move(operation));
  if (!result) {
    ADD_FAILURE() << result.error().message;
    if constexpr (!std::is_void_v<T>) return T{};
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

inline constexpr Timestamp t0 = from_unix_us(1'800'000'000'123'456);
constexpr Timestamp after(std::int64_t ms) { return t0 + std::chrono::milliseconds(ms); }

// NUL, quotes, a backslash, UTF-8 of two and four bytes, a line break.
inline constexpr char awkward_bytes[] = "a\0b 'q' \"d\" \\ \xd0\x96 \xf0\x9f\x90\xa6\r\n%s $1 {}";
inline const std::string awkward_text(awkward_bytes, sizeof awkward_bytes - 1);

inline Notification a_notification(int n, Channel channel = Channel::email) {
  const UserId user{fmt::format("user_01900000-0000-7000-8000-{:012}", n)};
  const EventId event{fmt::format("01900000-0000-7000-9000-{:012}", n)};
  return Notification{.id = notification_id(event, user, channel, "welcome"),
                      .event_id = event,
                      .event_type = "user_registered",
                      .user_id = user,
                      .channel = channel,
                      .workflow = "user_registered",
                      .step = "welcome",
                      .template_version = "welcome@3f2a91c0",
                      .category = "transactional",
                      .to = fmt::format("user{}@example.test", n),
                      .subject = "Welcome",
                      .text = awkward_text,
                      .html = "<p>" + awkward_text,
                      .accepted_at = t0,
                      .planned_at = after(2),
                      .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"};
}

inline Step a_step(const Notification& n, StepKind kind, int attempt, Timestamp at) {
  return Step{.notification_id = n.id,
              .user_id = n.user_id,
              .event_id = n.event_id,
              .channel = n.channel,
              .kind = kind,
              .attempt = attempt,
              .provider = "smtp",
              .answer = awkward_text,
              .at = at,
              .traceparent = n.traceparent};
}

inline User a_user(int n, std::string email, std::string phone) {
  return User{
      {fmt::format("user_01900000-0000-7000-8000-{:012}", n)}, std::move(email), std::move(phone), "Ann", t0};
}

inline Registration registered(Users& users, const User& user, const std::string& key) {
  return get<Registration>([&](Done<Registration> done) { users.register_user(user, key, std::move(done)); });
}

inline constexpr Owner owner_now{.partition = 0, .epoch = 5};

using Deliveries = std::vector<Delivery>;

inline std::vector<bool> admitted(Ledger& ledger, std::vector<Admission> batch, Timestamp now = t0) {
  return get<std::vector<bool>>([&](auto done) { ledger.admit(std::move(batch), now, std::move(done)); });
}
inline std::vector<Beginning> began(Ledger& ledger, std::vector<AttemptStart> batch) {
  return get<std::vector<Beginning>>(
      [&](auto done) { ledger.begin_attempts(std::move(batch), std::move(done)); });
}
inline std::vector<bool> begun_new(Ledger& ledger, std::vector<NewAttempt> batch, Timestamp now = t0) {
  return get<std::vector<bool>>([&](auto done) { ledger.begin_new(std::move(batch), now, std::move(done)); });
}
// The same without limits: begun or refused.
inline std::vector<bool> begun(Ledger& ledger, std::vector<AttemptStart> batch) {
  std::vector<bool> marks;
  for (const Beginning& beginning : began(ledger, std::move(batch))) {
    EXPECT_NE(beginning.kind, Beginning::Kind::limited);
    marks.push_back(beginning.kind == Beginning::Kind::begun);
  }
  return marks;
}
inline Ledger::Recorded recorded(Ledger& ledger, std::vector<Transition> batch) {
  return get<Ledger::Recorded>([&](auto done) { ledger.record(std::move(batch), std::move(done)); });
}
inline std::optional<Delivery> found(Ledger& ledger, const NotificationId& id) {
  return get<std::optional<Delivery>>([&](auto done) { ledger.find(id, std::move(done)); });
}
inline Deliveries due(Ledger& ledger, std::vector<std::int32_t> partitions, Timestamp before,
                      std::size_t limit = 100, Channel channel = Channel::email) {
  return get<Deliveries>(
      [&](auto done) { ledger.due(channel, std::move(partitions), before, limit, std::move(done)); });
}
inline Deliveries claimed(Ledger& ledger, std::vector<Owner> owners, Channel channel = Channel::email) {
  return get<Ledger::Claimed>([&](auto done) { ledger.claim(channel, std::move(owners), std::move(done)); })
      .open;
}
inline std::vector<Step> untold(Ledger& ledger, std::vector<std::int32_t> partitions = {0},
                                std::size_t limit = 100, Channel channel = Channel::email) {
  return get<std::vector<Step>>(
      [&](auto done) { ledger.untold(channel, std::move(partitions), limit, std::move(done)); });
}

inline AttemptStart start(const Notification& n, int attempt, Owner owner = owner_now) {
  return {owner, a_step(n, StepKind::sending, attempt, after(10 * attempt)), {}};
}
inline NewAttempt new_attempt(const Notification& n, Owner owner = owner_now) {
  return {std::make_shared<const Notification>(n), owner, a_step(n, StepKind::sending, 1, after(10))};
}
inline Transition transition(const Notification& n, int attempt, DeliveryState to, StepKind kind,
                             Owner owner = owner_now) {
  return {.owner = owner, .step = a_step(n, kind, attempt, after(10 * attempt + 5)), .to = to};
}
inline Transition sent(const Notification& n, int attempt, std::vector<std::string> message_ids = {}) {
  Transition t = transition(n, attempt, DeliveryState::sent, StepKind::sent);
  t.message_ids = std::move(message_ids);
  return t;
}
inline Transition deferred(const Notification& n, int attempt, Timestamp due_at) {
  Transition t = transition(n, attempt, DeliveryState::pending, StepKind::deferred);
  t.step.due_at = due_at;
  return t;
}
inline std::vector<NotificationId> ids_of(const Deliveries& deliveries) {
  std::vector<NotificationId> ids;
  for (const Delivery& d : deliveries) ids.push_back(d.notification.id);
  return ids;
}

inline Receipt receipt(std::string message_id, Receipt::Status status = Receipt::Status::delivered,
                       Timestamp at = after(1000)) {
  return {"smtp", std::move(message_id), status, "stat:" + awkward_text, at};
}
inline std::vector<Step> received(Ledger& ledger, std::vector<Receipt> batch) {
  return get<std::vector<Step>>([&](auto done) { ledger.apply_receipts(std::move(batch), std::move(done)); });
}

// Admits and begins one notification, and records it as sent under these message ids.
inline Notification submitted(Ledger& ledger, int number, std::vector<std::string> message_ids) {
  const Notification n = a_notification(number);
  admitted(ledger, {{n, owner_now}});
  begun(ledger, {start(n, 1)});
  recorded(ledger, {sent(n, 1, std::move(message_ids))});
  return n;
}

inline void applied(Timeline& timeline, std::vector<Fact> facts, Timestamp now = after(60'000)) {
  get<void>([&](Done<void> done) {
    timeline.apply(std::make_shared<FactBatch>(std::move(facts)), now, std::move(done));
  });
}
inline std::optional<NotificationView> viewed(Timeline& timeline, const NotificationId& id) {
  return get<std::optional<NotificationView>>([&](auto done) { timeline.notification(id, std::move(done)); });
}
inline std::vector<NotificationView> listed(Timeline& timeline, std::size_t limit, const UserId& user = {}) {
  return get<std::vector<NotificationView>>(
      [&](auto done) { timeline.newest(user, limit, std::move(done)); });
}
inline Stats stats(Timeline& timeline, Timestamp now = after(30'000)) {
  return get<Stats>([&](auto done) { timeline.stats(now, std::move(done)); });
}

inline UserEvent an_event(const Notification& n) {
  return UserEvent{.event_id = n.event_id,
                   .event_type = "user_registered",
                   .user_id = n.user_id,
                   .email = n.to,
                   .accepted_at = n.accepted_at};
}

// Everything that two equal timelines must agree on, as text.
inline std::string shown(const NotificationView& v) {
  std::string out =
      fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", v.id.value, v.user_id.value, v.event_id.value,
                  v.event_type, to_string(v.channel), v.template_version, v.state, v.sandbox, v.attempt,
                  v.provider, to_unix_us(v.accepted_at), to_unix_us(v.updated_at));
  for (const TimelineEntry& e : v.timeline)
    out += fmt::format("\n{}|{}|{}|{}|{}|{}", to_unix_us(e.at), e.what, e.attempt, e.provider, e.answer,
                       e.due_at ? to_unix_us(*e.due_at) : -1);
  return out;
}
inline std::string shown(const Stats& s) {
  std::string out = fmt::format("{}", s.events_accepted);
  for (const auto& [channel, c] : s.channels) {
    out += fmt::format("\n{} {} {}", to_string(channel), c.planned_last_minute, c.sent_last_minute);
    for (const auto& [state, n] : c.states) out += fmt::format(" {}={}", state, n);
    for (const LatencySummary& l : {c.accepted_to_sent, c.sent_to_delivered})
      out += fmt::format(" {}:{:.1f}/{:.1f}/{:.1f}", l.count, l.p50_ms, l.p90_ms, l.p99_ms);
  }
  return out;
}

}  // namespace vestnik::store
