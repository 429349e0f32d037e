#include "net/http.h"

#include <algorithm>
#include <cassert>
#include <optional>

#include "base/json.h"

namespace vestnik::net {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string_view first_value(const Pairs& pairs, std::string_view name) {
  for (const auto& [key, value] : pairs)
    if (key == name) return value;
  return {};
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  if (text.find_first_of(plus_is_space ? "%+" : "%") == text.npos) return std::string(text);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high < 0 || low < 0 || (high | low) == 0) return std::nullopt;
      out += static_cast<char>(high << 4 | low);
      i += 2;
    }
  }
  return out;
}

// The path of a request target, still escaped; empty: not a form that is served.
std::string_view escaped_path(std::string_view target) {
  if (target == "*") return target;
  for (std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    target.remove_prefix(scheme.size());
    const std::size_t end_of_authority = target.find_first_of("/?");
    if (target.empty() || end_of_authority == 0) return {};
    if (end_of_authority == target.npos || target[end_of_authority] == '?') return "/";
    target.remove_prefix(end_of_authority);
    break;
  }
  if (!target.starts_with('/') || target.find('#') != target.npos) return {};
  return target.substr(0, target.find('?'));
}

bool read_query(std::string_view text, Pairs& query) {
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals), true);
    auto value = percent_decode(equals == pair.npos ? std::string_view() : pair.substr(equals + 1), true);
    if (!name || !value) return false;
    query.emplace_back(std::move(*name), std::move(*value));
  }
  return true;
}

// Cuts the next segment off `path`, which begins with '/'.
std::string_view next_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

bool is_parameter(std::string_view segment) { return segment.starts_with('{') && segment.ends_with('}'); }

// `path` is still escaped, so that an escaped '/' does not end a segment.
bool matches(const Router::Route& route, std::string_view path) {
  for (const std::string& expected : route.segments) {
    if (path.empty()) return false;
    const std::string_view segment = next_segment(path);
    if (is_parameter(expected) ? segment.empty() : segment != expected) return false;
  }
  return path.empty();
}

// The routes of the path's template. Of several templates the one that says more literally, as OpenAPI has
// it:
// "/deliveries/retry" is not the delivery "retry".
std::vector<std::size_t> matching(const std::vector<Router::Route>& routes, std::string_view path) {
  std::vector<std::size_t> found;
  std::ptrdiff_t parameters_least = 0;
  for (std::size_t i = 0; path.starts_with('/') && i < routes.size(); ++i) {
    if (!matches(routes[i], path)) continue;
    const std::ptrdiff_t parameters = std::ranges::count_if(routes[i].segments, is_parameter);
    if (found.empty() || parameters < parameters_least) {
      found.clear();
      parameters_least = parameters;
    }
    if (parameters == parameters_least) found.push_back(i);
  }
  return found;
}

void read_path_parameters(const Router::Route& route, std::string_view path, Pairs& parameters) {
  for (const std::string& expected : route.segments) {
    const std::string_view segment = next_segment(path);
    if (!is_parameter(expected)) continue;
    parameters.emplace_back(expected.substr(1, expected.size() - 2),
                            percent_decode(segment, false).value_or(std::string(segment)));
  }
}

// RFC 9110 section 9.3, RFC 5789, and QUERY (draft-ietf-httpbis-safe-method-w-body).
bool is_http_method(std::string_view method) {
  for (std::string_view known :
       {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"})
    if (method == known) return true;
  return false;
}

}  // namespace

std::string_view HttpRequest::header(std::string_view lower_case_name) const {
  return first_value(headers, lower_case_name);
}
std::string_view HttpRequest::query_parameter(std::string_view name) const {
  return first_value(query, name);
}
std::string_view HttpRequest::path_parameter(std::string_view name) const {
  return first_value(path_parameters, name);
}

bool read_target(HttpRequest& request) {
  const std::string_view target = request.target;
  const std::string_view escaped = escaped_path(target);
  if (escaped.empty()) return false;
  auto path = percent_decode(escaped, false);
  if (!path) return false;
  request.path = std::move(*path);
  request.query.clear();
  const std::size_t question = target.find('?');
  return question == target.npos || read_query(target.substr(question + 1), request.query);
}

HttpResponse to_response(const Problem& problem) {
  json::object document{{"type", problem.type.empty() ? "about:blank" : "/problems/" + problem.type},
                        {"title", problem.title},
                        {"status", problem.status}};
  if (!problem.detail.empty()) document["detail"] = problem.detail;
  if (!problem.field.empty()) document["field"] = problem.field;
  for (const auto& [name, value] : problem.members) document[name] = value;
  HttpResponse response{problem.status, json::serialize(document), "application/problem+json", {}};
  if (problem.retry_after_s > 0)
    response.headers.emplace_back("Retry-After", std::to_string(problem.retry_after_s));
  return response;
}

Respond::~Respond() {
  if (call_)
    (*this)(Problem{500, "internal", "Internal error", "The request was dropped without an answer.", "", 0});
}

void Respond::operator()(HttpResponse response) {
  assert(call_ && "a request is answered once");
  std::exchange(call_, nullptr)(std::move(response));
}

void Router::add(std::string method, std::string path, HttpHandler handler) {
  Route route{std::move(method), std::move(path), {}, std::move(handler)};
  std::string_view rest = route.path;
  assert(rest.starts_with('/'));
  while (!rest.empty()) route.segments.emplace_back(next_segment(rest));
  routes_.push_back(std::move(route));
}

std::expected<std::size_t, HttpResponse> Router::find(HttpRequest& request) const {
  // A request made by hand has no target.
  const std::string_view path =
      request.target.empty() ? std::string_view(request.path) : escaped_path(request.target);
  const std::string_view method =
      request.method == "HEAD" ? std::string_view("GET") : std::string_view(request.method);
  std::string allow;
  for (const std::size_t i : matching(routes_, path)) {
    const Route& route = routes_[i];
    if (route.method == method) {
      read_path_parameters(route, path, request.path_parameters);
      return i;
    }
    if (!allow.empty()) allow += ", ";
    allow += route.method == "GET" ? "GET, HEAD" : route.method;
  }
  if (!is_http_method(request.method))
    return std::unexpected(
        to_response({501, "unknown-method", "Unknown method", "HTTP has no such method.", "", 0}));
  if (allow.empty())
    return std::unexpected(
        to_response({404, "not-found", "Not found", "There is nothing at this path.", "", 0}));
  HttpResponse response =
      to_response({405, "method-not-allowed", "Method not allowed", "This path takes " + allow + ".", "", 0});
  response.headers.emplace_back("Allow", allow);
  return std::unexpected(std::move(response));
}

void Router::handle(HttpRequest request, Respond respond) const {
  auto route = find(request);
  if (!route) return respond(std::move(route.error()));
  routes_[*route].handler(std::move(request), std::move(respond));
}

}  // namespace vestnik::net
