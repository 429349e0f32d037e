#pragma once

#include "base/clock.h"
#include "store/ledger.h"
#include "store/sqlite/gate.h"

namespace vestnik::store::sqlite {

class SqliteLedger final : public Ledger {
 public:
  SqliteLedger(Gate& gate, const Clock& clock) : gate_(gate), clock_(clock) {}

  void admit(std::vector<Admission> batch, Timestamp now, Done<std::vector<bool>> done) override;
  void begin_attempts(std::vector<AttemptStart> batch, Done<std::vector<Beginning>> done) override;
  void record(std::vector<Transition> batch, Done<Recorded> done) override;
  void apply_receipts(std::vector<Receipt> batch, Done<std::vector<Step>> done) override;
  void claim(Channel channel, std::vector<Owner> owners, Done<Claimed> done) override;
  void due(Channel channel, std::vector<std::int32_t> partitions, Timestamp due_before, std::size_t limit,
           Done<std::vector<Delivery>> done) override;
  void next_due(Channel channel, std::vector<std::int32_t> partitions,
                Done<std::optional<Timestamp>> done) override;
  void told(std::vector<std::string> step_ids) override;
  void untold(Channel channel, std::vector<std::int32_t> partitions, std::size_t limit,
              Done<std::vector<Step>> done) override;
  void find(const NotificationId& id, Done<std::optional<Delivery>> done) override;
  void list(DeliveryFilter filter, std::int64_t before, std::size_t limit, Done<DeliveryPage> done) override;
  void amend(std::vector<Amendment> batch, Done<std::vector<Amended>> done) override;

 private:
  Gate& gate_;
  const Clock& clock_;
};

// Puts `step` of a row of this partition into the outbox.
void keep_untold(Connection& connection, const Step& step, std::int64_t partition);

void drop_content(Connection& connection, std::int64_t seq);

// Every column that a Delivery is read from; a WHERE follows, `l` is the ledger.
extern const std::string delivery_columns;
Delivery delivery_of(const Statement& row);

// Ties message ids to the delivery in row `seq`; receipts that came before keep their word.
void add_messages(Connection& connection, std::int64_t seq, const std::string& provider,
                  const std::vector<std::string>& message_ids);

// Moves a sent delivery on if its parts' receipts say so; the step is in the outbox then.
std::optional<Step> settle(Connection& connection, std::int64_t seq);

std::vector<Step> apply_receipts_now(Connection& connection, const std::vector<Receipt>& batch,
                                     Timestamp now);

}  // namespace vestnik::store::sqlite
