// Receipts, lists and a person's decisions.
#include <algorithm>
#include <tuple>

#include "simulation/ledger_state.h"
#include "store/amendment.h"
#include "store/delivery_filter.h"

namespace vestnik::simulation {

using store::DeliveryState;
using store::PartStatus;

// An early receipt keeps its status; an id that the provider uses again starts anew.
void LedgerState::add_messages(Row& row, const store::Transition& transition) {
  const std::string& id = row.delivery.notification.id.value;
  for (const std::string& message_id : transition.message_ids) {
    if (message_id.empty()) continue;
    Message& message = messages_[{transition.step.provider, message_id}];
    if (!message.notification.empty() && message.notification != id) message.part = {};
    message.notification = id;
  }
}

std::optional<Step> LedgerState::settle(Row& row) {
  store::Delivery& d = row.delivery;
  std::vector<store::Part> parts;
  for (const auto& [key, message] : messages_)
    if (message.notification == d.notification.id.value) parts.push_back(message.part);
  std::ranges::stable_sort(parts, {}, &store::Part::at);
  const auto verdict = store::verdict_of(parts);
  if (!verdict || d.state != DeliveryState::sent) return std::nullopt;
  d.state = verdict->state;
  d.answer = verdict->answer;
  d.updated_at = verdict->at;
  Step step = store::verdict_step(d.notification, d.attempt, d.provider, *verdict);
  keep_untold(row, step);
  return step;
}

std::vector<Step> LedgerState::apply_receipts(const std::vector<Receipt>& batch, Timestamp now) {
  write_told();
  std::erase_if(messages_, [&](const auto& entry) {
    return entry.second.notification.empty() && entry.second.kept_at < now - store::early_receipt_kept;
  });
  std::vector<Step> steps;
  for (const Receipt& receipt : batch) {
    if (receipt.message_id.empty()) continue;
    const auto [entry, fresh] = messages_.try_emplace({receipt.provider, receipt.message_id});
    Message& message = entry->second;
    if (fresh) message.kept_at = now;
    if (message.part.status != PartStatus::waiting) continue;
    message.part = {store::part_status(receipt), receipt.answer, receipt.at};
    if (message.notification.empty()) continue;
    if (auto step = settle(rows_.at(message.notification))) steps.push_back(std::move(*step));
  }
  return steps;
}

std::vector<store::Delivery> LedgerState::due(Channel channel, const std::vector<std::int32_t>& partitions,
                                              Timestamp due_before, std::size_t limit) const {
  std::vector<const Row*> rows;
  for (const auto& [id, row] : rows_) {
    const store::Delivery& d = row.delivery;
    if (d.state == DeliveryState::pending && d.notification.channel == channel && d.due_at <= due_before &&
        std::ranges::count(partitions, d.owner.partition) > 0)
      rows.push_back(&row);
  }
  std::ranges::sort(rows, {}, [](const Row* row) { return std::tuple(row->delivery.due_at, row->sequence); });
  if (rows.size() > limit) rows.resize(limit);
  std::vector<store::Delivery> deliveries;
  for (const Row* row : rows) deliveries.push_back(shown(*row));
  return deliveries;
}

std::optional<Timestamp> LedgerState::next_due(Channel channel,
                                               const std::vector<std::int32_t>& partitions) const {
  const auto first = due(channel, partitions, Timestamp::max(), 1);
  return first.empty() ? std::nullopt : std::optional(first.front().due_at);
}

std::vector<Step> LedgerState::untold(Channel channel, const std::vector<std::int32_t>& partitions,
                                      std::size_t limit) {
  write_told();
  std::vector<Step> steps;
  for (const auto& [place, kept] : outbox_) {
    if (steps.size() == limit) break;
    if (kept.step.channel == channel && std::ranges::count(partitions, kept.partition) > 0)
      steps.push_back(kept.step);
  }
  return steps;
}

std::optional<store::Delivery> LedgerState::find(const std::string& id) const {
  const auto row = rows_.find(id);
  return row == rows_.end() ? std::nullopt : std::optional(shown(row->second));
}

store::DeliveryPage LedgerState::list(const store::DeliveryFilter& filter, std::int64_t before,
                                      std::size_t limit) const {
  std::vector<const Row*> rows;
  for (const auto& [id, row] : rows_)
    if (before == 0 || row.sequence < before) rows.push_back(&row);
  std::ranges::sort(rows, std::ranges::greater(), &Row::sequence);
  // Rare states are found by an index, whatever else is newer.
  const bool is_indexed = store::is_listed_by_state(filter);
  store::DeliveryPage page;
  std::int64_t looked_at = 0, last = before;
  for (const Row* row : rows) {
    if (page.deliveries.size() == limit || looked_at == store::list_rows_looked_at_max) {
      page.next = last;
      break;
    }
    last = row->sequence;
    const bool passes = store::lets_through(filter, row->delivery);
    if (passes || !is_indexed) ++looked_at;
    if (passes) page.deliveries.push_back(shown(*row));
  }
  return page;
}

std::vector<store::Amended> LedgerState::amend(const std::vector<store::Amendment>& batch) {
  using Kind = store::Amended::Kind;
  write_told();
  std::vector<store::Amended> answers;
  for (const store::Amendment& amendment : batch) {
    const auto found = rows_.find(amendment.id.value);
    if (found == rows_.end()) {
      answers.push_back({.kind = Kind::unknown});
      continue;
    }
    store::Delivery& d = found->second.delivery;
    const auto to = store::decided_state(d.state, amendment.decision);
    if (!to) {
      answers.push_back({.kind = Kind::refused, .state = d.state});
      continue;
    }
    d.state = *to;
    d.updated_at = amendment.at;
    if (*to == DeliveryState::pending) {
      d.owner.epoch = 0;
      d.due_at = amendment.at;
      d.retried_after = d.attempt;
    } else {
      d.answer = amendment.reason;
      Notification& n = d.notification;
      n.to = n.subject = n.text = n.html = "";
    }
    keep_untold(found->second, store::decided_step(d.notification, d.attempt, d.provider, amendment));
    answers.push_back({.kind = Kind::done, .state = *to});
  }
  return answers;
}

}  // namespace vestnik::simulation
