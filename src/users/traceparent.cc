#include "users/traceparent.h"

#include <algorithm>
#include <fmt/format.h>

namespace vestnik::users {
namespace {

bool is_lower_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view text) { return text.find_first_not_of('0') == text.npos; }

}  // namespace

// Section 3.2: version, trace-id, parent-id and flags; a later version may go on after another hyphen.
bool is_traceparent(std::string_view text) {
  constexpr std::size_t size = 55;
  if (text.size() < size || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
  const std::string_view version = text.substr(0, 2);
  const std::string_view trace_id = text.substr(3, 32);
  const std::string_view parent_id = text.substr(36, 16);
  if (!is_lower_hex(version) || version == "ff" || !is_lower_hex(trace_id) || is_zero(trace_id) ||
      !is_lower_hex(parent_id) || is_zero(parent_id) || !is_lower_hex(text.substr(53, 2)))
    return false;
  // Bounded, since it is carried along in every record.
  return text.size() == size || (version != "00" && text[size] == '-' && text.size() <= 256);
}

std::string traceparent_or_new(std::string_view given, Random& random) {
  if (is_traceparent(given)) return std::string(given);
  // "| 1": an id of zeros is not one.
  return fmt::format("00-{:016x}{:016x}-{:016x}-01", random.next(), random.next() | 1, random.next() | 1);
}

}  // namespace vestnik::users
