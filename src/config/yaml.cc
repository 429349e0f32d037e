#include "config/yaml.h"

#include <algorithm>
#include <fmt/format.h>
#include <sstream>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

namespace vestnik::config::yaml {
namespace {

// Ends parsing from inside a handler; it never leaves this file.
struct Refused {
  Problem problem;
};

class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string& file, std::string_view text) : file_(file), text_(text) {}

  Node root;
  Problems problems;  // those after which reading can go on

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { add(make(Node::Kind::null, mark)); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Refused{at(mark, "aliases (*name) aren't read here: write the value out")};
  }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                const std::string& value) override {
    if (!is_closed(mark)) throw Refused{at(mark, "not YAML: this quote is not closed")};
    Node node = make(Node::Kind::scalar, mark);
    node.text = value;
    add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open(make(Node::Kind::sequence, mark), mark);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    open(make(Node::Kind::map, mark), mark);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Node node;
    std::optional<Member> key;  // map: the key whose value comes next
  };

  Node make(Node::Kind kind, const YAML::Mark& mark) const {
    Node node;
    node.kind = kind;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    return node;
  }

  Problem at(const YAML::Mark& mark, std::string message) const {
    return {file_, mark.line + 1, mark.column + 1, std::move(message)};
  }

  // yaml-cpp 0.7 takes the end of the file for the closing quote when a line end stands before it.
  bool is_closed(const YAML::Mark& mark) const {
    std::size_t i = static_cast<std::size_t>(mark.pos);
    if (i >= text_.size() || (text_[i] != '\'' && text_[i] != '"')) return true;
    const char quote = text_[i];
    for (++i; i < text_.size(); ++i) {
      const bool doubled = quote == '\'' && text_.substr(i).starts_with("''");
      const bool escaped = quote == '"' && text_[i] == '\\';
      if (doubled || escaped)
        ++i;
      else if (text_[i] == quote)
        return true;
    }
    return false;
  }

  void open(Node node, const YAML::Mark& mark) {
    if (open_.size() >= depth_max)
      throw Refused{at(mark, fmt::format("nested deeper than {} levels", depth_max))};
    open_.push_back({std::move(node), std::nullopt});
  }

  void close() {
    Node node = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(node));
  }

  void add(Node node) {
    if (open_.empty()) {
      root = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == Node::Kind::sequence) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      if (node.kind != Node::Kind::scalar)
        throw Refused{{file_, node.line, node.column, fmt::format("{} can't be a key", describe(node.kind))}};
      parent.key = Member{std::move(node.text), node.line, node.column, {}};
    } else {
      add_member(parent, std::move(node));
    }
  }

  void add_member(Open& parent, Node value) {
    Member member = std::move(*parent.key);
    parent.key.reset();
    member.value = std::move(value);
    if (const Member* first = parent.node.find(member.key))
      problems.push_back(
          {file_, member.line, member.column,
           fmt::format("\"{}\" stands here twice, first in line {}", member.key, first->line)});
    else
      parent.node.members.push_back(std::move(member));
  }

  const std::string& file_;
  std::string_view text_;
  std::vector<Open> open_;
};

// yaml-cpp takes a tab for text in places where the reader sees an indentation.
Problems tabs_in_indentation(const std::string& file, std::string_view text) {
  Problems problems;
  int line = 1;
  for (std::size_t start = 0; start < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view content = text.substr(start, end - start);
    const std::size_t tab = content.find('\t');
    const std::size_t first = content.find_first_not_of(" \t\r");
    if (tab < first && first != std::string_view::npos && content[first] != '#')
      problems.push_back(
          {file, line, static_cast<int>(tab) + 1, "a tab in the indentation; YAML takes spaces only"});
    start = end + 1;
  }
  return problems;
}

}  // namespace

const Member* Node::find(std::string_view key) const {
  const auto member = std::ranges::find(members, key, &Member::key);
  return member == members.end() ? nullptr : &*member;
}

std::string_view describe(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::null: return "nothing";
    case Node::Kind::scalar: return "a single value";
    case Node::Kind::sequence: return "a list";
    case Node::Kind::map: return "a map";
  }
  return "";
}

Result<Node, Problems> parse(const std::string& file, std::string_view text) {
  if (text.size() > file_bytes_max)
    return std::unexpected(Problems{{file, 0, 0, fmt::format("larger than {} bytes", file_bytes_max)}});
  if (constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF"; text.starts_with(byte_order_mark))
    text.remove_prefix(byte_order_mark.size());
  if (Problems tabs = tabs_in_indentation(file, text); !tabs.empty()) return std::unexpected(std::move(tabs));

  TreeBuilder builder(file, text);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    if (parser.HandleNextDocument(builder)) {
      Node first = std::move(builder.root);
      if (parser.HandleNextDocument(builder))
        builder.problems.push_back({file, builder.root.line, builder.root.column, "a second document (---)"});
      builder.root = std::move(first);
    }
  } catch (const Refused& refused) {
    builder.problems.push_back(refused.problem);
  } catch (const YAML::Exception& error) {
    builder.problems.push_back({file, error.mark.line + 1, error.mark.column + 1, "not YAML: " + error.msg});
  }
  if (!builder.problems.empty()) return std::unexpected(std::move(builder.problems));
  return std::move(builder.root);
}

}  // namespace vestnik::config::yaml
