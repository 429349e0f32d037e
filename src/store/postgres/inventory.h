// Goes through the store in PostgreSQL with a session of its own that can't write.
#pragma once

#include "store/inventory.h"
#include "store/postgres/connection.h"
#include "store/postgres/options.h"

namespace vestnik::store::postgres {

class PostgresInventory final : public Inventory {
 public:
  // Connects. Throws std::runtime_error with what to do: no server, no tables there, or those of a newer
  // version. `options.operation_timeout` is what one page of rows may take.
  explicit PostgresInventory(const Options& options);

  void deliveries(const std::function<void(const LedgerItem&)>& take) override;
  void outbox(const std::function<void(const Step&)>& take) override;
  void timeline(const std::function<void(const TimelineItem&)>& take) override;
  void events(const std::function<void(const EventId&)>& take) override;

 private:
  void check_version();
  void check_carried_over();
  Rows ask(std::string_view sql, Parameters parameters);

  // `sql` gives rows whose first column is above $1, in its order, at most $2 of them.
  void by_number(std::string_view sql, const std::function<void(const Rows& rows, int row)>& take);
  void by_id(std::string_view sql, const std::function<void(const Rows& rows, int row)>& take);

  const std::chrono::milliseconds page_timeout_;
  Connection connection_;
};

}  // namespace vestnik::store::postgres
