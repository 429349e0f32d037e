#include "net/http_api.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.h"

namespace vestnik::net {

Problem invalid_value(std::string field, std::string detail) {
  return {.status = 422,
          .type = "invalid-value",
          .title = "Invalid value",
          .detail = std::move(detail),
          .field = std::move(field)};
}

Problem not_found(std::string_view what) {
  return {.status = 404,
          .type = "not-found",
          .title = "Not found",
          .detail = "There is no such " + std::string(what) + "."};
}

Problem store_unavailable() {
  return {.status = 503,
          .type = "store-unavailable",
          .title = "The store can't answer",
          .detail = "The store did not answer; try again.",
          .retry_after_s = 1};
}

HttpResponse json_answer(const json::value& value) { return {.status = 200, .body = json::serialize(value)}; }

std::optional<std::string_view> query_value(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.query)
    if (key == name) return value;
  return std::nullopt;
}

std::optional<std::size_t> parse_limit(std::string_view text, std::size_t max) {
  std::size_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc() || end != text.data() + text.size() || limit < 1 || limit > max)
    return std::nullopt;
  return limit;
}

Result<std::size_t, Problem> limit_parameter(const HttpRequest& request, std::size_t by_default,
                                             std::size_t max) {
  const auto text = query_value(request, "limit");
  if (!text) return by_default;
  const auto limit = parse_limit(*text, max);
  if (limit) return *limit;
  return std::unexpected(
      invalid_value("limit", "limit must be a whole number from 1 to " + std::to_string(max) + "."));
}

bool is_json_content_type(std::string_view content_type) {
  std::string type(content_type.substr(0, content_type.find(';')));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.pop_back();
  std::transform(type.begin(), type.end(), type.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const bool is_structured = type.starts_with("application/") && type.ends_with("+json");
  return type.empty() || type == "application/json" || type == "application/x-www-form-urlencoded" ||
         is_structured;
}

std::optional<Problem> unless_json(const HttpRequest& request) {
  const std::string_view encoding = request.header("content-encoding");
  if (is_json_content_type(request.header("content-type")) && (encoding.empty() || encoding == "identity"))
    return std::nullopt;
  return Problem{415, "content-type", "Unsupported media type", "Send application/json.", "", 0};
}

Problem not_json(std::string detail) {
  return {400, "not-json", "Not a JSON object", std::move(detail), "", 0};
}

Result<json::object, Problem> json_body(const HttpRequest& request) {
  if (auto problem = unless_json(request)) return std::unexpected(std::move(*problem));
  if (request.body.empty()) return json::object();
  auto object = parse_json_object(request.body);
  if (!object) return std::unexpected(not_json(std::move(object.error().message)));
  return std::move(*object);
}

bool is_line_of_text(std::string_view text, std::size_t characters_max) {
  const auto begins_character = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
  const auto characters = std::ranges::count_if(text, begins_character);
  return characters >= 1 && static_cast<std::size_t>(characters) <= characters_max &&
         printable_utf8(text, text.size()) == text;
}

}  // namespace vestnik::net
