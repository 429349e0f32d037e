// What the handlers of a JSON API share: reading parameters and bodies, and the problems they answer with.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "net/http.h"

namespace vestnik::net {

// 422, naming the member or parameter.
Problem invalid_value(std::string field, std::string detail);
// 404: "There is no such <what>."
Problem not_found(std::string_view what);
// 503 with Retry-After.
Problem store_unavailable();

HttpResponse json_answer(const json::value& value);

// The first value of the parameter; none: it is not there. `parameter=` is there, and empty.
std::optional<std::string_view> query_value(const HttpRequest& request, std::string_view name);

// A whole number from 1 to `max`.
std::optional<std::size_t> parse_limit(std::string_view text, std::size_t max);
// The parameter `limit`, or `by_default` without one.
Result<std::size_t, Problem> limit_parameter(const HttpRequest& request, std::size_t by_default,
                                             std::size_t max);

// JSON by any name: application/json, a +json type, none, or what curl -d sends
// (application/x-www-form-urlencoded).
bool is_json_content_type(std::string_view content_type);
// 415 where the body is declared to be something else, or compressed.
std::optional<Problem> unless_json(const HttpRequest& request);
// 400.
Problem not_json(std::string detail);
// The body as a JSON object; no body is {}.
Result<json::object, Problem> json_body(const HttpRequest& request);

// One line of 1 to `characters_max` code points of UTF-8, without control characters.
bool is_line_of_text(std::string_view text, std::size_t characters_max);

}  // namespace vestnik::net
