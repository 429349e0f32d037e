#include "store/sqlite/timeline.h"

#include <map>

#include "store/codes.h"
#include "store/packed.h"
#include "store/report.h"
#include "store/search.h"
#include "store/sqlite/timeline_apply.h"
#include "store/sqlite/timeline_read.h"
#include "store/timeline_row.h"

namespace vestnik::store::sqlite {
namespace {

// What a write has learned is known once that is durable, before anybody else hears of it.
template <class T>
Done<T> learn_first(std::shared_ptr<TimelineMemory> memory,
                    std::shared_ptr<std::vector<NameCache::Entry>> learned, Done<T> done) {
  return [memory = std::move(memory), learned = std::move(learned),
          done = std::move(done)](Result<T, Error> result) mutable {
    if (result) memory->names.learn(*learned);
    done(std::move(result));
  };
}

Counts counters_in(Connection& connection, std::int64_t generation, const SlotRange& range) {
  Counts counts;
  for_each_counter(connection, generation, range,
                   [&](const Counter& counter, std::int64_t n) { counts.push_back({counter, n}); });
  return counts;
}

}  // namespace

SqliteTimeline::SqliteTimeline(Gate& gate, const Clock& clock)
    : gate_(gate), clock_(clock), memory_(std::make_shared<TimelineMemory>()) {}
SqliteTimeline::~SqliteTimeline() = default;

void SqliteTimeline::apply(std::shared_ptr<const FactBatch> facts, Timestamp now, Done<void> done) {
  auto learned = std::make_shared<std::vector<NameCache::Entry>>();
  gate_.write<void>(
      [facts = std::move(facts), now, memory = memory_, learned](Connection& connection) {
        SqliteNames names(connection, memory->names);
        for (const std::int64_t generation : live_generations(connection))
          apply_to(connection, generation, names, *facts, now);
        forget_old(connection, *memory, now);
        *learned = names.learned();
      },
      learn_first(memory_, learned, std::move(done)));
}

void SqliteTimeline::notification(const NotificationId& id, Done<std::optional<NotificationView>> done) {
  gate_.read<std::optional<NotificationView>>(
      [id = pack_id(id.value)](Connection& connection) -> std::optional<NotificationView> {
        const std::int64_t generation = serving_generation(connection);
        Statement select =
            connection.prepare("SELECT facts FROM readside_rows WHERE generation = ?1 AND id = ?2");
        if (!select.bind(1, generation).bind_blob(2, id).step()) return std::nullopt;
        const TimelineRow row = unpack_facts(id, select.blob(0));
        std::optional<AcceptedFact> event;
        if (!row.plan) event = event_of(connection, generation, row.event_id);
        return view_of(row, event, true);
      },
      std::move(done));
}

void SqliteTimeline::search(NotificationFilter filter, std::string cursor, std::size_t limit,
                            Done<NotificationPage> done) {
  gate_.read<NotificationPage>(
      [filter = std::move(filter), cursor = std::move(cursor), limit](Connection& connection) mutable {
        return search_in(connection, std::move(filter), cursor, limit);
      },
      std::move(done));
}

void SqliteTimeline::stats(Timestamp now, Done<Stats> done) {
  gate_.read<Stats>(
      [now](Connection& connection) {
        const std::int64_t generation = serving_generation(connection);
        Counts counters;
        for (const SlotRange& range : stats_ranges(now))
          for (const auto& entry : counters_in(connection, generation, range)) counters.push_back(entry);
        return stats_of(counters, groups_in(connection));
      },
      std::move(done));
}

void SqliteTimeline::report(ReportQuery query, Done<Report> done) {
  gate_.read<Report>(
      [query = std::move(query)](Connection& connection) {
        const std::int64_t generation = serving_generation(connection);
        const Groups groups = groups_in(connection);
        ReportBuilder builder(query, groups);
        for (const SlotRange& range : builder.ranges())
          for_each_counter(connection, generation, range,
                           [&](const Counter& counter, std::int64_t n) { builder.add(counter, n); });
        std::map<int, std::string> labels;
        Statement select =
            connection.prepare("SELECT text FROM readside_names WHERE kind = ?1 AND number = ?2");
        for (const int label : builder.labels()) {
          if (select.bind(1, code(NameKind::label)).bind(2, label).step())
            labels[label] = std::string(select.blob(0));
          select.reset();
        }
        return std::move(builder).finish(labels);
      },
      std::move(done));
}

void SqliteTimeline::begin_rebuild(Done<RebuildId> done) {
  gate_.write<RebuildId>(
      [](Connection& connection) -> RebuildId {
        connection.prepare("UPDATE readside_generations SET role = 2 WHERE role = 1").run();
        connection
            .prepare(
                "INSERT INTO readside_generations (generation, role, whole) "
                "SELECT max(generation) + 1, 1, 1 FROM readside_generations")
            .run();
        Statement select = connection.prepare("SELECT generation FROM readside_generations WHERE role = 1");
        select.step();
        return select.integer(0);
      },
      std::move(done));
}

void SqliteTimeline::apply_to_rebuild(RebuildId rebuild, std::shared_ptr<const FactBatch> facts,
                                      Timestamp now, Done<bool> done) {
  auto learned = std::make_shared<std::vector<NameCache::Entry>>();
  gate_.write<bool>(
      [rebuild, facts = std::move(facts), now, memory = memory_, learned](Connection& connection) {
        if (role_of(connection, rebuild) != Role::rebuilding) return false;
        SqliteNames names(connection, memory->names);
        apply_to(connection, rebuild, names, *facts, now);
        *learned = names.learned();
        return true;
      },
      learn_first(memory_, learned, std::move(done)));
}

void SqliteTimeline::finish_rebuild(RebuildId rebuild, Done<bool> done) {
  gate_.write<bool>(
      [rebuild](Connection& connection) {
        if (role_of(connection, rebuild) != Role::rebuilding)
          return role_of(connection, rebuild) == Role::serving;
        connection.prepare("UPDATE readside_generations SET role = 2 WHERE role = 0").run();
        connection.prepare("UPDATE readside_generations SET role = 0 WHERE role = 1").run();
        return true;
      },
      std::move(done));
}

void SqliteTimeline::rebuild_state(Done<RebuildState> done) {
  gate_.read<RebuildState>(
      [](Connection& connection) {
        Statement select =
            connection.prepare("SELECT max(role = 1), max(role = 0 AND NOT whole) FROM readside_generations");
        select.step();
        if (select.integer(0) != 0) return RebuildState::unfinished;
        return select.integer(1) != 0 ? RebuildState::needed : RebuildState::none;
      },
      std::move(done));
}

void SqliteTimeline::shed_replaced(Done<bool> done) {
  auto learned = std::make_shared<std::vector<NameCache::Entry>>();
  gate_.write<bool>(
      [memory = memory_, learned, now = clock_.now()](Connection& connection) {
        SqliteNames names(connection, memory->names);
        const bool more = carry_over(connection, names, now) || shed(connection);
        *learned = names.learned();
        return more;
      },
      learn_first(memory_, learned, std::move(done)));
}

}  // namespace vestnik::store::sqlite
