// Reads a stretch of one partition from the file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "log/sqlite/catalog.h"

namespace vestnik::log::sqlite {

struct Segment {
  std::vector<BatchPtr> batches;  // verified, in order; the first holds the offset asked for
  std::string damage;             // not empty: what comes after them can't be read; where and why
};

// The batches from the one with `offset` on, about `bytes` of them, at least one if there is one.
Segment read_segment(vestnik::sqlite::Connection& connection, std::int64_t topic_id, std::int32_t partition,
                     std::int64_t offset, std::size_t bytes);

}  // namespace vestnik::log::sqlite
