#include "log/sqlite/batch_codec.h"

#include <algorithm>
#include <cstring>

#include "log/sqlite/crc32c.h"

namespace vestnik::log::sqlite {
namespace {

constexpr char version = 1;
constexpr std::size_t prefix_bytes = 5;
constexpr std::size_t varint_bytes_max = 5;

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
  if (bytes_.empty()) bytes_.assign(prefix_bytes, '\0');
  put_text(bytes_, record.key);
  put_text(bytes_, record.value);
  put_number(bytes_, record.headers.size());
  for (const Header& header : record.headers) {
    put_text(bytes_, header.name);
    put_text(bytes_, header.value);
  }
  ++count_;
}

std::string BatchWriter::seal() && {
  if (bytes_.empty()) bytes_.assign(prefix_bytes, '\0');
  bytes_[0] = version;
  const std::uint32_t crc = crc32c(std::string_view(bytes_).substr(prefix_bytes));
  std::memcpy(bytes_.data() + 1, &crc, sizeof crc);
  return std::move(bytes_);
}

std::expected<void, Damage> verify(std::string_view bytes) {
  if (bytes.size() < prefix_bytes) return std::unexpected(Damage::too_short);
  if (bytes[0] != version) return std::unexpected(Damage::unknown_version);
  std::uint32_t crc = 0;
  std::memcpy(&crc, bytes.data() + 1, sizeof crc);
  if (crc != crc32c(bytes.substr(prefix_bytes))) return std::unexpected(Damage::checksum);
  return {};
}

BatchReader::BatchReader(std::string_view bytes)
    : rest_(bytes.substr(std::min(prefix_bytes, bytes.size()))) {}

bool BatchReader::take_number(std::uint32_t& number) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < varint_bytes_max && i < rest_.size(); ++i) {
    const auto byte = static_cast<unsigned char>(rest_[i]);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << 7 * i;
    if (byte & 0x80) continue;
    if (value > UINT32_MAX) return false;
    rest_.remove_prefix(i + 1);
    number = static_cast<std::uint32_t>(value);
    return true;
  }
  return false;
}

bool BatchReader::take_text(std::string& text) {
  std::uint32_t size = 0;
  if (!take_number(size) || size > rest_.size()) return false;
  text.assign(rest_.substr(0, size));
  rest_.remove_prefix(size);
  return true;
}

std::expected<Record, Damage> BatchReader::next() {
  Record record;
  std::uint32_t headers = 0;
  if (!take_text(record.key) || !take_text(record.value) || !take_number(headers))
    return std::unexpected(Damage::structure);
  // A header takes two bytes at least, so a wrong number can't make us allocate much.
  if (headers > rest_.size() / 2) return std::unexpected(Damage::structure);
  record.headers.resize(headers);
  for (Header& header : record.headers)
    if (!take_text(header.name) || !take_text(header.value)) return std::unexpected(Damage::structure);
  return record;
}

}  // namespace vestnik::log::sqlite
