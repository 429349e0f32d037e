#include <array>
#include <fmt/format.h>

#include "planning/mustache.h"

namespace vestnik::planning {
namespace {

bool is_truthy(const json::value* value) {
  if (!value) return false;
  switch (value->kind()) {
    case json::kind::null: return false;
    case json::kind::bool_: return value->get_bool();
    case json::kind::string: return !value->get_string().empty();
    case json::kind::array: return !value->get_array().empty();
    default: return true;
  }
}

std::string number_text(const json::value& value) {
  switch (value.kind()) {
    case json::kind::int64: return std::to_string(value.get_int64());
    case json::kind::uint64: return std::to_string(value.get_uint64());
    case json::kind::double_: return fmt::format("{}", value.get_double());
    case json::kind::bool_: return value.get_bool() ? "true" : "false";
    default: return "";
  }
}

// What a link in a message may begin with; anything else (javascript:, data:) becomes "#". A URL without a
// scheme is no use in an e-mail and passes as harmless.
bool is_harmless_url(std::string_view url) {
  constexpr std::array<std::string_view, 4> schemes{"https", "http", "mailto", "tel"};
  // A browser skips tabs, line ends and leading control characters when it looks for the scheme (WHATWG
  // URL, 4.4).
  std::string scheme;
  for (const char c : url) {
    if (static_cast<unsigned char>(c) <= 0x20) continue;
    if (c == '/' || c == '?' || c == '#') return true;
    if (c == ':') {
      for (const std::string_view allowed : schemes)
        if (scheme == allowed) return true;
      return false;
    }
    scheme += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return true;
}

}  // namespace

class MustacheRenderer {
 public:
  MustacheRenderer(const Mustache& compiled, std::span<const json::object* const> data, std::size_t bytes_max)
      : program_(compiled.program_), data_(data), bytes_max_(bytes_max) {}

  Result<std::string, Failure<RenderError>> run() {
    run(0, program_.size());
    if (!failure_) return std::move(out_);
    switch (*failure_) {
      case RenderError::too_large:
        return fail(RenderError::too_large, fmt::format("larger than {} bytes", bytes_max_));
      case RenderError::too_many_steps:
        return fail(RenderError::too_many_steps, fmt::format("more than {} steps", Mustache::steps_max));
    }
    return fail(*failure_, "");
  }

 private:
  // Its depth is bounded by Mustache::depth_max, since partials are compiled in.
  void run(std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end && !failure_; ++i) {
      if (++steps_ > Mustache::steps_max) {
        failure_ = RenderError::too_many_steps;
        return;
      }
      const Mustache::Instruction& instruction = program_[i];
      switch (instruction.operation) {
        case Mustache::Operation::literal: append(instruction.text); break;
        case Mustache::Operation::variable: variable(instruction); break;
        case Mustache::Operation::section:
          section(instruction, i + 1);
          i = instruction.end - 1;
          break;
        case Mustache::Operation::inverted:
          if (!is_truthy(find(instruction.name))) run(i + 1, instruction.end);
          i = instruction.end - 1;
          break;
      }
    }
  }

  void section(const Mustache::Instruction& instruction, std::size_t begin) {
    const json::value* value = find(instruction.name);
    if (!is_truthy(value)) return;
    if (!value->is_array()) {
      values_.push_back(value);
      run(begin, instruction.end);
      values_.pop_back();
      return;
    }
    for (const json::value& item : value->get_array()) {
      if (++steps_ > Mustache::steps_max) failure_ = RenderError::too_many_steps;
      if (failure_) return;
      values_.push_back(&item);
      run(begin, instruction.end);
      values_.pop_back();
    }
  }

  void variable(const Mustache::Instruction& instruction) {
    const json::value* value = find(instruction.name);
    if (!value) return;
    if (!value->is_string()) return append(number_text(*value));
    const std::string_view text = value->get_string();
    switch (instruction.escape) {
      case Mustache::Escape::none: return append(text);
      case Mustache::Escape::html: return append_escaped(text);
      case Mustache::Escape::url: return append_escaped(is_harmless_url(text) ? text : "#");
    }
  }

  const json::value* find(const std::vector<std::string>& name) const {
    if (name.empty()) return values_.empty() ? nullptr : values_.back();
    const json::value* value = find_first(name.front());
    for (std::size_t i = 1; i < name.size() && value; ++i)
      value = value->is_object() ? value->get_object().if_contains(name[i]) : nullptr;
    return value;
  }

  const json::value* find_first(std::string_view name) const {
    for (auto value = values_.rbegin(); value != values_.rend(); ++value) {
      if (!(*value)->is_object()) continue;
      if (const json::value* member = (*value)->get_object().if_contains(name)) return member;
    }
    for (const json::object* object : data_)
      if (const json::value* member = object->if_contains(name)) return member;
    return nullptr;
  }

  void append(std::string_view text) {
    if (text.size() > bytes_max_ - out_.size())
      failure_ = RenderError::too_large;
    else
      out_ += text;
  }

  void append_escaped(std::string_view text) {
    for (std::size_t at = 0; at < text.size() && !failure_;) {
      const std::size_t special = std::min(text.find_first_of("&<>\"'`", at), text.size());
      append(text.substr(at, special - at));
      if (special < text.size() && !failure_) append(entity(text[special]));
      at = special + 1;
    }
  }

  static std::string_view entity(char c) {
    switch (c) {
      case '&': return "&amp;";
      case '<': return "&lt;";
      case '>': return "&gt;";
      case '"': return "&quot;";
      case '\'': return "&#39;";
      default: return "&#96;";
    }
  }

  const std::vector<Mustache::Instruction>& program_;
  std::span<const json::object* const> data_;
  std::size_t bytes_max_;
  std::vector<const json::value*> values_;  // of the sections around, innermost last
  std::string out_;
  std::size_t steps_ = 0;
  std::optional<RenderError> failure_;
};

Result<std::string, Failure<RenderError>> Mustache::render(std::span<const json::object* const> data,
                                                           std::size_t bytes_max) const {
  return MustacheRenderer(*this, data, bytes_max).run();
}

}  // namespace vestnik::planning
