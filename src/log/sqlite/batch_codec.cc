#include "log/sqlite/batch_codec.h"

#include <array>
#include <cstring>
#include <lz4.h>

#include "log/sqlite/crc32c.h"

namespace vestnik::log::sqlite {
namespace {

constexpr char plain = 1, lz4 = 2;
constexpr std::size_t prefix_bytes = 5;
constexpr std::size_t varint_bytes_max = 5;
// One record alone is hardly worth it.
constexpr std::size_t compressed_from_bytes = 1024;
// LZ4's own limit: a byte of a block stands for 255 at most.
constexpr std::size_t lz4_factor_max = 255;

void put_number(std::string& out, std::size_t number) {
  while (number >= 0x80) {
    out.push_back(static_cast<char>(number | 0x80));
    number >>= 7;
  }
  out.push_back(static_cast<char>(number));
}

void put_text(std::string& out, std::string_view text) {
  put_number(out, text.size());
  out.append(text);
}

bool take_number(std::string_view& rest, std::uint32_t& number) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < varint_bytes_max && i < rest.size(); ++i) {
    const auto byte = static_cast<unsigned char>(rest[i]);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << 7 * i;
    if (byte & 0x80) continue;
    if (value > UINT32_MAX) return false;
    rest.remove_prefix(i + 1);
    number = static_cast<std::uint32_t>(value);
    return true;
  }
  return false;
}

// Records of one batch are alike: what does not help with the first of them helps with none.
bool is_worth_compressing(std::string_view records) {
  if (records.size() < compressed_from_bytes || records.size() > LZ4_MAX_INPUT_SIZE) return false;
  constexpr std::size_t probe_max = 4096;
  const std::string_view probe = records.substr(0, probe_max);
  std::array<char, probe_max> block;
  return LZ4_compress_default(probe.data(), block.data(), static_cast<int>(probe.size()),
                              static_cast<int>(probe.size() - probe.size() / 8)) > 0;
}

bool append_compressed(std::string_view records, std::string& bytes) {
  put_number(bytes, records.size());
  const std::size_t head = bytes.size();
  bytes.resize(head + records.size());
  const int size = LZ4_compress_default(records.data(), bytes.data() + head, static_cast<int>(records.size()),
                                        static_cast<int>(records.size()));
  bytes.resize(head + static_cast<std::size_t>(size));
  return size > 0;
}

std::expected<std::string, Damage> decompress(std::string_view block) {
  std::uint32_t size = 0;
  if (!take_number(block, size) || size > block.size() * lz4_factor_max || size > LZ4_MAX_INPUT_SIZE)
    return std::unexpected(Damage::structure);
  std::string records(size, '\0');
  const int taken = LZ4_decompress_safe(block.data(), records.data(), static_cast<int>(block.size()),
                                        static_cast<int>(size));
  if (taken < 0 || static_cast<std::uint32_t>(taken) != size) return std::unexpected(Damage::structure);
  return records;
}

}  // namespace

std::string_view to_string(Damage damage) {
  switch (damage) {
    case Damage::too_short: return "too short";
    case Damage::unknown_version: return "unknown format version";
    case Damage::checksum: return "checksum does not match";
    case Damage::structure: return "lengths do not match";
  }
  return "";
}

std::size_t encoded_bytes_max(const Record& record) {
  std::size_t size = record.key.size() + record.value.size() + 3 * varint_bytes_max;
  for (const Header& header : record.headers)
    size += header.name.size() + header.value.size() + 2 * varint_bytes_max;
  return size;
}

void BatchWriter::add(const Record& record) {
  put_text(bytes_, record.key);
  put_text(bytes_, record.value);
  put_number(bytes_, record.headers.size());
  for (const Header& header : record.headers) {
    put_text(bytes_, header.name);
    put_text(bytes_, header.value);
  }
  ++count_;
}

void seal(std::string_view records, std::string& bytes) {
  bytes.assign(prefix_bytes, '\0');
  bytes[0] = is_worth_compressing(records) && append_compressed(records, bytes) ? lz4 : plain;
  if (bytes[0] == plain) bytes.replace(prefix_bytes, bytes.npos, records);
  const std::uint32_t crc = crc32c(std::string_view(bytes).substr(prefix_bytes));
  std::memcpy(bytes.data() + 1, &crc, sizeof crc);
}

std::expected<std::string, Damage> unseal(std::string_view bytes) {
  if (bytes.size() < prefix_bytes) return std::unexpected(Damage::too_short);
  if (bytes[0] != plain && bytes[0] != lz4) return std::unexpected(Damage::unknown_version);
  std::uint32_t crc = 0;
  std::memcpy(&crc, bytes.data() + 1, sizeof crc);
  const std::string_view rest = bytes.substr(prefix_bytes);
  if (crc != crc32c(rest)) return std::unexpected(Damage::checksum);
  return bytes[0] == plain ? std::string(rest) : decompress(rest);
}

bool BatchReader::take_text(std::string& text) {
  std::uint32_t size = 0;
  if (!take_number(rest_, size) || size > rest_.size()) return false;
  text.assign(rest_.substr(0, size));
  rest_.remove_prefix(size);
  return true;
}

std::expected<Record, Damage> BatchReader::next() {
  Record record;
  std::uint32_t headers = 0;
  if (!take_text(record.key) || !take_text(record.value) || !take_number(rest_, headers))
    return std::unexpected(Damage::structure);
  // A header takes two bytes at least, so a wrong number can't make us allocate much.
  if (headers > rest_.size() / 2) return std::unexpected(Damage::structure);
  record.headers.resize(headers);
  for (Header& header : record.headers)
    if (!take_text(header.name) || !take_text(header.value)) return std::unexpected(Damage::structure);
  return record;
}

}  // namespace vestnik::log::sqlite
