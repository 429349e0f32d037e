// How a channel's providers share its messages. Said in the options of each provider's URL, several URLs
// being separated by spaces:
//
//   smtp://a.example.com?rate=100/s&domain_rate=gmail.com:20/s smtp://b.example.com?name=backup
//
//   name=backup                 [a-z0-9-], at most 32; default: the scheme, then smtp-2, smtp-3 …
//   priority=1                  1..9; default: the place in the list. While one of the lowest is well, those
//   take all weight=1                    1..1000: shares among those of one priority rate=100/s messages to
//   this provider, in any window of that length domain_rate=20/s            the same for each recipient
//   domain; domain_rate=gmail.com:20/s for one, may be repeated
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/limit.h"

namespace vestnik::delivery {

struct Route {
  std::string name;  // receipts and timelines refer to it: a new name is a new provider
  int priority = 1;
  int weight = 1;
  std::optional<Limit> rate;
  std::optional<Limit> domain_rate;
  std::map<std::string, Limit, std::less<>> domain_rates;  // domain (lower case) → its own limit

  // The limit on messages to this domain.
  std::optional<Limit> domain_limit(std::string_view domain) const;
};

struct RoutedUrl {
  Route route;
  std::string url;  // without the options above
};

enum class RouteError { option, name_taken, too_many };
inline constexpr std::size_t routes_max = 16;

// `urls`: one or more, white space between them. `scheme`: what a provider is named after. The message
// repeats no part of a URL, which may hold a password.
Result<std::vector<RoutedUrl>, Failure<RouteError>> parse_routes(std::string_view urls,
                                                                 std::string_view scheme);

}  // namespace vestnik::delivery
