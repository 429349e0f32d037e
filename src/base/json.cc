#include "base/json.h"

#include <boost/json/basic_parser_impl.hpp>
#include <fmt/format.h>

namespace vestnik {
namespace {

std::optional<Failure<JsonError>> failure_of(const json::error_code& error, std::size_t read) {
  if (error == json::error::too_deep)
    return Failure{JsonError::too_deep, fmt::format("nested deeper than {} levels", json_depth_max)};
  if (error)
    return Failure{JsonError::not_json, fmt::format("not JSON: {} at byte {}", error.message(), read)};
  return std::nullopt;
}

Failure<JsonError> not_an_object() { return {JsonError::not_an_object, "a JSON object is expected"}; }

// What json::basic_parser calls.
class MemberHandler {
 public:
  static constexpr std::size_t max_object_size = -1;
  static constexpr std::size_t max_array_size = -1;
  static constexpr std::size_t max_key_size = -1;
  static constexpr std::size_t max_string_size = -1;
  using Error = json::error_code;
  using View = json::string_view;

  explicit MemberHandler(JsonMembers& members) : members_(members) {}
  bool has_object() const { return has_object_; }

  bool on_document_begin(Error&) { return true; }
  bool on_document_end(Error&) { return true; }
  bool on_object_begin(Error&) {
    ++depth_;
    if (depth_ == 1) {
      has_object_ = true;
    } else if (depth_ == 2 && has_object_) {
      members_.on_object(name_);
      outer_ = name_ + ".";
    } else {
      pass_over();
    }
    return true;
  }
  bool on_object_end(std::size_t, Error&) { return leave(); }
  bool on_array_begin(Error&) {
    ++depth_;
    pass_over();
    return true;
  }
  bool on_array_end(std::size_t, Error&) { return leave(); }
  bool on_key_part(View part, std::size_t so_far, Error&) {
    if (so_far == part.size()) name_ = outer_;
    name_.append(part.data(), part.size());
    return true;
  }
  bool on_key(View last, std::size_t size, Error& error) { return on_key_part(last, size, error); }
  bool on_string_part(View part, std::size_t so_far, Error&) {
    if (so_far == part.size()) value_.clear();
    value_.append(part.data(), part.size());
    return true;
  }
  bool on_string(View last, std::size_t size, Error& error) {
    std::string_view value(last.data(), last.size());
    if (size != last.size()) {
      on_string_part(last, size, error);
      value = value_;
    }
    if (wanted()) members_.on_text(name_, value);
    return true;
  }
  bool on_number_part(View, Error&) { return true; }
  bool on_int64(std::int64_t value, View, Error&) {
    if (wanted()) members_.on_integer(name_, value);
    return true;
  }
  bool on_uint64(std::uint64_t, View, Error&) { return true; }
  bool on_double(double, View, Error&) { return true; }
  bool on_bool(bool value, Error&) {
    if (wanted()) members_.on_boolean(name_, value);
    return true;
  }
  bool on_null(Error&) { return true; }
  bool on_comment_part(View, Error&) { return true; }
  bool on_comment(View, Error&) { return true; }

 private:
  bool wanted() const { return has_object_ && passing_over_ == 0; }
  void pass_over() {
    if (passing_over_ == 0) passing_over_ = depth_;
  }
  bool leave() {
    if (passing_over_ == depth_) passing_over_ = 0;
    if (--depth_ == 1) outer_.clear();
    return true;
  }

  JsonMembers& members_;
  std::string outer_, name_, value_;
  int depth_ = 0;
  int passing_over_ = 0;  // the depth from which on nothing is told; 0: none
  bool has_object_ = false;
};

}  // namespace

Result<json::object, Failure<JsonError>> parse_json_object(std::string_view text) {
  json::parse_options options;
  options.max_depth = json_depth_max;
  json::stream_parser parser({}, options);
  json::error_code error;
  const std::size_t read = parser.write_some(text.data(), text.size(), error);
  if (!error && read < text.size()) error = json::error::extra_data;
  if (!error) parser.finish(error);
  if (auto failure = failure_of(error, read)) return std::unexpected(*std::move(failure));
  json::value value = parser.release();
  if (!value.is_object()) return std::unexpected(not_an_object());
  return std::move(value.as_object());
}

Result<void, Failure<JsonError>> read_json_object(std::string_view text, JsonMembers& members) {
  json::parse_options options;
  options.max_depth = json_depth_max;
  json::basic_parser<MemberHandler> parser(options, members);
  json::error_code error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (!error && read < text.size()) error = json::error::extra_data;
  if (auto failure = failure_of(error, read)) return std::unexpected(*std::move(failure));
  if (!parser.handler().has_object()) return std::unexpected(not_an_object());
  return {};
}

std::optional<std::string_view> string_member(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (!value || !value->is_string()) return std::nullopt;
  return std::string_view(value->get_string());
}

std::optional<std::int64_t> integer_member(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (!value || !value->is_int64()) return std::nullopt;
  return value->get_int64();
}

}  // namespace vestnik
