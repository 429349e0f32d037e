// W3C Trace Context, level 1: the `traceparent` header, which says what trace something belongs to and which
// span of it came before.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace vestnik::trace {

struct Context {
  std::uint64_t trace_id_high = 0, trace_id_low = 0;  // not both 0
  std::uint64_t span_id = 0;                          // not 0
  bool sampled = false;                               // whoever came before has recorded it

  std::string trace_id() const;  // 32 lower-case hexadecimal digits
  std::string traceparent() const;

  friend bool operator==(const Context&, const Context&) = default;
};

std::string span_id_text(std::uint64_t id);  // 16 lower-case hexadecimal digits

// None: not valid (section 3.2.2).
std::optional<Context> parse_traceparent(std::string_view text);

// Of a trace that begins here.
Context new_context(Random& random, bool sampled);

// The client's if it is valid, to the byte; otherwise the first one of a new trace that nobody records.
std::string traceparent_or_new(std::string_view given, Random& random);

}  // namespace vestnik::trace
