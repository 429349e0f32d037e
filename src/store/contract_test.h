// The store seam's contract: every implementation instantiates this suite with a factory of its own.
//
//   INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values(StoreFactory(make_sqlite_store)));
//
// The cases stand in contract_users.h, contract_ledger.h, contract_receipts.h and contract_timeline.h.
#pragma once

#include <chrono>
#include <fmt/format.h>
#include <functional>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <string>
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

// One fresh store that can be closed and opened again on the same data.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual Store& store() = 0;
  virtual void reopen() = 0;
  virtual ManualClock& clock() = 0;  // the one the store was given
};
using StoreFactory = std::function<std::unique_ptr<StoreUnderTest>()>;

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

class StoreContract : public testing::TestWithParam<StoreFactory> {
 protected:
  void SetUp() override { under_test_ = GetParam()(); }

  Users& users() { return under_test_->store().users(); }
  Ledger& ledger() { return under_test_->store().ledger(); }
  Timeline& timeline() { return under_test_->store().timeline(); }
  Sandbox& sandbox() { return under_test_->store().sandbox(); }
  Store& store() { return under_test_->store(); }
  ManualClock& clock() { return under_test_->clock(); }
  void reopen() { under_test_->reopen(); }

 private:
  std::unique_ptr<StoreUnderTest> under_test_;
};

}  // namespace vestnik::store

// IWYU pragma: begin_exports
#include "store/contract_ledger.h"
#include "store/contract_receipts.h"
#include "store/contract_timeline.h"
#include "store/contract_users.h"
// IWYU pragma: end_exports
