#include "log/sqlite/sqlite_reader.h"

#include <fmt/format.h>
#include <iterator>
#include <stdexcept>

#include "log/sqlite/batch_codec.h"
#include "log/sqlite/schema.h"
#include "log/sqlite/segment_reader.h"

namespace vestnik::log::sqlite {
namespace {

using vestnik::sqlite::Connection;
using vestnik::sqlite::Statement;

// What one snapshot reads, so that it is short.
constexpr std::size_t segment_bytes = 2 * 1024 * 1024;

[[noreturn]] void refuse(const TopicPartition& partition, std::string_view damage) {
  throw std::runtime_error(fmt::format(
      "the log can't be read: topic {}, partition {}: {}; restore the data directory from a backup",
      partition.topic, partition.partition, damage));
}

// The records of `batch` from `offset` to before `end`; the offset after the last of them.
std::int64_t give(const Batch& batch, std::int64_t offset, const PartitionRange& range,
                  const Reader::Take& take) {
  BatchReader records(batch.records);
  for (std::int64_t at = batch.base_offset; at < batch.end_offset() && at < range.end; ++at) {
    const auto record = records.next();
    if (!record)
      refuse(range.partition, fmt::format("offset {} is damaged ({})", at, to_string(record.error())));
    if (at >= offset) take(at, *record);
  }
  return batch.end_offset();
}

}  // namespace

SqliteReader::SqliteReader(vestnik::sqlite::ReadOnlyFile& file)
    : file_(file), has_tables_(file.has("log", std::size(migrations))) {}

std::optional<SqliteReader::Topic> SqliteReader::find(const std::string& topic) {
  std::optional<Topic> found;
  if (!has_tables_) return found;
  file_.read([&](Connection& connection) {
    Statement select = connection.prepare("SELECT id, partitions FROM log_topic WHERE name = ?");
    if (select.bind(1, topic).step())
      found = Topic{select.integer(0), static_cast<std::int32_t>(select.integer(1))};
  });
  return found;
}

std::vector<PartitionRange> SqliteReader::partitions(const std::string& topic) {
  std::vector<PartitionRange> ranges;
  const auto known = find(topic);
  if (!known) return ranges;
  file_.read([&](Connection& connection) {
    Statement oldest =
        connection.prepare("SELECT id FROM log_batch WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 1");
    Statement newest = connection.prepare(
        "SELECT id, count FROM log_batch WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1");
    for (std::int32_t partition = 0; partition < known->partitions; ++partition) {
      PartitionRange& range = ranges.emplace_back(TopicPartition{topic, partition});
      for (Statement* statement : {&oldest, &newest})
        statement->bind(1, batch_id(known->id, partition, 0))
            .bind(2, batch_id(known->id, partition, offset_mask));
      if (oldest.step()) range.first = oldest.integer(0) & offset_mask;
      if (newest.step()) range.end = (newest.integer(0) & offset_mask) + newest.integer(1);
      oldest.reset();
      newest.reset();
    }
  });
  return ranges;
}

std::map<std::int32_t, std::int64_t> SqliteReader::committed(const std::string& group,
                                                             const std::string& topic) {
  std::map<std::int32_t, std::int64_t> offsets;
  const auto known = find(topic);
  if (!known) return offsets;
  file_.read([&](Connection& connection) {
    Statement select = connection.prepare(
        "SELECT partition, next_offset FROM log_commit WHERE consumer_group = ? AND topic_id = ?");
    for (select.bind(1, group).bind(2, known->id); select.step();)
      offsets[static_cast<std::int32_t>(select.integer(0))] = select.integer(1);
  });
  return offsets;
}

void SqliteReader::read(const PartitionRange& range, const Take& take) {
  const auto known = find(range.partition.topic);
  for (std::int64_t offset = range.first; known && offset < range.end;) {
    Segment segment;
    file_.read([&](Connection& connection) {
      segment = read_segment(connection, known->id, range.partition.partition, offset, segment_bytes);
    });
    for (const BatchPtr& batch : segment.batches)
      if (offset < range.end) offset = give(*batch, offset, range, take);
    if (!segment.damage.empty() && offset < range.end) refuse(range.partition, segment.damage);
  }
}

}  // namespace vestnik::log::sqlite
