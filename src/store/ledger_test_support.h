// What the tests of limits, lists and decisions share.
#pragma once

#include "store/test_support.h"

namespace vestnik::store {

inline std::vector<Beginning::Kind> kinds_of(const std::vector<Beginning>& beginnings) {
  std::vector<Beginning::Kind> kinds;
  for (const Beginning& b : beginnings) kinds.push_back(b.kind);
  return kinds;
}
inline LimitUse a_use(std::string key, std::int64_t max, std::int64_t window_ms = 1000) {
  return {std::move(key), {max, std::chrono::milliseconds(window_ms)}};
}
inline AttemptStart limited_start(const Notification& n, int attempt, Timestamp at,
                                  std::vector<LimitUse> uses) {
  AttemptStart s = start(n, attempt);
  s.step.at = at;
  s.limits = std::move(uses);
  return s;
}
// The first attempts of notifications first..first+count-1, which are admitted for it.
inline std::vector<AttemptStart> first_starts(Ledger& ledger, int first, int count, Timestamp at,
                                              const std::vector<LimitUse>& uses) {
  std::vector<Admission> admissions;
  std::vector<AttemptStart> starts;
  for (int i = first; i < first + count; ++i) {
    const Notification n = a_notification(i);
    admissions.push_back({n, owner_now});
    starts.push_back(limited_start(n, 1, at, uses));
  }
  admitted(ledger, std::move(admissions));
  return starts;
}

inline DeliveryPage listed(Ledger& ledger, DeliveryFilter filter, std::int64_t before = 0,
                           std::size_t limit = 100) {
  return get<DeliveryPage>(
      [&](auto done) { ledger.list(std::move(filter), before, limit, std::move(done)); });
}
// The numbers of a_notification that a filter lets through, over all pages of `limit`.
inline std::vector<int> numbers_listed(Ledger& ledger, const DeliveryFilter& filter,
                                       std::size_t limit = 100) {
  std::vector<int> numbers;
  for (std::int64_t before = 0;;) {
    const DeliveryPage page = listed(ledger, filter, before, limit);
    EXPECT_LE(page.deliveries.size(), limit);
    for (const Delivery& d : page.deliveries)
      numbers.push_back(std::stoi(d.notification.event_id.value.substr(24)));
    if (page.next == 0) return numbers;
    EXPECT_TRUE(before == 0 || page.next < before) << "a page must lead on";
    before = page.next;
  }
}
inline std::vector<Amended> amended(Ledger& ledger, std::vector<Amendment> batch) {
  return get<std::vector<Amended>>([&](auto done) { ledger.amend(std::move(batch), std::move(done)); });
}
inline Amendment an_amendment(const Notification& n, Decision decision, Timestamp at = after(5000)) {
  return {n.id, decision, "because " + awkward_text, at};
}
// Admits a notification and brings it to this end at this attempt.
inline Notification ended(Ledger& ledger, Notification n, DeliveryState state, StepKind kind,
                          int attempts = 1, const Owner& owner = owner_now) {
  admitted(ledger, {{n, owner}});
  for (int attempt = 1; attempt < attempts; ++attempt) {
    begun(ledger, {start(n, attempt, owner)});
    recorded(ledger, {transition(n, attempt, DeliveryState::pending, StepKind::deferred, owner)});
  }
  begun(ledger, {start(n, attempts, owner)});
  EXPECT_EQ(recorded(ledger, {transition(n, attempts, state, kind, owner)}).applied, std::vector{true});
  return n;
}
inline Notification dead(Ledger& ledger, int number, int attempts = 1) {
  return ended(ledger, a_notification(number), DeliveryState::dead, StepKind::dead, attempts);
}
inline Notification in_doubt(Ledger& ledger, int number, int attempts = 1) {
  return ended(ledger, a_notification(number), DeliveryState::in_doubt, StepKind::in_doubt, attempts);
}

}  // namespace vestnik::store
