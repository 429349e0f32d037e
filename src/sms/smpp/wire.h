// Reading and writing the field types of SMPP 3.4 (section 3.1), bounds checked in one place.
#pragma once

#include <cassert>
#include <cstdint>
#include <string>
#include <string_view>

namespace vestnik::sms::smpp {

inline void put_u8(std::string& out, std::uint8_t value) { out += static_cast<char>(value); }
inline void put_u16(std::string& out, std::uint16_t value) {
  put_u8(out, static_cast<std::uint8_t>(value >> 8));
  put_u8(out, static_cast<std::uint8_t>(value));
}
inline void put_u32(std::string& out, std::uint32_t value) {
  put_u16(out, static_cast<std::uint16_t>(value >> 16));
  put_u16(out, static_cast<std::uint16_t>(value));
}
// A C-octet string of at most `octets_max` octets, the NUL not counted.
inline void put_c_string(std::string& out, std::string_view value, [[maybe_unused]] std::size_t octets_max) {
  assert(value.size() <= octets_max && value.find('\0') == std::string_view::npos);
  out += value;
  out += '\0';
}

// Big endian, from bytes that the caller knows are there.
inline std::uint32_t u32_at(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
  return value;
}

// Takes fields from the front. A read beyond the end makes `failed()` true, gives zero or empty, and so does
// all after it.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  std::uint8_t u8() {
    const std::string_view one = octets(1);
    return one.empty() ? 0 : static_cast<std::uint8_t>(one[0]);
  }
  std::uint16_t u16() {
    const std::uint16_t high = u8();
    return static_cast<std::uint16_t>(high << 8 | u8());
  }
  std::string_view octets(std::size_t count) {
    if (failed_ || count > rest_.size()) {
      failed_ = true;
      return {};
    }
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  // Up to and without the NUL, which must be there.
  std::string_view c_string() {
    const std::size_t end = rest_.find('\0');
    if (end == std::string_view::npos) failed_ = true;
    const std::string_view text = octets(end);
    octets(1);
    return text;
  }
  // As c_string, but the end of the bytes will do for a NUL.
  std::string_view c_string_or_rest() {
    if (rest_.find('\0') != std::string_view::npos) return c_string();
    return octets(rest_.size());
  }

  bool failed() const { return failed_; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace vestnik::sms::smpp
