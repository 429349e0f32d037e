#include "log/sqlite/segment_reader.h"

#include <fmt/format.h>

#include "log/sqlite/batch_codec.h"
#include "log/sqlite/schema.h"

namespace vestnik::log::sqlite {

Segment read_segment(vestnik::sqlite::Connection& connection, std::int64_t topic_id, std::int32_t partition,
                     std::int64_t offset, std::size_t bytes) {
  Segment segment;
  const std::int64_t wanted = batch_id(topic_id, partition, offset);
  std::int64_t first = wanted;
  auto holder =
      connection.prepare("SELECT id FROM log_batch WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1");
  if (holder.bind(1, batch_id(topic_id, partition, 0)).bind(2, wanted).step()) first = holder.integer(0);

  auto rows =
      connection.prepare("SELECT id, count, records FROM log_batch WHERE id BETWEEN ? AND ? ORDER BY id");
  rows.bind(1, first).bind(2, batch_id(topic_id, partition, offset_mask));
  std::size_t taken = 0;
  while (taken < bytes && rows.step()) {
    const std::int64_t base_offset = rows.integer(0) & offset_mask;
    const auto count = static_cast<std::uint32_t>(rows.integer(1));
    if (base_offset + count <= offset) continue;
    auto records = unseal(rows.blob(2));
    if (!records) {
      segment.damage = fmt::format("offset {} is damaged ({})", base_offset, to_string(records.error()));
      break;
    }
    taken += records->size();
    segment.batches.push_back(std::make_shared<Batch>(Batch{base_offset, count, *std::move(records)}));
  }
  if (segment.batches.empty() && segment.damage.empty())
    segment.damage = fmt::format("offset {} is missing", offset);
  return segment;
}

}  // namespace vestnik::log::sqlite
