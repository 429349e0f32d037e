// What the deliveries API is asked, read and checked.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "net/http.h"
#include "store/ledger.h"

namespace vestnik::delivery {

struct ListForm {
  store::DeliveryFilter filter;
  std::size_t limit = 0;
  std::int64_t before = 0;
};
struct ManyForm {
  ListForm which;
  std::string reason;
};
struct DecisionForm {
  store::Decision decision = store::Decision::retry;
  std::string reason;
  bool in_doubt_only = false;
};

inline constexpr std::size_t list_limit_default = 50;
inline constexpr std::size_t list_limit_max = 500;
inline constexpr std::size_t many_limit_max = 1000;  // and the default: what one call decides on
// Characters of up to four bytes: a reason is never cut (model/outcome.h, answer_bytes_max).
inline constexpr std::size_t reason_characters_max = 128;

// The query of GET /v1/deliveries. Without `state`: dead and in_doubt.
Result<ListForm, net::Problem> read_list_form(const net::HttpRequest& request);
// The body of POST /v1/deliveries/retry and /discard: the same names, and `state` must say which of dead and
// in_doubt is meant. A member that is not known is refused: a filter misspelt would mean everything.
Result<ManyForm, net::Problem> read_many_form(const net::HttpRequest& request);
// The body of POST /v1/deliveries/{id}/retry and /discard; none is {}.
Result<DecisionForm, net::Problem> read_decision_form(const net::HttpRequest& request,
                                                      store::Decision decision);
// The body of POST /v1/deliveries/{id}/resolve: what in_doubt is taken `as`.
Result<DecisionForm, net::Problem> read_resolve_form(const net::HttpRequest& request);

// DeliveryPage::next as clients pass it around.
std::string to_cursor(std::int64_t next);

}  // namespace vestnik::delivery
