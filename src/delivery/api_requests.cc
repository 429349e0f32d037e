#include "delivery/api_requests.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <utility>

#include "base/json.h"
#include "net/http_api.h"

namespace vestnik::delivery {
namespace {

constexpr std::size_t text_characters_max = 200;
constexpr std::size_t cursor_digits_max = 15;  // fits 63 bits

// Name → value, wherever they stood: in the query, or in a JSON body, where `state` is a list and `limit` a
// number.
using Fields = std::map<std::string, std::string, std::less<>>;
using Checked = std::optional<net::Problem>;  // none: fine

constexpr std::string_view filter_names[] = {"state",   "channel", "provider",     "category",
                                             "user_id", "answer",  "updated_from", "updated_before",
                                             "limit",   "cursor"};

net::Problem invalid(std::string_view field, std::string_view what) {
  return net::invalid_value(std::string(field), fmt::format("{} {}.", field, what));
}

bool is_filter(std::string_view name) {
  return std::ranges::find(filter_names, name) != std::end(filter_names);
}

net::Problem unknown_field(const std::string& name) {
  return net::invalid_value(name, "There is no such field here; those that are: " +
                                      fmt::format("{}", fmt::join(filter_names, ", ")) + ".");
}

Result<Fields, net::Problem> query_fields(const net::HttpRequest& request) {
  Fields fields;
  for (const auto& [name, value] : request.query) {
    if (!is_filter(name)) return std::unexpected(unknown_field(name));
    if (!fields.emplace(name, value).second) return std::unexpected(invalid(name, "is given twice"));
  }
  return fields;
}

Result<std::string, net::Problem> joined_states(const json::value& value) {
  std::string states;
  if (!value.is_array()) return std::unexpected(invalid("state", "must be a list of states"));
  for (const json::value& state : value.get_array()) {
    if (!state.is_string()) return std::unexpected(invalid("state", "must be a list of states"));
    if (!states.empty()) states += ',';
    states += std::string_view(state.get_string());
  }
  return states;
}

// 7.0 is one too (JSON Schema, section 6.1.1 of its validation part).
std::optional<std::int64_t> whole_number(const json::value& value) {
  if (value.is_int64()) return value.get_int64();
  if (!value.is_double() || std::abs(value.get_double()) > 1e9) return std::nullopt;
  const auto whole = static_cast<std::int64_t>(value.get_double());
  return static_cast<double>(whole) == value.get_double() ? std::optional(whole) : std::nullopt;
}

Result<Fields, net::Problem> body_fields(const json::object& body) {
  Fields fields;
  for (const auto& [key, value] : body) {
    const std::string name(key);
    if (!is_filter(name) && name != "reason") return std::unexpected(unknown_field(name));
    if (name == "state") {
      auto states = joined_states(value);
      if (!states) return std::unexpected(std::move(states.error()));
      fields[name] = std::move(*states);
    } else if (name == "limit") {
      const auto number = whole_number(value);
      if (!number) return std::unexpected(invalid(name, "must be a whole number"));
      fields[name] = std::to_string(*number);
    } else {
      if (!value.is_string()) return std::unexpected(invalid(name, "must be a string"));
      fields[name] = value.get_string();
    }
  }
  return fields;
}

const std::string* find(const Fields& fields, std::string_view name) {
  const auto found = fields.find(name);
  return found == fields.end() ? nullptr : &found->second;
}

Checked read_states(const Fields& fields, std::vector<store::DeliveryState>& states) {
  const std::string* text = find(fields, "state");
  if (!text) return std::nullopt;
  std::string_view rest = *text;
  for (bool more = true; more;) {
    const std::size_t comma = rest.find(',');
    more = comma != rest.npos;
    const auto state = store::parse_delivery_state(rest.substr(0, comma));
    if (!state)
      return invalid(
          "state",
          "must be pending, sending, sent, delivered, bounced, in_doubt, dead, expired, suppressed or "
          "discarded, or several of them");
    states.push_back(*state);
    if (more) rest.remove_prefix(comma + 1);
  }
  return std::nullopt;
}

Checked read_text(const Fields& fields, std::string_view name, std::string& text) {
  const std::string* value = find(fields, name);
  if (!value) return std::nullopt;
  if (!net::is_line_of_text(*value, text_characters_max))
    return invalid(name, "must be one line of 1 to 200 characters");
  text = *value;
  return std::nullopt;
}

Checked read_time(const Fields& fields, std::string_view name, std::optional<Timestamp>& time) {
  const std::string* value = find(fields, name);
  if (!value) return std::nullopt;
  time = parse_rfc3339(*value);
  if (!time) return invalid(name, "must be a time such as 2026-11-23T14:17:06Z (RFC 3339)");
  return std::nullopt;
}

Checked read_channel(const Fields& fields, std::optional<Channel>& channel) {
  const std::string* value = find(fields, "channel");
  if (!value) return std::nullopt;
  channel = parse_channel(*value);
  if (!channel) return invalid("channel", "must be email or sms");
  return std::nullopt;
}

Checked read_cursor(const Fields& fields, std::int64_t& before) {
  const std::string* value = find(fields, "cursor");
  if (!value) return std::nullopt;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), before, 16);
  const bool whole = error == std::errc() && end == value->data() + value->size() && before > 0;
  // The one way to write it, so that no two cursors are the same place.
  if (!whole || value->size() > cursor_digits_max || to_cursor(before) != *value)
    return invalid("cursor", "must be what `next` of the page before says");
  return std::nullopt;
}

Result<ListForm, net::Problem> read_filter(const Fields& fields, std::size_t limit_default,
                                           std::size_t limit_max) {
  ListForm form{.limit = limit_default};
  store::DeliveryFilter& filter = form.filter;
  for (Checked problem :
       {read_states(fields, filter.states), read_channel(fields, filter.channel),
        read_text(fields, "provider", filter.provider), read_text(fields, "category", filter.category),
        read_text(fields, "user_id", filter.user_id.value),
        read_text(fields, "answer", filter.answer_contains),
        read_time(fields, "updated_from", filter.updated_from),
        read_time(fields, "updated_before", filter.updated_before), read_cursor(fields, form.before)})
    if (problem) return std::unexpected(std::move(*problem));
  if (const std::string* text = find(fields, "limit")) {
    const auto limit = net::parse_limit(*text, limit_max);
    if (!limit)
      return std::unexpected(invalid("limit", fmt::format("must be a whole number from 1 to {}", limit_max)));
    form.limit = *limit;
  }
  return form;
}

Checked check_reason(std::string_view reason) {
  if (reason.empty() || net::is_line_of_text(reason, reason_characters_max)) return std::nullopt;
  return invalid("reason", fmt::format("must be one line of at most {} characters", reason_characters_max));
}

// The members that are strings, none of them but those in `known`.
Result<Fields, net::Problem> decision_fields(const net::HttpRequest& request,
                                             std::initializer_list<std::string_view> known) {
  const auto body = net::json_body(request);
  if (!body) return std::unexpected(body.error());
  Fields fields;
  for (const auto& [key, value] : *body) {
    const std::string name(key);
    if (std::ranges::find(known, name) == known.end())
      return std::unexpected(net::invalid_value(
          name, fmt::format("There is no such member here; those that are: {}.", fmt::join(known, ", "))));
    if (!value.is_string()) return std::unexpected(invalid(name, "must be a string"));
    fields[name] = value.get_string();
  }
  if (const std::string* reason = find(fields, "reason"))
    if (auto problem = check_reason(*reason)) return std::unexpected(std::move(*problem));
  return fields;
}

std::string reason_of(const Fields& fields) {
  const std::string* reason = find(fields, "reason");
  return reason ? *reason : std::string();
}

}  // namespace

Result<ListForm, net::Problem> read_list_form(const net::HttpRequest& request) {
  const auto fields = query_fields(request);
  if (!fields) return std::unexpected(fields.error());
  auto form = read_filter(*fields, list_limit_default, list_limit_max);
  if (form && form->filter.states.empty())
    form->filter.states = {store::DeliveryState::dead, store::DeliveryState::in_doubt};
  return form;
}

Result<ManyForm, net::Problem> read_many_form(const net::HttpRequest& request) {
  const auto body = net::json_body(request);
  if (!body) return std::unexpected(body.error());
  const auto fields = body_fields(*body);
  if (!fields) return std::unexpected(fields.error());
  auto which = read_filter(*fields, many_limit_max, many_limit_max);
  if (!which) return std::unexpected(std::move(which.error()));
  const auto open = [](store::DeliveryState state) {
    return state == store::DeliveryState::dead || state == store::DeliveryState::in_doubt;
  };
  if (which->filter.states.empty() || !std::ranges::all_of(which->filter.states, open))
    return std::unexpected(invalid("state", "must say which are meant: dead, in_doubt or both"));
  ManyForm form{.which = std::move(*which), .reason = reason_of(*fields)};
  if (auto problem = check_reason(form.reason)) return std::unexpected(std::move(*problem));
  return form;
}

Result<DecisionForm, net::Problem> read_decision_form(const net::HttpRequest& request,
                                                      store::Decision decision) {
  const auto fields = decision_fields(request, {"reason"});
  if (!fields) return std::unexpected(fields.error());
  return DecisionForm{.decision = decision, .reason = reason_of(*fields)};
}

Result<DecisionForm, net::Problem> read_resolve_form(const net::HttpRequest& request) {
  const auto fields = decision_fields(request, {"as", "reason"});
  if (!fields) return std::unexpected(fields.error());
  DecisionForm form{.reason = reason_of(*fields), .in_doubt_only = true};
  const std::string* as = find(*fields, "as");
  if (as && *as == "sent") {
    form.decision = store::Decision::mark_sent;
  } else if (as && *as == "discarded") {
    form.decision = store::Decision::discard;
  } else if (!as || *as != "resend") {
    return std::unexpected(invalid("as", "must be sent, resend or discarded"));
  }
  return form;
}

std::string to_cursor(std::int64_t next) { return fmt::format("{:x}", next); }

}  // namespace vestnik::delivery
