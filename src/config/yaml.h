// YAML as configuration needs it: a tree of text that knows where each part stands. Aliases, several
// documents, keys that aren't plain text, tabs in the indentation, and duplicate keys are errors.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/problem.h"

namespace vestnik::config::yaml {

inline constexpr std::size_t file_bytes_max = 1024 * 1024;
inline constexpr std::size_t depth_max = 32;

struct Member;

struct Node {
  enum class Kind { null, scalar, sequence, map };
  Kind kind = Kind::null;
  int line = 1;
  int column = 1;
  std::string text;             // scalar
  std::vector<Node> items;      // sequence
  std::vector<Member> members;  // map, in the file's order; keys are unique

  const Member* find(std::string_view key) const;
};

struct Member {
  std::string key;
  int line = 1;
  int column = 1;
  Node value;
};

// One document; `file` only names it in problems. An empty document is a null node.
Result<Node, Problems> parse(const std::string& file, std::string_view text);

// "a list", "a map", "a value", "nothing": for messages.
std::string_view describe(Node::Kind kind);

}  // namespace vestnik::config::yaml
