// Writing facts into the read side. Everything here runs on the writer thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/names.h"
#include "store/sqlite/gate.h"
#include "store/sqlite/timeline.h"
#include "store/tally.h"

namespace vestnik::store::sqlite {

// What is remembered from one write to the next.
struct TimelineMemory {
  NameCache names;               // what a write has learned is added when it is durable
  std::int64_t forgot_minute{};  // Unix minute: when what is past its horizon was deleted last
};

// Names out of their table, which gets those that it lacks.
class SqliteNames final : public Names {
 public:
  SqliteNames(Connection& connection, const NameCache& cache) : connection_(connection), cache_(cache) {}
  const std::vector<NameCache::Entry>& learned() const { return learned_.entries; }

 protected:
  std::optional<int> number(NameKind kind, const std::string& text) override;

 private:
  struct Learned {
    std::vector<NameCache::Entry> entries;
    NameCache cache;
  };

  Connection& connection_;
  const NameCache& cache_;
  Learned learned_;
};

// Writes facts into one generation. Its statements are prepared once, not once a row.
class Applier {
 public:
  Applier(Connection& connection, std::int64_t generation, Names& names)
      : connection_(connection), generation_(generation), names_(names), tally_(names) {}

  void add(const AcceptedFact& event);
  void add(const TimelineRow& fresh);
  void write_counters(Timestamp now);

 private:
  bool insert(const TimelineRow& row);     // false: it is there already
  bool join_to(const TimelineRow& fresh);  // false: it is not there yet
  // What is kept of a row, and where.
  struct Kept {
    std::int64_t seq;
    int error;
    TimelineRow row;
  };
  void update(const Kept& before, const TimelineRow& row);

  Connection& connection_;
  const std::int64_t generation_;
  Names& names_;
  Tally tally_;
  Statement insert_event_ = connection_.prepare(
      "INSERT INTO readside_events (generation, event_id, event_type, accepted_at, user_id) "
      "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (generation, event_id) DO NOTHING");
  Statement insert_ = connection_.prepare(
      "INSERT INTO readside_rows (generation, id, user_id, first_at, state, grp, error, facts) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (generation, id) DO NOTHING");
  Statement select_ =
      connection_.prepare("SELECT seq, error, facts FROM readside_rows WHERE generation = ?1 AND id = ?2");
  Statement update_ =
      connection_.prepare("UPDATE readside_rows SET state = ?2, grp = ?3, facts = ?4 WHERE seq = ?1");
  Statement add_recipient_ = connection_.prepare(
      "INSERT INTO readside_recipients (generation, block, digest, user_id) "
      "VALUES (?1, coalesce(?2, last_insert_rowid()) >> 15, ?3, ?4) ON CONFLICT DO NOTHING");
};

// The generations that facts go into: the one that serves and, during a rebuild, the new one.
std::vector<std::int64_t> live_generations(Connection& connection);
void apply_to(Connection& connection, std::int64_t generation, Names& names, const FactBatch& facts,
              Timestamp now);
// Deletes what is past its horizon, at most once a minute.
void forget_old(Connection& connection, TimelineMemory& memory, Timestamp now);

}  // namespace vestnik::store::sqlite
