#include "store/sqlite/timeline.h"

#include <array>
#include <unordered_map>

#include "store/codes.h"
#include "store/packed.h"
#include "store/timeline_row.h"

namespace vestnik::store::sqlite {
namespace {

constexpr std::array counter_kinds{CounterKind::events,           CounterKind::state,
                                   CounterKind::planned,          CounterKind::sent,
                                   CounterKind::accepted_to_sent, CounterKind::sent_to_delivered};

bool insert_event(Connection& connection, const UserEvent& event) {
  const std::string id = pack_id(event.event_id.value);
  Statement insert = connection.prepare(
      "INSERT OR IGNORE INTO timeline_events (event_id, event_type, accepted_at) VALUES (?1, ?2, ?3) "
      "RETURNING accepted_at");
  insert.bind_blob(1, id).bind_blob(2, event.event_type).bind(3, to_unix_us(event.accepted_at));
  return insert.step();
}

// Joins what the batch knows about one notification into its row.
void apply_row(Connection& connection, const std::string& id, TimelineRow fresh, Timestamp now,
               CounterDeltas& deltas) {
  Statement select = connection.prepare("SELECT seq, facts FROM timeline WHERE id = ?1");
  if (!select.bind_blob(1, id).step()) {
    const std::string user = pack_id(fresh.user_id.value), facts = pack_facts(fresh);
    connection
        .prepare(
            "INSERT INTO timeline (id, user_id, first_at, channel, state, facts) VALUES (?1, ?2, ?3, ?4, ?5, "
            "?6)")
        .bind_blob(1, id)
        .bind_blob(2, user)
        .bind(3, to_unix_us(first_at(fresh)))
        .bind(4, code(fresh.channel))
        .bind(5, state_code(fresh))
        .bind_blob(6, facts)
        .run();
    count(fresh, +1, now, deltas);
    return;
  }
  const std::int64_t seq = select.integer(0);
  const TimelineRow before = unpack_facts(id, select.blob(1));
  select.reset();
  TimelineRow row = before;
  join(row, std::move(fresh));
  if (row == before) return;
  const std::string facts = pack_facts(row);
  connection.prepare("UPDATE timeline SET first_at = ?2, state = ?3, facts = ?4 WHERE seq = ?1")
      .bind(1, seq)
      .bind(2, to_unix_us(first_at(row)))
      .bind(3, state_code(row))
      .bind_blob(4, facts)
      .run();
  count(before, -1, now, deltas);
  count(row, +1, now, deltas);
}

void change_counters(Connection& connection, const CounterDeltas& deltas, Timestamp now) {
  Statement upsert = connection.prepare(
      "INSERT INTO timeline_counters (kind, slot, channel, bucket, n) VALUES (?1, ?2, ?3, ?4, ?5) "
      "ON CONFLICT (kind, slot, channel, bucket) DO UPDATE SET n = n + excluded.n");
  for (const auto& [counter, n] : deltas) {
    if (n == 0) continue;
    upsert.bind(1, code(counter.kind)).bind(2, counter.slot).bind(3, code(counter.channel));
    upsert.bind(4, counter.bucket).bind(5, n).run();
  }
  Statement forget = connection.prepare("DELETE FROM timeline_counters WHERE kind = ?1 AND slot < ?2");
  for (const CounterKind kind : counter_kinds) forget.bind(1, code(kind)).bind(2, horizon(kind, now)).run();
}

void apply_all(Connection& connection, const std::vector<Fact>& facts, Timestamp now) {
  CounterDeltas deltas;
  std::unordered_map<std::string, TimelineRow> rows;
  std::vector<const std::string*> order;  // of arrival, so that the table keeps it
  const auto add = [&](TimelineRow row) {
    const auto [place, fresh] = rows.try_emplace(pack_id(row.id.value), row);
    if (fresh)
      order.push_back(&place->first);
    else
      join(place->second, std::move(row));
  };
  for (const Fact& fact : facts)
    std::visit(Overloaded{[&](const UserEvent& event) {
                            if (insert_event(connection, event)) ++deltas[Counter{}];
                          },
                          [&](const Notification& notification) { add(row_of(notification)); },
                          [&](const Step& step) { add(row_of(step)); }},
               fact);
  for (const std::string* id : order) apply_row(connection, *id, std::move(rows.at(*id)), now, deltas);
  change_counters(connection, deltas, now);
}

// Only a notification whose plan is not known needs its event.
NotificationView show(Connection& connection, const TimelineRow& row, bool with_timeline) {
  std::optional<AcceptedEvent> event;
  if (!row.plan) {
    const std::string id = pack_id(row.event_id.value);
    Statement select =
        connection.prepare("SELECT event_type, accepted_at FROM timeline_events WHERE event_id = ?1");
    if (select.bind_blob(1, id).step())
      event = AcceptedEvent{std::string(select.blob(0)), from_unix_us(select.integer(1))};
  }
  return view_of(row, event, with_timeline);
}

}  // namespace

void SqliteTimeline::apply(std::vector<Fact> facts, Timestamp now, Done<void> done) {
  gate_.write<void>(
      [facts = std::move(facts), now](Connection& connection) { apply_all(connection, facts, now); },
      std::move(done));
}

void SqliteTimeline::notification(const NotificationId& id, Done<std::optional<NotificationView>> done) {
  gate_.read<std::optional<NotificationView>>(
      [id = pack_id(id.value)](Connection& connection) -> std::optional<NotificationView> {
        Statement select = connection.prepare("SELECT facts FROM timeline WHERE id = ?1");
        if (!select.bind_blob(1, id).step()) return std::nullopt;
        return show(connection, unpack_facts(id, select.blob(0)), true);
      },
      std::move(done));
}

void SqliteTimeline::newest(const UserId& user, std::size_t limit, Done<std::vector<NotificationView>> done) {
  gate_.read<std::vector<NotificationView>>(
      [user, limit](Connection& connection) {
        const std::string id = pack_id(user.value);
        Statement select = connection.prepare(
            user.empty() ? "SELECT id, facts FROM timeline ORDER BY first_at DESC, id DESC LIMIT ?1"
                         : "SELECT id, facts FROM timeline WHERE user_id = ?2 ORDER BY first_at DESC, seq "
                           "DESC LIMIT ?1");
        select.bind(1, static_cast<std::int64_t>(limit));
        if (!user.empty()) select.bind_blob(2, id);
        std::vector<NotificationView> views;
        while (select.step())
          views.push_back(show(connection, unpack_facts(select.blob(0), select.blob(1)), false));
        return views;
      },
      std::move(done));
}

void SqliteTimeline::stats(Timestamp now, Done<Stats> done) {
  gate_.read<Stats>(
      [now](Connection& connection) {
        Statement select = connection.prepare(
            "SELECT slot, channel, bucket, n FROM timeline_counters WHERE kind = ?1 AND slot >= ?2");
        std::vector<std::pair<Counter, std::int64_t>> counters;
        for (const CounterKind kind : counter_kinds) {
          for (select.bind(1, code(kind)).bind(2, window_start(kind, now)); select.step();)
            counters.push_back({{kind, select.integer(0), channel_of(select.integer(1)),
                                 static_cast<int>(select.integer(2))},
                                select.integer(3)});
          select.reset();
        }
        return stats_of(counters);
      },
      std::move(done));
}

}  // namespace vestnik::store::sqlite
