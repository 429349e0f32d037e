// For tests: keeps what it is given.
#pragma once

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "trace/span.h"

namespace vestnik::trace {

class KeepingSink final : public Sink {
 public:
  void take(EndedSpan span) override { spans.push_back(std::move(span)); }

  // The first of that name; none: a span without a name.
  EndedSpan find(std::string_view name) const {
    const auto found = std::ranges::find(spans, name, &EndedSpan::name);
    return found == spans.end() ? EndedSpan{} : *found;
  }

  std::vector<EndedSpan> spans;
};

// Its value as text; empty: it has none.
inline std::string attribute(const EndedSpan& span, std::string_view key) {
  const auto found = std::ranges::find(span.attributes, key, &Attribute::key);
  if (found == span.attributes.end()) return {};
  if (const auto* number = std::get_if<std::int64_t>(&found->value)) return std::to_string(*number);
  return std::get<std::string>(found->value);
}

}  // namespace vestnik::trace
