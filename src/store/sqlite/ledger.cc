#include "store/sqlite/ledger.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "store/codes.h"
#include "store/delivery_state.h"
#include "store/packed.h"
#include "store/sqlite/limits.h"

namespace vestnik::store::sqlite {
namespace {

// RETURNING makes SQLite open a table in memory for every statement. Here rows are looked for first: within a
// work nothing else writes, so what was found still holds.

// A row with an SMS in it is still read and written as one piece; a mail in it would be written again with
// each change of its state.
constexpr std::size_t content_in_row_max = 512;

// A row that is to be made, packed on the caller's thread: the writer has enough to do.
struct NewRow {
  std::string id, meta, content;
  std::optional<std::int64_t> place;  // where the log has the content; then there is none here
  Channel channel = Channel::email;
  Owner owner;
  Timestamp due_at{};
};

NewRow new_row(const Notification& n, const Owner& owner, Timestamp now,
               std::optional<std::int64_t> place = std::nullopt) {
  return {.id = pack_id(n.id.value),
          .meta = pack_meta(n),
          .content = place ? std::string() : pack_content(n),
          .place = place,
          .channel = n.channel,
          .owner = owner,
          .due_at = n.send_at.value_or(now)};
}

// New rows of the ledger.
class Inserting {
 public:
  explicit Inserting(Connection& connection)
      : connection_(connection),
        row_(connection.prepare("INSERT INTO ledger (id, channel, partition, epoch, state, attempt, due_at, "
                                "updated_at, provider, meta, content, place) "
                                "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) "
                                "ON CONFLICT (id) DO NOTHING")),
        content_(connection.prepare(
            "INSERT INTO ledger_content (seq, content) VALUES (last_insert_rowid(), ?1)")) {}

  // False: it is known already, and nothing has changed. `begins`: its first attempt begins with it.
  bool add(const NewRow& r, Timestamp now, const Step* begins) {
    row_.bind_blob(1, r.id).bind(2, code(r.channel)).bind(3, r.owner.partition).bind(4, r.owner.epoch);
    row_.bind(5, code(begins ? DeliveryState::sending : DeliveryState::pending)).bind(6, begins ? 1 : 0);
    row_.bind(7, to_unix_us(r.due_at)).bind(8, to_unix_us(begins ? begins->at : now));
    row_.bind_blob(9, begins ? std::string_view(begins->provider) : std::string_view()).bind_blob(10, r.meta);
    const bool in_row = !r.place && r.content.size() <= content_in_row_max;
    in_row ? row_.bind_blob(11, r.content) : row_.bind_null(11);
    r.place ? row_.bind(12, *r.place) : row_.bind_null(12);
    row_.run();
    if (connection_.changes() == 0) return false;
    if (!in_row && !r.place) content_.bind_blob(1, r.content).run();
    return true;
  }

 private:
  Connection& connection_;
  Statement row_;
  Statement content_;
};

std::vector<bool> admit_all(Connection& connection, const std::vector<NewRow>& rows, Timestamp now) {
  Inserting inserting(connection);
  std::vector<bool> taken;
  taken.reserve(rows.size());
  for (const NewRow& row : rows) taken.push_back(inserting.add(row, now, nullptr));
  return taken;
}

struct FoundRow {
  std::int64_t seq = 0;
  std::int64_t partition = 0;
  bool content_apart = false;  // in ledger_content, if it is still there
};

std::optional<FoundRow> find_row(Statement& select, const Step& step, std::int64_t epoch) {
  const std::string id = pack_id(step.notification_id.value);
  std::optional<FoundRow> found;
  if (select.bind_blob(1, id).bind(2, step.attempt).bind(3, epoch).step())
    found = {select.integer(0), select.integer(1), select.integer(2) != 0};
  select.reset();
  return found;
}

// No owner newer than ?3 has the row's partition.
const std::string no_newer_owner =
    "epoch <= ?3 AND NOT EXISTS (SELECT 1 FROM ledger_owners o WHERE o.channel = ledger.channel AND "
    "o.partition = ledger.partition AND o.epoch > ?3)";
const std::string looked_for =
    "SELECT seq, partition, content IS NULL AND place IS NULL FROM ledger WHERE id = ?1 AND ";
const std::string pending_before_attempt =
    looked_for + "state = 0 AND attempt = ?2 - 1 AND " + no_newer_owner;
// An outcome is the truth about its attempt, whoever has the partition now.
const std::string open_at_attempt =
    looked_for + "attempt = ?2 AND (state = 1 OR (state = 0 AND " + no_newer_owner + "))";

// The attempts of one batch that begin on rows that are there.
class Starting {
 public:
  Starting(Connection& connection, Timestamp now, StepBook& book)
      : find_(connection.prepare(pending_before_attempt)),
        update_(connection.prepare("UPDATE ledger SET state = 1, attempt = ?2, epoch = ?3, provider = ?4, "
                                   "updated_at = ?5 WHERE seq = ?1")),
        limits_(connection, now),
        book_(book) {}

  Beginning begin(AttemptStart& start, Record encoded) {
    Step& step = start.step;
    const auto found = find_row(find_, step, start.owner.epoch);
    if (!found) return {.kind = Beginning::Kind::refused};
    if (!start.limits.empty()) {
      const Beginning counted = limits_.use(start);
      if (counted.kind != Beginning::Kind::begun) return counted;
    }
    update_.bind(1, found->seq).bind(2, step.attempt).bind(3, start.owner.epoch);
    update_.bind_blob(4, step.provider).bind(5, to_unix_us(step.at)).run();
    book_.note(std::move(step), found->partition, std::move(encoded));
    return {.kind = Beginning::Kind::begun};
  }
  void write_limits() { limits_.write(); }

 private:
  Statement find_;
  Statement update_;
  Limits limits_;
  StepBook& book_;
};

// The record of the step at `index`; none was made where the list is empty.
Record take(std::vector<Record>& encoded, std::size_t index) {
  return encoded.empty() ? Record{} : std::move(encoded[index]);
}

std::vector<Beginning> begin_all(Connection& connection, std::vector<AttemptStart>& batch,
                                 std::vector<Record>& encoded, Timestamp now, StepBook& book) {
  Starting starting(connection, now, book);
  std::vector<Beginning> beginnings;
  beginnings.reserve(batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i)
    beginnings.push_back(starting.begin(batch[i], take(encoded, i)));
  starting.write_limits();
  return beginnings;
}

// Which of a batch's owners have their partition still.
class InForce {
 public:
  explicit InForce(Connection& connection)
      : newer_(connection.prepare(
            "SELECT 1 FROM ledger_owners WHERE channel = ?1 AND partition = ?2 AND epoch > ?3")) {}

  bool holds(Channel channel, const Owner& owner) {
    const auto [known, fresh] = known_.try_emplace({channel, owner.partition, owner.epoch});
    if (!fresh) return known->second;
    known->second = !newer_.bind(1, code(channel)).bind(2, owner.partition).bind(3, owner.epoch).step();
    newer_.reset();
    return known->second;
  }

 private:
  Statement newer_;
  std::map<std::tuple<Channel, std::int32_t, std::int64_t>, bool> known_;
};

struct Start {
  NewRow row;
  Step step;
};

std::vector<bool> begin_new_all(Connection& connection, std::vector<Start>& batch,
                                std::vector<Record>& encoded, Timestamp now, StepBook& book) {
  Inserting inserting(connection);
  InForce in_force(connection);
  std::vector<bool> begun;
  begun.reserve(batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) {
    auto& [row, step] = batch[i];
    begun.push_back(in_force.holds(row.channel, row.owner) && inserting.add(row, now, &step));
    if (begun.back()) book.note(std::move(step), row.owner.partition, take(encoded, i));
  }
  return begun;
}

const std::string move_row_to =
    "UPDATE ledger SET state = ?3, attempt = attempt - (?4 AND state = 1), epoch = MAX(epoch, ?2), "
    "due_at = CASE WHEN ?3 = 0 THEN ?5 ELSE due_at END, updated_at = ?6, provider = ?7, answer = ?8, "
    "progress = ?9, content = CASE WHEN ?10 THEN content END, place = CASE WHEN ?10 THEN place END WHERE seq "
    "= ?1";

void move_row(Statement& update, const Transition& t, const FoundRow& found) {
  const Step& step = t.step;
  const bool pending = t.to == DeliveryState::pending;
  update.bind(1, found.seq).bind(2, t.owner.epoch).bind(3, code(t.to));
  update.bind(10, content_is_needed(t.to) ? 1 : 0);
  update.bind(4, pending && !t.attempt_burned ? 1 : 0);
  update.bind(5, to_unix_us(step.due_at.value_or(step.at))).bind(6, to_unix_us(step.at));
  update.bind_blob(7, step.provider).bind_blob(8, step.answer);
  update.bind_blob(9, pending ? std::string_view(t.progress) : std::string_view()).run();
}

const std::string drop_content_apart = "DELETE FROM ledger_content WHERE seq = ?1";

Ledger::Recorded record_all(Connection& connection, std::vector<Transition>& batch,
                            std::vector<Record>& encoded, StepBook& book) {
  Statement find = connection.prepare(open_at_attempt);
  Statement update = connection.prepare(move_row_to);
  Statement drop = connection.prepare(drop_content_apart);
  Ledger::Recorded recorded;
  recorded.applied.reserve(batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) {
    Transition& t = batch[i];
    const auto found = find_row(find, t.step, t.owner.epoch);
    recorded.applied.push_back(found.has_value());
    if (!found) continue;
    move_row(update, t, *found);
    if (found->content_apart && !content_is_needed(t.to)) drop.bind(1, found->seq).run();
    std::optional<Submitted> has_word;
    if (t.to == DeliveryState::sent && !t.message_ids.empty())
      has_word = add_messages(connection, found->seq, t.step.provider, t.message_ids);
    book.note(std::move(t.step), found->partition, take(encoded, i));
    if (!has_word) continue;
    if (auto step = settle(connection, *has_word, book)) recorded.receipt_steps.push_back(std::move(*step));
  }
  return recorded;
}

}  // namespace

void drop_content(Connection& connection, std::int64_t seq) {
  connection.prepare("UPDATE ledger SET content = NULL WHERE seq = ?1 AND content IS NOT NULL")
      .bind(1, seq)
      .run();
  connection.prepare(drop_content_apart).bind(1, seq).run();
}

void SqliteLedger::admit(std::vector<Admission> batch, Timestamp now, Done<std::vector<bool>> done) {
  std::vector<NewRow> rows;
  rows.reserve(batch.size());
  for (const Admission& a : batch) rows.push_back(new_row(a.notification, a.owner, now));
  gate_.write<std::vector<bool>>(
      [rows = std::move(rows), now](Connection& connection) { return admit_all(connection, rows, now); },
      std::move(done));
}

template <class Batch>
std::vector<Record> SqliteLedger::encoded(const Batch& batch) const {
  std::vector<Record> records;
  if (batch.empty() || !ways_->has(batch.front().step.channel)) return records;
  records.reserve(batch.size());
  for (const auto& entry : batch) records.push_back(encode(entry.step));
  return records;
}

bool SqliteLedger::append_steps_by(Channel channel, AppendSteps append) {
  if (log_joins()) ways_->set(channel, std::move(append));
  return log_joins();
}

// The time is read when the work runs: an attempt that waited in the queue begins then, not before.
void SqliteLedger::begin_attempts(std::vector<AttemptStart> batch, Done<std::vector<Beginning>> done) {
  std::vector<Record> records = encoded(batch);
  move<std::vector<Beginning>>(
      [batch = std::move(batch), records = std::move(records), &clock = clock_](Connection& connection,
                                                                                StepBook& book) mutable {
        return begin_all(connection, batch, records, clock.now(), book);
      },
      std::move(done));
}

void SqliteLedger::begin_new(std::vector<NewAttempt> batch, Timestamp now, Done<std::vector<bool>> done) {
  std::vector<Record> records = encoded(batch);
  std::vector<Start> starts;
  starts.reserve(batch.size());
  for (NewAttempt& a : batch) {
    std::optional<std::int64_t> place;
    if (log_joins() && a.offset) place = log_->place_of(a.owner.partition, *a.offset);
    starts.push_back({new_row(*a.notification, a.owner, now, place), std::move(a.step)});
  }
  move<std::vector<bool>>(
      [starts = std::move(starts), records = std::move(records), now](Connection& connection,
                                                                      StepBook& book) mutable {
        return begin_new_all(connection, starts, records, now, book);
      },
      std::move(done));
}

void SqliteLedger::record(std::vector<Transition> batch, Done<Recorded> done) {
  std::vector<Record> records = encoded(batch);
  move<Recorded>([batch = std::move(batch), records = std::move(records)](
                     Connection& connection,
                     StepBook& book) mutable { return record_all(connection, batch, records, book); },
                 std::move(done));
}

void SqliteLedger::apply_receipts(std::vector<Receipt> batch, Done<std::vector<Step>> done) {
  move<std::vector<Step>>(
      [batch = std::move(batch), now = clock_.now()](Connection& connection, StepBook& book) {
        return apply_receipts_now(connection, batch, now, book);
      },
      std::move(done));
}

void SqliteLedger::told(std::vector<std::string> step_ids) {
  if (gate_.notes().told(std::move(step_ids))) gate_.write_notes();
}

}  // namespace vestnik::store::sqlite
