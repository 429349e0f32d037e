// The bytes of a batch of records, as kept in the file and in the cache of the newest batches:
//
//   version (1 byte) | CRC-32C of the rest (4 bytes, little endian) | record | record …
//   record = key | value | number of headers | (name | value) …       each text with its length before it
//
// Lengths and numbers are LEB128 varints of at most 5 bytes. How many records there are stands beside the
// bytes.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "model/record.h"

namespace vestnik::log::sqlite {

enum class Damage {
  too_short,
  unknown_version,
  checksum,   // the bytes are not those that were written
  structure,  // a length points beyond the end, or bytes are left over
};
std::string_view to_string(Damage damage);

// What `record` takes in a batch at most, in bytes.
std::size_t encoded_bytes_max(const Record& record);

class BatchWriter {
 public:
  void add(const Record& record);
  std::uint32_t count() const { return count_; }
  std::size_t size() const { return bytes_.size(); }
  // The finished bytes.
  std::string seal() &&;

 private:
  std::string bytes_;
  std::uint32_t count_ = 0;
};

// Version and checksum are right. `bytes` come from outside: anything goes.
std::expected<void, Damage> verify(std::string_view bytes);

// Reads the records one by one. `bytes` must outlive it, and have passed verify() or come from BatchWriter;
// whatever they are, nothing beyond them is read.
class BatchReader {
 public:
  explicit BatchReader(std::string_view bytes);
  bool at_end() const { return rest_.empty(); }
  std::expected<Record, Damage> next();

 private:
  bool take_number(std::uint32_t& number);
  bool take_text(std::string& text);

  std::string_view rest_;
};

}  // namespace vestnik::log::sqlite
