// The simulated store: exactly what store/ledger.h says, on rows in memory. Every call is one transaction
// that is applied whole. Processes reach it through LedgerClient (ledger_client.h), which delays and fails.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "store/ledger.h"
#include "store/limit_book.h"
#include "store/receipt_verdict.h"

namespace vestnik::simulation {

class LedgerState {
 public:
  struct Row {
    store::Delivery delivery;  // owner.epoch: that of its last change
    std::int64_t sequence = 0;
    std::vector<StepKind> history;  // of the steps written for it
  };
  using Rows = std::map<std::string, Row>;  // by notification id

  std::vector<bool> admit(const std::vector<store::Admission>& batch, Timestamp now);
  std::vector<store::Beginning> begin_attempts(const std::vector<store::AttemptStart>& batch, Timestamp now);
  std::vector<bool> begin_new(const std::vector<store::NewAttempt>& batch, Timestamp now);
  store::Ledger::Recorded record(const std::vector<store::Transition>& batch);
  std::vector<Step> apply_receipts(const std::vector<Receipt>& batch, Timestamp now);
  store::Ledger::Claimed claim(Channel channel, const std::vector<store::Owner>& owners);
  std::vector<store::Delivery> due(Channel channel, const std::vector<std::int32_t>& partitions,
                                   Timestamp due_before, std::size_t limit) const;
  std::optional<Timestamp> next_due(Channel channel, const std::vector<std::int32_t>& partitions) const;
  std::vector<Step> untold(Channel channel, const std::vector<std::int32_t>& partitions, std::size_t limit);
  std::optional<store::Delivery> find(const std::string& id) const;
  store::DeliveryPage list(const store::DeliveryFilter& filter, std::int64_t before, std::size_t limit) const;
  std::vector<store::Amended> amend(const std::vector<store::Amendment>& batch);

  // Nobody waits for it: kept aside until the next write, and lost in a crash before that.
  void told(std::vector<std::string> step_ids) {
    for (std::string& id : step_ids) told_.push_back(std::move(id));
  }
  void lose_what_is_not_synced() { told_.clear(); }

  const Rows& rows() const { return rows_; }
  // Steps that were ever written, by Step::id().
  bool has_written(const std::string& step_id) const { return written_.contains(step_id); }
  const std::set<std::string>& written() const { return written_; }
  std::size_t limits_kept() const { return limits_.size(); }
  bool outbox_is_empty() const { return outbox_.empty(); }
  std::int64_t epoch_in_force(Channel channel, std::int32_t partition) const;

 private:
  struct Kept {
    std::int32_t partition = 0;
    Step step;
  };
  struct Message {
    std::string notification;  // empty: a receipt came before its submit
    store::Part part;
    Timestamp kept_at{};
  };
  using MessageKey = std::pair<std::string, std::string>;  // provider, message id

  std::string_view kept_limit(const std::string& key) const;
  void write_told();
  bool is_pending_for(const Row& row, std::int64_t epoch) const;
  bool move(Row& row, const store::Transition& transition);
  void keep_untold(Row& row, const Step& step);
  void add_messages(Row& row, const store::Transition& transition);
  std::optional<Step> settle(Row& row);
  store::Delivery shown(const Row& row) const;

  Rows rows_;
  std::int64_t next_sequence_ = 1;
  std::map<std::pair<Channel, std::int32_t>, std::int64_t> owners_;
  std::map<std::int64_t, Kept> outbox_;
  std::map<std::string, std::int64_t> in_outbox_;  // step id → its place
  std::int64_t next_kept_ = 1;
  std::set<std::string> written_;
  std::vector<std::string> told_;
  std::map<MessageKey, Message> messages_;
  std::map<std::string, store::LimitBook::Row> limits_;  // by key
};

}  // namespace vestnik::simulation
