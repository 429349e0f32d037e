// Limits, and what must hold once all is quiet.
#include <algorithm>

#include "model/step.h"
#include "simulation/checks.h"

namespace vestnik::simulation {

using store::DeliveryState;

// I6, by the moments of sending and from the checks' own reading of what an attempt counts against.
void Checks::check_limits(const Life& life) {
  if (const auto limit = options_.provider_limits.find(life.provider);
      limit != options_.provider_limits.end())
    count_use(life.provider, limit->second, life.notification);
  const auto expected = expected_.find(life.notification);
  if (expected == expected_.end()) return;
  // Each user's address is at a domain of its own number, modulo 2 (system.cc).
  if (const auto limit = options_.domain_limits.find(life.provider);
      limit != options_.domain_limits.end() && life.channel == Channel::email)
    count_use(fmt::format("{}/domain{}", life.provider, expected->second.user % 2), limit->second,
              life.notification);
  if (const auto& limit = expected->second.step->recipient_limit)
    count_use(fmt::format("{}/{}", expected->second.step->name, expected->second.user), *limit,
              life.notification);
}

void Checks::count_use(const std::string& key, const Limit& limit, const std::string& id) {
  std::vector<Duration>& uses = uses_[key];
  const Duration now = world_.elapsed();
  // A window of wall time that a jump forward falls into is shorter than it looks; so is one for what was
  // counted before it and went out (a tenth of the window at most) after it.
  const Duration from =
      std::max(now - Duration(limit.window), world_.last_jump_forward() + Duration(limit.window) / 10);
  std::erase_if(uses, [&](Duration use) { return use <= from; });
  uses.push_back(now);
  if (static_cast<std::int64_t>(uses.size()) > limit.max)
    world_.violate("I6", fmt::format("{} lets {} through within {} ms, {} is the limit: {}", key, uses.size(),
                                     limit.window.count(), limit.max, id));
}

std::size_t Checks::taken() const {
  std::size_t count = 0;
  for (const auto& [what, lives] : takings_) count += lives.size();
  return count;
}

bool Checks::all_is_final() const {
  if (!ledger_.outbox_is_empty()) return false;
  for (const auto& [id, expected] : expected_) {
    if (!expected.accepted) return false;
    const auto row = ledger_.rows().find(id);
    if (row == ledger_.rows().end()) return false;
    const DeliveryState state = row->second.delivery.state;
    if (state == DeliveryState::pending || state == DeliveryState::sending) return false;
  }
  return true;
}

void Checks::at_the_end() {
  check_states();
  check_receipts();
  check_steps();
}

// I1 and I2, as sets: what the clients were told, what the ledger has, what the peers took.
void Checks::check_states() {
  for (const auto& [id, expected] : expected_) {
    if (!expected.accepted) {
      world_.violate("I2", "a client got no answer after all faults were over, for " + id);
      continue;
    }
    const auto row = ledger_.rows().find(id);
    if (row == ledger_.rows().end())
      world_.violate("I1", "accepted, and not in the ledger: " + id);
    else
      check_row(expected, row->second);
  }
  for (const auto& [id, row] : ledger_.rows())
    if (!expected_.contains(id)) world_.violate("I1", "in the ledger, and never accepted: " + id);
  for (const auto& [what, lives] : takings_)
    if (!ledger_.rows().contains(what.first))
      world_.violate("I1", "taken, and not in the ledger: " + what.first);
}

void Checks::check_row(const Expected& expected, const LedgerState::Row& row) {
  const std::string& id = expected.id.value;
  const store::Delivery& d = row.delivery;
  const std::size_t parts = expected.step->name == "visit_sms" ? 2 : 1;
  std::size_t parts_taken = 0, parts_doubtless = 0;  // … with an answer that somebody was there to record
  for (std::size_t part = 0; part < parts; ++part) {
    const auto taking = takings_.find({id, part});
    if (taking == takings_.end()) continue;
    ++parts_taken;
    parts_doubtless += std::ranges::any_of(taking->second,
                                           [&](std::uint64_t n) { return !is_excused(lives_[n - 1], part); });
  }
  const auto fails = [&](std::string_view why) {
    world_.violate("I1", fmt::format("{} is {} in the ledger, {}", id, to_string(d.state), why));
  };
  switch (d.state) {
    case DeliveryState::pending:
    case DeliveryState::sending: fails("after all is quiet"); return;
    case DeliveryState::sent:
    case DeliveryState::delivered:
    case DeliveryState::bounced:
      if (parts_taken < parts) fails("but the peer never took it");
      return;
    case DeliveryState::in_doubt: {
      if (parts_doubtless == parts) fails("but the peer said that it took it");
      const int max = expected.step->attempts_max > 0 ? expected.step->attempts_max : options_.attempts_max;
      if (!expected.step->hold_in_doubt && d.attempt < max)
        fails("with attempts left and nothing that holds it");
      return;
    }
    case DeliveryState::dead:
      if (parts_doubtless == parts) fails("but the peer said that it took it");
      if (d.attempt == 0) fails("but was never tried");
      return;
    case DeliveryState::expired:
      if (parts_doubtless == parts) fails("but the peer said that it took it");
      if (world_.last_jump() < Duration(0) &&
          d.updated_at < expected.accepted_at + expected.step->expires_after - 2min)
        fails("before its time");
      return;
    case DeliveryState::suppressed:
    case DeliveryState::discarded: fails("though nobody asked for that"); return;
  }
}

// A receipt that the engine calls recorded counts, if the ledger knows the message by that id.
void Checks::check_receipts() {
  for (const std::string& message_id : recorded_receipts_) {
    if (!message_ids_.contains(message_id)) continue;  // for nobody
    const std::string& id = message_ids_.at(message_id);
    const Life& life = lives_[life_of_message_.at(message_id) - 1];
    const auto row = ledger_.rows().find(id);
    if (row == ledger_.rows().end() || row->second.delivery.state != DeliveryState::sent) continue;
    // Of several parts or copies, all the others' receipts are wanted too.
    const Expected& expected = expected_.at(id);
    if (expected.step->name == "visit_sms" || row->second.delivery.attempt != life.attempt || life.faulted)
      continue;
    world_.violate("I1",
                   fmt::format("the receipt {} was recorded, and {} is still only sent", message_id, id));
  }
}

// The outbox is empty, and all that was written has been told.
void Checks::check_steps() {
  if (!ledger_.outbox_is_empty()) world_.violate("I1", "steps are left in the outbox after all is quiet");
  for (const std::string& step : ledger_.written())
    if (!told_.contains(step)) world_.violate("I1", "written in the ledger and never told: " + step);
}

}  // namespace vestnik::simulation
