// The log's tables in the embedded file.
#pragma once

#include <cstdint>

namespace vestnik::log::sqlite {

inline constexpr const char* migrations[] = {
    // A batch's id is topic, partition and base offset in one number, so that one tree holds all partitions,
    // each in
    // order, and needs no second index. `appended_at_us` is for retention: nothing is removed yet.
    "CREATE TABLE log_topic("
    "  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, partitions INTEGER NOT NULL);"
    "CREATE TABLE log_batch("
    "  id INTEGER PRIMARY KEY, count INTEGER NOT NULL, appended_at_us INTEGER NOT NULL, records BLOB NOT "
    "NULL);"
    "CREATE TABLE log_commit("
    "  consumer_group TEXT NOT NULL, topic_id INTEGER NOT NULL, partition INTEGER NOT NULL,"
    "  next_offset INTEGER NOT NULL,"
    "  PRIMARY KEY(consumer_group, topic_id, partition)) WITHOUT ROWID;"
    // Grows with every start, so that epochs do.
    "CREATE TABLE log_start(count INTEGER NOT NULL);"
    "INSERT INTO log_start VALUES (0)",
};

inline constexpr int offset_bits = 40;  // a million millions of records a partition
inline constexpr int partition_bits = 10;
inline constexpr std::int32_t partitions_max = 1 << partition_bits;
inline constexpr std::int64_t offset_mask = (std::int64_t{1} << offset_bits) - 1;

constexpr std::int64_t batch_id(std::int64_t topic_id, std::int32_t partition, std::int64_t offset) {
  return (topic_id << partition_bits | partition) << offset_bits | offset;
}

}  // namespace vestnik::log::sqlite
