// Goes through the embedded store in its file, whether or not a process has it open.
#pragma once

#include "sqlite/read_only.h"
#include "store/inventory.h"

namespace vestnik::store::sqlite {

class SqliteInventory final : public Inventory {
 public:
  // `file` must outlive it. Throws std::runtime_error when the store is of a newer version, or of one whose
  // read side must be carried over first.
  explicit SqliteInventory(vestnik::sqlite::ReadOnlyFile& file);

  void deliveries(const std::function<void(const LedgerItem&)>& take) override;
  void outbox(const std::function<void(const Step&)>& take) override;
  void timeline(const std::function<void(const TimelineItem&)>& take) override;
  void events(const std::function<void(const EventId&)>& take) override;

 private:
  void rows(const char* sql, const std::function<void(const vestnik::sqlite::Statement& row)>& take);
  void read_side(const char* sql, const std::function<void(const vestnik::sqlite::Statement& row)>& take);

  vestnik::sqlite::ReadOnlyFile& file_;
  const bool has_tables_;
};

}  // namespace vestnik::store::sqlite
