#include "simulation/ledger_state.h"

#include <algorithm>

#include "store/delivery_state.h"

namespace vestnik::simulation {
namespace {

using store::DeliveryState;

void drop_content(Notification& notification) {
  notification.to.clear();
  notification.subject.clear();
  notification.text.clear();
  notification.html.clear();
}

}  // namespace

std::vector<bool> LedgerState::admit(const std::vector<store::Admission>& batch, Timestamp now) {
  write_told();
  std::vector<bool> taken;
  for (const store::Admission& admission : batch) {
    const auto [row, fresh] = rows_.try_emplace(admission.notification.id.value);
    taken.push_back(fresh);
    if (!fresh) continue;
    row->second.sequence = next_sequence_++;
    row->second.delivery = {.notification = admission.notification,
                            .owner = admission.owner,
                            .due_at = admission.notification.send_at.value_or(now),
                            .updated_at = now};
  }
  return taken;
}

bool LedgerState::is_pending_for(const Row& row, std::int64_t epoch) const {
  const store::Delivery& d = row.delivery;
  return d.state == DeliveryState::pending && d.owner.epoch <= epoch &&
         epoch_in_force(d.notification.channel, d.owner.partition) <= epoch;
}

std::int64_t LedgerState::epoch_in_force(Channel channel, std::int32_t partition) const {
  const auto owner = owners_.find({channel, partition});
  return owner == owners_.end() ? 0 : owner->second;
}

std::vector<store::Beginning> LedgerState::begin_attempts(const std::vector<store::AttemptStart>& batch,
                                                          Timestamp now) {
  using Kind = store::Beginning::Kind;
  write_told();
  store::LimitBook book;
  std::vector<store::Beginning> beginnings;
  for (const store::AttemptStart& start : batch) {
    const auto found = rows_.find(start.step.notification_id.value);
    if (found == rows_.end() || !is_pending_for(found->second, start.owner.epoch) ||
        found->second.delivery.attempt != start.step.attempt - 1) {
      beginnings.push_back({.kind = Kind::refused});
      continue;
    }
    for (const store::LimitUse& use : start.limits)
      if (!book.knows(use.key)) book.load(use.key, kept_limit(use.key));
    beginnings.push_back(book.use(start.limits, std::max(now, start.step.at)));
    if (beginnings.back().kind != Kind::begun) continue;
    store::Delivery& d = found->second.delivery;
    d.state = DeliveryState::sending;
    d.attempt = start.step.attempt;
    d.owner.epoch = start.owner.epoch;
    d.provider = start.step.provider;
    d.updated_at = start.step.at;
    keep_untold(found->second, start.step);
  }
  for (const store::LimitBook::Row& row : book.changed()) limits_[row.key] = row;
  std::erase_if(limits_, [&](const auto& entry) { return entry.second.until <= now; });
  return beginnings;
}

std::vector<bool> LedgerState::begin_new(const std::vector<store::NewAttempt>& batch, Timestamp now) {
  std::vector<bool> begun;
  write_told();
  for (const store::NewAttempt& a : batch) {
    const bool in_force = epoch_in_force(a.notification->channel, a.owner.partition) <= a.owner.epoch;
    begun.push_back(in_force && admit({{*a.notification, a.owner}}, now).front());
    if (!begun.back()) continue;
    Row& row = rows_.at(a.notification->id.value);
    row.delivery.state = DeliveryState::sending;
    row.delivery.attempt = a.step.attempt;
    row.delivery.provider = a.step.provider;
    row.delivery.updated_at = a.step.at;
    keep_untold(row, a.step);
  }
  return begun;
}

std::string_view LedgerState::kept_limit(const std::string& key) const {
  const auto row = limits_.find(key);
  return row == limits_.end() ? std::string_view() : std::string_view(row->second.stored);
}

bool LedgerState::move(Row& row, const store::Transition& t) {
  store::Delivery& d = row.delivery;
  // An outcome is the truth about its attempt, whoever has the partition now.
  const bool as_told = d.attempt == t.step.attempt &&
                       (d.state == DeliveryState::sending || is_pending_for(row, t.owner.epoch));
  if (!as_told) return false;
  const bool gives_back = t.to == DeliveryState::pending && !t.attempt_burned;
  if (gives_back && d.state == DeliveryState::sending) --d.attempt;
  d.state = t.to;
  d.owner.epoch = std::max(d.owner.epoch, t.owner.epoch);
  if (t.to == DeliveryState::pending) d.due_at = t.step.due_at.value_or(t.step.at);
  d.updated_at = t.step.at;
  d.provider = t.step.provider;
  d.answer = t.step.answer;
  d.progress = t.to == DeliveryState::pending ? t.progress : "";
  keep_untold(row, t.step);
  if (!store::content_is_needed(t.to)) drop_content(d.notification);
  return true;
}

store::Ledger::Recorded LedgerState::record(const std::vector<store::Transition>& batch) {
  write_told();
  store::Ledger::Recorded recorded;
  for (const store::Transition& transition : batch) {
    const auto found = rows_.find(transition.step.notification_id.value);
    const bool moved = found != rows_.end() && move(found->second, transition);
    recorded.applied.push_back(moved);
    if (!moved || transition.to != DeliveryState::sent || transition.message_ids.empty()) continue;
    add_messages(found->second, transition);
    if (auto step = settle(found->second)) recorded.receipt_steps.push_back(std::move(*step));
  }
  return recorded;
}

store::Ledger::Claimed LedgerState::claim(Channel channel, const std::vector<store::Owner>& owners) {
  write_told();
  store::Ledger::Claimed claimed;
  for (const store::Owner& owner : owners) {
    const auto [in_force, fresh] = owners_.try_emplace({channel, owner.partition}, owner.epoch);
    if (in_force->second > owner.epoch) {
      claimed.newer.push_back({owner.partition, in_force->second});
      continue;
    }
    in_force->second = owner.epoch;
    for (const auto& [id, row] : rows_) {
      const store::Delivery& d = row.delivery;
      if (d.state == DeliveryState::sending && d.notification.channel == channel &&
          d.owner.partition == owner.partition)
        claimed.open.push_back(shown(row));
    }
  }
  return claimed;
}

store::Delivery LedgerState::shown(const Row& row) const {
  store::Delivery d = row.delivery;
  d.owner.epoch = std::max(d.owner.epoch, epoch_in_force(d.notification.channel, d.owner.partition));
  return d;
}

void LedgerState::keep_untold(Row& row, const Step& step) {
  row.history.push_back(step.kind);
  const std::string id = step.id();
  written_.insert(id);
  const auto [place, fresh] = in_outbox_.try_emplace(id, next_kept_);
  if (!fresh) return;
  outbox_.emplace(next_kept_++, Kept{row.delivery.owner.partition, step});
}

void LedgerState::write_told() {
  for (const std::string& id : told_) {
    const auto place = in_outbox_.find(id);
    if (place == in_outbox_.end()) continue;
    outbox_.erase(place->second);
    in_outbox_.erase(place);
  }
  told_.clear();
}

}  // namespace vestnik::simulation
