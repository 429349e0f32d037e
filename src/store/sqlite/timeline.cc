#include "store/sqlite/timeline.h"

#include <array>

#include "store/codes.h"
#include "store/packed.h"
#include "store/timeline_row.h"

namespace vestnik::store::sqlite {
namespace {

constexpr std::array counter_kinds{CounterKind::events,           CounterKind::state,
                                   CounterKind::planned,          CounterKind::sent,
                                   CounterKind::accepted_to_sent, CounterKind::sent_to_delivered};

// Writes one batch of facts. Its statements are prepared once, not once a row.
class Applier {
 public:
  Applier(Connection& connection, Timestamp now) : connection_(connection), now_(now) {}

  void add(const AcceptedFact& event) {
    insert_event_.bind_blob(1, event.event_id).bind_blob(2, event.event_type);
    insert_event_.bind(3, to_unix_us(event.accepted_at)).run();
    if (connection_.changes() > 0) ++deltas_[Counter{}];
  }

  // What has its plan is most likely new, and what has not is most likely there: either costs one look.
  void add(const TimelineRow& fresh) {
    if (fresh.plan ? insert(fresh) || join_to(fresh) : join_to(fresh) || insert(fresh)) return;
    throw DamagedValue("a timeline is neither there nor can it be added");
  }

  void write_counters();

 private:
  // False: it is there already.
  bool insert(const TimelineRow& row) {
    const std::string facts = pack_facts(row);
    insert_.bind_blob(1, row.id).bind_blob(2, row.user_id).bind(3, to_unix_us(first_at(row)));
    insert_.bind(4, code(row.channel)).bind(5, state_code(row)).bind_blob(6, facts).run();
    if (connection_.changes() == 0) return false;
    count(row, +1, now_, deltas_);
    return true;
  }

  // False: it is not there yet.
  bool join_to(const TimelineRow& fresh) {
    if (!select_.bind_blob(1, fresh.id).step()) {
      select_.reset();
      return false;
    }
    const std::int64_t seq = select_.integer(0);
    const TimelineRow before = unpack_facts(fresh.id, select_.blob(1));
    select_.reset();
    TimelineRow row = before;
    join(row, fresh);
    if (row == before) return true;
    const std::string facts = pack_facts(row);
    update_.bind(1, seq).bind(2, state_code(row)).bind_blob(3, facts).run();
    // Apart: naming the column is enough to have both indexes of it written anew.
    if (first_at(row) != first_at(before))
      update_first_at_.bind(1, seq).bind(2, to_unix_us(first_at(row))).run();
    count(before, -1, now_, deltas_);
    count(row, +1, now_, deltas_);
    return true;
  }

  Connection& connection_;
  const Timestamp now_;
  CounterDeltas deltas_;
  Statement insert_event_ = connection_.prepare(
      "INSERT INTO timeline_events (event_id, event_type, accepted_at) VALUES (?1, ?2, ?3) "
      "ON CONFLICT (event_id) DO NOTHING");
  Statement insert_ = connection_.prepare(
      "INSERT INTO timeline (id, user_id, first_at, channel, state, facts) VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
      "ON CONFLICT (id) DO NOTHING");
  Statement select_ = connection_.prepare("SELECT seq, facts FROM timeline WHERE id = ?1");
  Statement update_ = connection_.prepare("UPDATE timeline SET state = ?2, facts = ?3 WHERE seq = ?1");
  Statement update_first_at_ = connection_.prepare("UPDATE timeline SET first_at = ?2 WHERE seq = ?1");
};

void Applier::write_counters() {
  Statement upsert = connection_.prepare(
      "INSERT INTO timeline_counters (kind, slot, channel, bucket, n) VALUES (?1, ?2, ?3, ?4, ?5) "
      "ON CONFLICT (kind, slot, channel, bucket) DO UPDATE SET n = n + excluded.n");
  for (const auto& [counter, n] : deltas_) {
    if (n == 0) continue;
    upsert.bind(1, code(counter.kind)).bind(2, counter.slot).bind(3, code(counter.channel));
    upsert.bind(4, counter.bucket).bind(5, n).run();
  }
  Statement forget = connection_.prepare("DELETE FROM timeline_counters WHERE kind = ?1 AND slot < ?2");
  for (const CounterKind kind : counter_kinds) forget.bind(1, code(kind)).bind(2, horizon(kind, now_)).run();
}

// Only a notification whose plan is not known needs its event.
NotificationView show(Connection& connection, const TimelineRow& row, bool with_timeline) {
  std::optional<AcceptedFact> event;
  if (!row.plan) {
    Statement select =
        connection.prepare("SELECT event_type, accepted_at FROM timeline_events WHERE event_id = ?1");
    if (select.bind_blob(1, row.event_id).step())
      event = AcceptedFact{row.event_id, std::string(select.blob(0)), from_unix_us(select.integer(1))};
  }
  return view_of(row, event, with_timeline);
}

}  // namespace

void SqliteTimeline::apply(std::shared_ptr<const FactBatch> facts, Timestamp now, Done<void> done) {
  gate_.write<void>(
      [facts = std::move(facts), now](Connection& connection) {
        Applier applier(connection, now);
        for (const AcceptedFact& event : facts->events()) applier.add(event);
        for (const TimelineRow& row : facts->rows()) applier.add(row);
        applier.write_counters();
      },
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
