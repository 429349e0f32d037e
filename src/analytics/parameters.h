// The query of a request, read parameter by parameter. The first thing that is wrong is kept; what is asked
// for after that comes empty, so that a handler reads everything and then looks once.
#pragma once

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "model/notification.h"
#include "net/http.h"

namespace vestnik::analytics {

// Of what is listed, where a request names none, and at most.
inline constexpr std::size_t page_limit_default = 50;
inline constexpr std::size_t page_limit_max = 500;

class Parameters {
 public:
  // Parameters that are not `known` are wrong, so that a misspelt filter does not show everything; and so is
  // one that is there twice and not `repeatable`. `request` must outlive this.
  Parameters(const net::HttpRequest& request, std::vector<std::string_view> known,
             std::initializer_list<std::string_view> repeatable = {});

  // Empty: it is not there. One line of text.
  std::string text(std::string_view name, std::size_t characters_max = 200);
  std::optional<Timestamp> time(std::string_view name);
  std::optional<Channel> channel();
  // `by_default` without one.
  std::size_t limit(std::size_t by_default, std::size_t max);
  // The value, if it is one of these; `by_default` without one.
  std::string one_of(std::string_view name, std::initializer_list<std::string_view> values,
                     std::string_view by_default);
  // All values of a repeatable one. `must`: "be … or …", for people.
  std::vector<std::string> all_of(std::string_view name, const std::function<bool(std::string_view)>& allowed,
                                  std::string_view must);

  void refuse(std::string_view name, std::string_view must);
  const std::optional<net::Problem>& problem() const { return problem_; }

 private:
  const net::HttpRequest& request_;
  std::optional<net::Problem> problem_;
};

}  // namespace vestnik::analytics
