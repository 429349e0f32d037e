#include <algorithm>
#include <tuple>

#include "store/codes.h"
#include "store/delivery_state.h"
#include "store/packed.h"
#include "store/sqlite/ledger.h"

namespace vestnik::store::sqlite {

// The row's epoch is that of its last change; a claim raises it for all rows of the partition at once by one
// row in ledger_owners, however many are pending.
const std::string delivery_columns =
    "SELECT l.id, l.meta, coalesce(l.content, c.content, x''), l.state, l.partition, max(l.epoch, "
    "coalesce(o.epoch, "
    "l.epoch)), "
    "l.attempt, l.due_at, l.provider, l.progress, l.answer, l.updated_at, l.retried_after, l.place FROM "
    "ledger l "
    "LEFT JOIN ledger_content c ON c.seq = l.seq "
    "LEFT JOIN ledger_owners o ON o.channel = l.channel AND o.partition = l.partition ";

namespace {

// A place may be that of another record only if the file is not the one the row was written in.
void add_content(Notification& notification, Connection& connection, std::int64_t place,
                 const LogInFilePtr& log) {
  if (!log) throw DamagedValue("the content of a stored delivery is in a log that is not there");
  auto kept = decode_notification(log->record_at(connection, place));
  if (!kept || kept->id != notification.id)
    throw DamagedValue("the log has something else where the content of a stored delivery should be");
  notification.to = std::move(kept->to);
  notification.subject = std::move(kept->subject);
  notification.text = std::move(kept->text);
  notification.html = std::move(kept->html);
}

}  // namespace

Delivery delivery_of(Connection& connection, const Statement& row, const LogInFilePtr& log) {
  Delivery d;
  d.notification = unpack_notification(row.blob(0), row.blob(1), row.blob(2));
  d.state = delivery_state_of(row.integer(3));
  d.owner = {static_cast<std::int32_t>(row.integer(4)), row.integer(5)};
  d.attempt = static_cast<int>(row.integer(6));
  d.due_at = from_unix_us(row.integer(7));
  d.provider = row.blob(8);
  d.progress = row.blob(9);
  d.answer = row.blob(10);
  d.updated_at = from_unix_us(row.integer(11));
  if (!row.is_null(12)) d.retried_after = static_cast<int>(row.integer(12));
  if (!row.is_null(13) && content_is_needed(d.state))
    add_content(d.notification, connection, row.integer(13), log);
  return d;
}

namespace {

const std::string sending_deliveries =
    delivery_columns + "WHERE l.state = 1 AND l.channel = ?1 AND l.partition = ?2";
const std::string delivery_by_seq = delivery_columns + "WHERE l.seq = ?1";
const std::string delivery_by_id = delivery_columns + "WHERE l.id = ?1";

Ledger::Claimed claim_all(Connection& connection, const LogInFilePtr& log, Channel channel,
                          const std::vector<Owner>& owners) {
  Statement upsert = connection.prepare(
      "INSERT INTO ledger_owners (channel, partition, epoch) VALUES (?1, ?2, ?3) ON CONFLICT (channel, "
      "partition) "
      "DO UPDATE SET epoch = excluded.epoch WHERE epoch <= excluded.epoch RETURNING epoch");
  Statement in_force =
      connection.prepare("SELECT epoch FROM ledger_owners WHERE channel = ?1 AND partition = ?2");
  Statement select = connection.prepare(sending_deliveries);
  Ledger::Claimed claimed;
  for (const Owner& owner : owners) {
    const bool ours = upsert.bind(1, code(channel)).bind(2, owner.partition).bind(3, owner.epoch).step();
    upsert.reset();
    if (!ours) {
      if (in_force.bind(1, code(channel)).bind(2, owner.partition).step())
        claimed.newer.push_back({owner.partition, in_force.integer(0)});
      in_force.reset();
      continue;
    }
    for (select.bind(1, code(channel)).bind(2, owner.partition); select.step();)
      claimed.open.push_back(delivery_of(connection, select, log));
    select.reset();
  }
  return claimed;
}

std::vector<Delivery> due_now(Connection& connection, const LogInFilePtr& log, Channel channel,
                              const std::vector<std::int32_t>& partitions, Timestamp due_before,
                              std::size_t limit) {
  // Each partition's first rows come from the index alone; only those that are wanted in the end are read
  // whole.
  Statement first = connection.prepare(
      "SELECT due_at, seq FROM ledger WHERE state = 0 AND channel = ?1 AND partition = ?2 AND due_at <= ?3 "
      "ORDER BY due_at, seq LIMIT ?4");
  std::vector<std::pair<std::int64_t, std::int64_t>> order;
  for (const std::int32_t partition : partitions) {
    first.bind(1, code(channel)).bind(2, partition).bind(3, to_unix_us(due_before));
    for (first.bind(4, static_cast<std::int64_t>(limit)); first.step();)
      order.emplace_back(first.integer(0), first.integer(1));
    first.reset();
  }
  std::ranges::sort(order);
  order.resize(std::min(order.size(), limit));
  Statement whole = connection.prepare(delivery_by_seq);
  std::vector<Delivery> deliveries;
  deliveries.reserve(order.size());
  for (const auto& [due_at, seq] : order) {
    if (whole.bind(1, seq).step()) deliveries.push_back(delivery_of(connection, whole, log));
    whole.reset();
  }
  return deliveries;
}

std::vector<Step> untold_now(Connection& connection, Channel channel,
                             const std::vector<std::int32_t>& partitions, std::size_t limit) {
  // The outbox holds what was written in the last moments; reading all of it in order beats an index on every
  // insert.
  Statement select = connection.prepare("SELECT partition, step FROM outbox WHERE channel = ?1 ORDER BY seq");
  std::vector<Step> steps;
  select.bind(1, code(channel));
  while (steps.size() < limit && select.step())
    if (std::ranges::find(partitions, select.integer(0)) != partitions.end())
      steps.push_back(unpack_step(select.blob(1)));
  return steps;
}

}  // namespace

void SqliteLedger::claim(Channel channel, std::vector<Owner> owners, Done<Claimed> done) {
  gate_.write<Claimed>([channel, owners = std::move(owners), log = log_](
                           Connection& connection) { return claim_all(connection, log, channel, owners); },
                       std::move(done));
}

void SqliteLedger::due(Channel channel, std::vector<std::int32_t> partitions, Timestamp due_before,
                       std::size_t limit, Done<std::vector<Delivery>> done) {
  gate_.read<std::vector<Delivery>>(
      [channel, partitions = std::move(partitions), due_before, limit, log = log_](Connection& connection) {
        return due_now(connection, log, channel, partitions, due_before, limit);
      },
      std::move(done));
}

void SqliteLedger::next_due(Channel channel, std::vector<std::int32_t> partitions,
                            Done<std::optional<Timestamp>> done) {
  gate_.read<std::optional<Timestamp>>(
      [channel, partitions = std::move(partitions)](Connection& connection) {
        Statement select = connection.prepare(
            "SELECT min(due_at) FROM ledger WHERE state = 0 AND channel = ?1 AND partition = ?2");
        std::optional<Timestamp> next;
        for (const std::int32_t partition : partitions) {
          select.bind(1, code(channel)).bind(2, partition).step();
          if (!select.is_null(0)) {
            const Timestamp due_at = from_unix_us(select.integer(0));
            next = next ? std::min(*next, due_at) : due_at;
          }
          select.reset();
        }
        return next;
      },
      std::move(done));
}

// A write, so that what `told` has noted is gone before.
void SqliteLedger::untold(Channel channel, std::vector<std::int32_t> partitions, std::size_t limit,
                          Done<std::vector<Step>> done) {
  gate_.write<std::vector<Step>>(
      [channel, partitions = std::move(partitions), limit](Connection& connection) {
        return untold_now(connection, channel, partitions, limit);
      },
      std::move(done));
}

void SqliteLedger::find(const NotificationId& id, Done<std::optional<Delivery>> done) {
  gate_.read<std::optional<Delivery>>(
      [id = pack_id(id.value), log = log_](Connection& connection) -> std::optional<Delivery> {
        Statement select = connection.prepare(delivery_by_id);
        if (!select.bind_blob(1, id).step()) return std::nullopt;
        return delivery_of(connection, select, log);
      },
      std::move(done));
}

}  // namespace vestnik::store::sqlite
