#pragma once

#include <unordered_map>

#include "base/clock.h"
#include "store/ledger.h"
#include "store/postgres/pool.h"

namespace vestnik::store::postgres {

class PostgresLedger final : public Ledger {
 public:
  PostgresLedger(Pool& pool, const Clock& clock);

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

  struct Admissions {
    std::vector<Admission> batch;
    Timestamp now;
  };
  struct Receipts {
    std::vector<Receipt> batch;
    Timestamp now;
  };
  struct Claim {
    Channel channel;
    std::vector<Owner> owners;
  };
  struct DueQuery {
    Channel channel;
    std::vector<std::int32_t> partitions;
    Timestamp due_before;
    std::size_t limit;
  };
  struct ListQuery {
    DeliveryFilter filter;
    std::int64_t before;
    std::size_t limit;
  };
  struct OutboxRequest {
    std::vector<std::string> told;
    std::optional<DueQuery> untold;
  };

 private:
  Pool& pool_;
  const Clock& clock_;
  Lane<Admissions, std::vector<bool>>& admissions_;
  Lane<std::vector<AttemptStart>, std::vector<Beginning>>& starts_;
  Lane<std::vector<Transition>, Recorded>& transitions_;
  Lane<Receipts, std::vector<Step>>& receipts_;
  Lane<Claim, Claimed>& claims_;
  Lane<DueQuery, std::vector<Delivery>>& due_;
  Lane<DueQuery, std::optional<Timestamp>>& next_due_;
  Lane<OutboxRequest, std::vector<Step>>& outbox_;
  Lane<std::string, std::optional<Delivery>>& finding_;
  Lane<ListQuery, DeliveryPage>& lists_;
  Lane<std::vector<Amendment>, std::vector<Amended>>& amendments_;
};

// What the lanes execute; each answers request by request (lane.h).
std::vector<std::vector<bool>> admit_all(const Try& go,
                                         const std::vector<PostgresLedger::Admissions>& requests);
std::vector<std::vector<Beginning>> begin_all(const Try& go,
                                              const std::vector<std::vector<AttemptStart>>& requests,
                                              const Clock& clock);
std::vector<Ledger::Recorded> record_all(const Try& go, const std::vector<std::vector<Transition>>& requests);
std::vector<std::vector<Step>> apply_receipts_all(const Try& go,
                                                  const std::vector<PostgresLedger::Receipts>& requests);
std::vector<Ledger::Claimed> claim_all(const Try& go, const std::vector<PostgresLedger::Claim>& requests);
std::vector<std::vector<Delivery>> due_all(const Try& go,
                                           const std::vector<PostgresLedger::DueQuery>& requests);
std::vector<std::optional<Timestamp>> next_due_all(const Try& go,
                                                   const std::vector<PostgresLedger::DueQuery>& requests);
std::vector<std::vector<Step>> outbox_all(const Try& go,
                                          const std::vector<PostgresLedger::OutboxRequest>& requests);
std::vector<std::optional<Delivery>> find_all(const Try& go, const std::vector<std::string>& ids);
std::vector<DeliveryPage> list_all(const Try& go, const std::vector<PostgresLedger::ListQuery>& requests);
std::vector<std::vector<Amended>> amend_all(const Try& go,
                                            const std::vector<std::vector<Amendment>>& requests);

// Every column that a Delivery is read from; FROM follows, `l` is the ledger.
extern const std::string delivery_columns;
std::vector<Delivery> deliveries_of(const Rows& rows);

// An advisory lock per channel and partition: whoever moves rows on behalf of an owner holds it shared, a
// claim holds it alone. So a claim sees every attempt that was begun under an older epoch, and none begins
// after it.
Statement lock_partitions(const std::vector<std::pair<Channel, std::int32_t>>& partitions, bool shared);

// Moves on those of these sent deliveries whose parts' receipts say so, and ends the transaction. The steps
// are in the outbox, under settle_token of the batch, by which a second go finds them.
std::vector<Step> settle_and_commit(const Try& go, Transaction& transaction,
                                    const std::vector<std::string>& deliveries);

}  // namespace vestnik::store::postgres
