#include "cli/deliveries_query.h"

#include <algorithm>
#include <fmt/ranges.h>
#include <utility>

#include "cli/answers.h"
#include "cli/terminal.h"
#include "store/ledger.h"

namespace vestnik::cli {
namespace {

constexpr std::size_t page_size = 500;

std::vector<std::string> all_states() {
  std::vector<std::string> names;
  for (int i = 0; i < store::delivery_state_count; ++i)
    names.emplace_back(store::to_string(static_cast<store::DeliveryState>(i)));
  return names;
}

std::vector<std::pair<std::string, std::string>> text_fields(const DeliveriesFilter& filter) {
  std::vector<std::pair<std::string, std::string>> fields{
      {"channel", filter.channel},
      {"provider", filter.provider},
      {"category", filter.category},
      {"user_id", filter.user_id},
      {"answer", filter.answer},
      {"updated_from", time_argument(filter.updated_from)},
      {"updated_before", time_argument(filter.updated_before)}};
  std::erase_if(fields, [](const auto& field) { return field.second.empty(); });
  return fields;
}

std::string filter_query(const DeliveriesFilter& filter) {
  const bool all = filter.states == std::vector<std::string>{"all"};
  const std::string states = fmt::format("{}", fmt::join(all ? all_states() : filter.states, ","));
  std::string query;
  if (!states.empty()) query += "&state=" + net::url_escaped(states);
  for (const auto& [name, value] : text_fields(filter)) query += "&" + name + "=" + net::url_escaped(value);
  return query;
}

}  // namespace

json::object filter_body(const DeliveriesFilter& filter) {
  json::array states;
  for (const std::string& state : filter.states) states.emplace_back(state);
  json::object body{{"state", std::move(states)}};
  for (const auto& [name, value] : text_fields(filter)) body[name] = value;
  return body;
}

bool for_each_delivery(const ApiClient& client, const DeliveriesFilter& filter, std::size_t limit,
                       const std::function<void(const json::object&)>& each) {
  const std::string query = filter_query(filter);
  Progress progress;
  std::size_t seen = 0;
  for (std::string cursor;;) {
    const std::size_t wanted = limit == 0 ? page_size : std::min(page_size, limit - seen);
    const ApiAnswer page = client.get(fmt::format("/v1/deliveries?limit={}{}{}{}", wanted, query,
                                                  cursor.empty() ? "" : "&cursor=", cursor));
    client.expect_ok(page, "deliveries");
    progress.clear();
    for (const json::value& delivery : page.body.at("deliveries").as_array()) {
      each(delivery.as_object());
      ++seen;
    }
    cursor = page.member("next");
    if (cursor.empty() || (limit > 0 && seen >= limit)) return !cursor.empty();
    progress.show(fmt::format("looking: {} so far", seen));
  }
}

}  // namespace vestnik::cli
