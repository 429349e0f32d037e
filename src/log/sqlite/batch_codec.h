// The bytes of a batch of records. In memory, and in the cache of the newest batches:
//
//   record | record …
//   record = key | value | number of headers | (name | value) …       each text with its length before it
//
// In the file:
//
//   version (1 byte) | CRC-32C of the rest (4 bytes, little endian) | rest
//   version 1: rest = the records
//   version 2: rest = how many bytes they are | the records as one LZ4 block
//
// Lengths and numbers are LEB128 varints of at most 5 bytes. How many records there are stands beside the
// bytes.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "model/record.h"

namespace vestnik::log::sqlite {

enum class Damage {
  too_short,
  unknown_version,
  checksum,   // the bytes are not those that were written
  structure,  // a length points beyond the end, or bytes are left over, or they are no LZ4 block
};
std::string_view to_string(Damage damage);

// What `record` takes in a batch at most, in bytes.
std::size_t encoded_bytes_max(const Record& record);

class BatchWriter {
 public:
  void add(const Record& record);
  std::uint32_t count() const { return count_; }
  std::size_t size() const { return bytes_.size(); }
  std::string records() && { return std::move(bytes_); }

 private:
  std::string bytes_;
  std::uint32_t count_ = 0;
};

// The records as they are kept in the file, compressed where that saves enough; `bytes` had something else.
void seal(std::string_view records, std::string& bytes);

// The records of what seal() made. `bytes` come from outside: anything goes, and no more than 255 times their
// size is allocated.
std::expected<std::string, Damage> unseal(std::string_view bytes);

// Reads the records one by one. `records` must outlive it; whatever they are, nothing beyond them is read.
class BatchReader {
 public:
  explicit BatchReader(std::string_view records) : rest_(records) {}
  bool at_end() const { return rest_.empty(); }
  std::expected<Record, Damage> next();

 private:
  bool take_text(std::string& text);

  std::string_view rest_;
};

}  // namespace vestnik::log::sqlite
