#include "base/json.h"

#include <fmt/format.h>

namespace vestnik {

Result<json::object, Failure<JsonError>> parse_json_object(std::string_view text) {
  json::parse_options options;
  options.max_depth = json_depth_max;
  json::stream_parser parser({}, options);
  json::error_code error;
  const std::size_t read = parser.write_some(text.data(), text.size(), error);
  if (!error && read < text.size()) error = json::error::extra_data;
  if (!error) parser.finish(error);
  if (error == json::error::too_deep)
    return fail(JsonError::too_deep, fmt::format("nested deeper than {} levels", json_depth_max));
  if (error) return fail(JsonError::not_json, fmt::format("not JSON: {} at byte {}", error.message(), read));
  json::value value = parser.release();
  if (!value.is_object()) return fail(JsonError::not_an_object, "a JSON object is expected");
  return std::move(value.as_object());
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
