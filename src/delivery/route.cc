#include "delivery/route.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <utility>

namespace vestnik::delivery {
namespace {

constexpr std::size_t name_bytes_max = 32;
constexpr int priority_max = 9;
constexpr int weight_max = 1000;

using Applied = Result<bool, Failure<RouteError>>;  // false: not an option of the route

Applied wrong(std::string message) { return fail(RouteError::option, std::move(message)); }

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= name_bytes_max && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

Applied apply_number(std::string_view name, std::string_view value, int max, int& number) {
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || number < 1 || number > max)
    return wrong(fmt::format("{} takes a whole number from 1 to {}", name, max));
  return true;
}

Applied apply_domain_rate(std::string_view value, Route& route) {
  const std::size_t colon = value.find(':');
  const auto limit = parse_limit(colon == std::string_view::npos ? value : value.substr(colon + 1));
  if (!limit || colon == 0)
    return wrong("domain_rate takes a limit such as 20/s, or a domain and its limit: gmail.com:20/s");
  if (colon == std::string_view::npos) {
    route.domain_rate = *limit;
    return true;
  }
  std::string domain(value.substr(0, colon));
  std::ranges::transform(domain, domain.begin(), [](unsigned char c) { return std::tolower(c); });
  route.domain_rates[std::move(domain)] = *limit;
  return true;
}

Applied apply(std::string_view name, std::string_view value, Route& route) {
  if (name == "name") {
    if (!is_name(value)) return wrong("name takes 1 to 32 of a-z, 0-9 and -");
    route.name = value;
    return true;
  }
  if (name == "priority") return apply_number(name, value, priority_max, route.priority);
  if (name == "weight") return apply_number(name, value, weight_max, route.weight);
  if (name == "domain_rate") return apply_domain_rate(value, route);
  if (name == "rate") {
    route.rate = parse_limit(value);
    if (!route.rate) return wrong("rate takes a limit such as 100/s, 500/m or 20/10s");
    return true;
  }
  return false;
}

// Takes the route's options out of the URL's query; the rest stays as it is written.
Result<RoutedUrl, Failure<RouteError>> split(std::string_view text) {
  RoutedUrl result{.route = {.priority = 0}};
  const std::size_t mark = text.find('?');
  result.url = text.substr(0, mark);
  if (mark == std::string_view::npos) return result;
  char separator = '?';
  for (std::size_t start = mark + 1; start <= text.size();) {
    const std::size_t end = std::min(text.find('&', start), text.size());
    const std::string_view option = text.substr(start, end - start);
    const std::size_t equals = std::min(option.find('='), option.size());
    const auto taken =
        apply(option.substr(0, equals), option.substr(std::min(equals + 1, option.size())), result.route);
    if (!taken) return std::unexpected(taken.error());
    if (!*taken) {
      result.url += std::exchange(separator, '&');
      result.url += option;
    }
    start = end + 1;
  }
  return result;
}

}  // namespace

std::optional<Limit> Route::domain_limit(std::string_view domain) const {
  const auto own = domain_rates.find(domain);
  return own != domain_rates.end() ? own->second : domain_rate;
}

Result<std::vector<RoutedUrl>, Failure<RouteError>> parse_routes(std::string_view urls,
                                                                 std::string_view scheme) {
  constexpr std::string_view space = " \t\r\n";
  std::vector<RoutedUrl> routes;
  for (std::size_t start = urls.find_first_not_of(space); start != std::string_view::npos;) {
    const std::size_t end = std::min(urls.find_first_of(space, start), urls.size());
    auto routed = split(urls.substr(start, end - start));
    if (!routed) return std::unexpected(routed.error());
    if (routes.size() == routes_max)
      return fail(RouteError::too_many, fmt::format("more than {} providers", routes_max));
    const std::size_t place = routes.size() + 1;
    Route& route = routed->route;
    if (route.name.empty())
      route.name = place == 1 ? std::string(scheme) : fmt::format("{}-{}", scheme, place);
    // Unless it says otherwise, a list is in the order of preference.
    if (route.priority == 0) route.priority = std::min(static_cast<int>(place), priority_max);
    if (std::ranges::any_of(routes, [&](const RoutedUrl& other) { return other.route.name == route.name; }))
      return fail(RouteError::name_taken, fmt::format("two providers are named {}", route.name));
    routes.push_back(std::move(*routed));
    start = urls.find_first_not_of(space, end);
  }
  return routes;
}

}  // namespace vestnik::delivery
