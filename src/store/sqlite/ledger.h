#pragma once

#include "base/clock.h"
#include "store/ledger.h"
#include "store/sqlite/gate.h"
#include "store/sqlite/log_in_file.h"
#include "store/sqlite/step_book.h"

namespace vestnik::store::sqlite {

class SqliteLedger final : public Ledger {
 public:
  SqliteLedger(Gate& gate, const Clock& clock, LogInFilePtr log)
      : gate_(gate), clock_(clock), log_(std::move(log)), ways_(std::make_shared<StepWays>()) {}

  void admit(std::vector<Admission> batch, Timestamp now, Done<std::vector<bool>> done) override;
  void begin_attempts(std::vector<AttemptStart> batch, Done<std::vector<Beginning>> done) override;
  bool begins_new() const override { return true; }
  void begin_new(std::vector<NewAttempt> batch, Timestamp now, Done<std::vector<bool>> done) override;
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
  bool append_steps_by(Channel channel, AppendSteps append) override;
  void find(const NotificationId& id, Done<std::optional<Delivery>> done) override;
  void list(DeliveryFilter filter, std::int64_t before, std::size_t limit, Done<DeliveryPage> done) override;
  void amend(std::vector<Amendment> batch, Done<std::vector<Amended>> done) override;

 private:
  bool log_joins() const { return log_ && log_->joins(); }
  // A write whose work (Connection&, StepBook& → T) moves rows.
  template <class T, class Work>
  void move(Work work, Done<T> done);
  // The steps as the log takes them, made on the caller's thread; empty where they go to the outbox.
  template <class Batch>
  std::vector<Record> encoded(const Batch& batch) const;

  Gate& gate_;
  const Clock& clock_;
  const LogInFilePtr log_;
  std::shared_ptr<StepWays> ways_;  // shared with the works that are queued
};

template <class T, class Work>
void SqliteLedger::move(Work work, Done<T> done) {
  gate_.write<T>(
      [ways = ways_, work = std::move(work)](Connection& connection) mutable {
        StepBook book;
        T value = work(connection, book);
        book.keep(connection, *ways);
        return value;
      },
      std::move(done));
}

void drop_content(Connection& connection, std::int64_t seq);

// Every column that a Delivery is read from; a WHERE follows, `l` is the ledger.
extern const std::string delivery_columns;
// What isn't in the row is read from `log`.
Delivery delivery_of(Connection& connection, const Statement& row, const LogInFilePtr& log);

// A message that was submitted: all of its delivery, if there is one part, else one of it.
struct Submitted {
  std::int64_t seq = 0;  // the delivery's row
  std::int64_t parts = 1;
  std::string provider, message_id;
};

// Ties message ids to the delivery in row `seq`; receipts that came before keep their word. One of those that
// may have such, if there are any: settle() is to look.
std::optional<Submitted> add_messages(Connection& connection, std::int64_t seq, const std::string& provider,
                                      const std::vector<std::string>& message_ids);

// Moves a sent delivery on if its parts' receipts say so.
std::optional<Step> settle(Connection& connection, const Submitted& submitted, StepBook& book);

std::vector<Step> apply_receipts_now(Connection& connection, const std::vector<Receipt>& batch, Timestamp now,
                                     StepBook& book);

}  // namespace vestnik::store::sqlite
