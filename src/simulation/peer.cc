#include "simulation/peer.h"

#include <charconv>
#include <fmt/format.h>

namespace vestnik::simulation {

std::string Tag::text() const { return fmt::format("{} {} {}", life, part, notification); }

std::optional<Tag> Tag::parse(std::string_view text) {
  Tag tag;
  const char* const end = text.end();
  const auto first = std::from_chars(text.begin(), end, tag.life);
  if (first.ec != std::errc() || first.ptr == end) return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, end, tag.part);
  if (second.ec != std::errc() || second.ptr == end) return std::nullopt;
  tag.notification = std::string(second.ptr + 1, end);
  return tag;
}

}  // namespace vestnik::simulation
