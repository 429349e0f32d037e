#include "trace/context.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace vestnik::trace {
namespace {

// Bounded, since it is carried along in every record.
constexpr std::size_t traceparent_bytes_max = 256;
constexpr std::uint64_t sampled_flag = 1;  // section 3.2.2.5.1

// Lower-case digits only (section 3.2.2.1); upper-case ones make the whole header invalid.
std::optional<std::uint64_t> hex_value(std::string_view text) {
  const bool lower =
      std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  std::uint64_t value = 0;
  if (!lower || std::from_chars(text.data(), text.data() + text.size(), value, 16).ec != std::errc())
    return std::nullopt;
  return value;
}

}  // namespace

std::string span_id_text(std::uint64_t id) { return fmt::format("{:016x}", id); }

std::string Context::trace_id() const { return fmt::format("{:016x}{:016x}", trace_id_high, trace_id_low); }

std::string Context::traceparent() const {
  return fmt::format("00-{:016x}{:016x}-{:016x}-0{}", trace_id_high, trace_id_low, span_id, sampled ? 1 : 0);
}

// Version, trace-id, parent-id and flags; a later version may go on after another hyphen.
std::optional<Context> parse_traceparent(std::string_view text) {
  constexpr std::size_t size = 55;
  if (text.size() < size || text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  const auto version = hex_value(text.substr(0, 2));
  const auto high = hex_value(text.substr(3, 16)), low = hex_value(text.substr(19, 16));
  const auto span_id = hex_value(text.substr(36, 16));
  const auto flags = hex_value(text.substr(53, 2));
  if (!version || *version == 0xff || !high || !low || !span_id || !flags) return std::nullopt;
  if ((*high == 0 && *low == 0) || *span_id == 0) return std::nullopt;
  const bool goes_on = *version != 0 && text.size() > size && text[size] == '-';
  if (text.size() != size && (!goes_on || text.size() > traceparent_bytes_max)) return std::nullopt;
  return Context{*high, *low, *span_id, (*flags & sampled_flag) != 0};
}

Context new_context(Random& random, bool sampled) {
  // "| 1": an id of zeros is not one.
  return {random.next(), random.next() | 1, random.next() | 1, sampled};
}

std::string traceparent_or_new(std::string_view given, Random& random) {
  return parse_traceparent(given) ? std::string(given) : new_context(random, false).traceparent();
}

}  // namespace vestnik::trace
