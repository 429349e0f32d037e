#include "store/recipient.h"

#include <algorithm>

#include "base/ids.h"
#include "base/text.h"

namespace vestnik::store {
namespace {

constexpr std::string_view dot = "•";
// A number this short would be guessed from its ends.
constexpr std::size_t number_shown_min = 9;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string dots(int count) {
  std::string out;
  while (count-- > 0) out += dot;
  return out;
}

// Its bytes: the first, and those that go on with it (RFC 3629).
std::string_view first_character(std::string_view text) {
  std::size_t size = 1;
  while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) ++size;
  return text.substr(0, size);
}

std::string normal(std::string_view to) {
  std::string out;
  const bool address = to.find('@') != to.npos;
  for (const char c : to)
    if (address || is_digit(c) || (c == '+' && out.empty())) out += lower(c);
  return out.empty() ? std::string(to) : out;
}

}  // namespace

std::string masked_recipient(std::string_view to) {
  if (to.empty()) return {};
  if (const std::size_t at = to.rfind('@'); at != to.npos) {
    std::string out(at == 0 ? "" : first_character(to));
    return out.append(dots(3)).append(to.substr(at));
  }
  if (to.size() < number_shown_min || !std::ranges::all_of(to.substr(1), is_digit)) return dots(5);
  return std::string(to.substr(0, 2)).append(dots(5)).append(to.substr(to.size() - 4));
}

std::int64_t recipient_digest(std::string_view to) {
  if (to.empty()) return 0;
  const Uuid hash = uuid_v8({normal(to)});
  // The second half: 62 bits of the hash, and the two that say which kind of UUID it is, so it is never 0.
  std::uint64_t digest = 0;
  for (std::size_t i = 8; i < hash.bytes.size(); ++i) digest = digest << 8 | hash.bytes[i];
  return static_cast<std::int64_t>(digest);
}

}  // namespace vestnik::store
