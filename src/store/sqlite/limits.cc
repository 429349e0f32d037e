#include "store/sqlite/limits.h"

#include <algorithm>

namespace vestnik::store::sqlite {
namespace {

// More than a batch adds on the whole, so that what is over doesn't pile up.
constexpr std::int64_t removed_at_least_max = 64;

}  // namespace

Beginning Limits::use(const AttemptStart& start) {
  for (const LimitUse& use : start.limits) {
    if (book_.knows(use.key)) continue;
    Statement select = connection_.prepare("SELECT stored FROM ledger_limits WHERE key = ?1");
    const bool there = select.bind_blob(1, use.key).step();
    book_.load(use.key, there ? select.blob(0) : std::string_view());
  }
  return book_.use(start.limits, std::max(now_, start.step.at));
}

void Limits::write() {
  const std::vector<LimitBook::Row> rows = book_.changed();
  if (rows.empty()) return;
  Statement upsert = connection_.prepare(
      "INSERT INTO ledger_limits (key, stored, until) VALUES (?1, ?2, ?3) "
      "ON CONFLICT (key) DO UPDATE SET stored = excluded.stored, until = excluded.until");
  for (const LimitBook::Row& row : rows)
    upsert.bind_blob(1, row.key).bind_blob(2, row.stored).bind(3, to_unix_us(row.until)).run();
  connection_
      .prepare(
          "DELETE FROM ledger_limits WHERE key IN "
          "(SELECT key FROM ledger_limits WHERE until <= ?1 ORDER BY until LIMIT ?2)")
      .bind(1, to_unix_us(now_))
      .bind(2, removed_at_least_max + static_cast<std::int64_t>(rows.size()))
      .run();
}

}  // namespace vestnik::store::sqlite
