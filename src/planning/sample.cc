#include "planning/sample.h"

#include <array>
#include <utility>

#include "planning/mustache.h"

namespace vestnik::planning {
namespace {

// What an event says of itself. example.com (RFC 2606) and 555-01xx numbers belong to nobody.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> event_names{
    {{"email", "anna@example.com"},
     {"phone", "+12025550123"},
     {"user_id", "user_0190b4f6-7f3a-7c51-9d0e-3f5a6b7c8d9e"},
     {"event_type", ""}}};

constexpr std::size_t name_levels_max = 8;

// Makes room for "order.id": what stands in the way ("order" as a text) gives way to an object.
void put(json::object& data, std::string_view name, std::size_t levels_max) {
  const std::size_t dot = name.find('.');
  const std::string_view first = name.substr(0, dot);
  if (first.empty() || levels_max == 0) return;  // ".", the item of a list
  json::value& value = data[first];
  if (dot == name.npos) {
    if (value.is_null()) value = first;
    return;
  }
  if (!value.is_object()) value = json::object();
  put(value.get_object(), name.substr(dot + 1), levels_max - 1);
}

json::object derived(const Template& used) {
  json::object data;
  for (const std::optional<Mustache>* part : {&used.subject, &used.text, &used.html, &used.sms}) {
    if (!*part) continue;
    for (const Mustache::Reference& reference : (*part)->references())
      put(data, reference.name, name_levels_max);
  }
  for (const auto& [name, value] : event_names) data.erase(name);
  return data;
}

}  // namespace

std::optional<std::string_view> not_text_in(const json::object& data) {
  for (const auto& [name, unused] : event_names) {
    const json::value* value = data.if_contains(name);
    if (value && !value->is_string()) return name;
  }
  return std::nullopt;
}

json::object sample_data(const Template& used, std::string_view event_type) {
  json::object data = used.sample ? *used.sample : derived(used);
  for (const auto& [name, value] : event_names)
    if (!data.contains(name)) data[name] = name == "event_type" ? event_type : value;
  return data;
}

json::object with_names_always_there(json::object data, const json::object& sample) {
  for (const auto& [name, unused] : event_names)
    if (!data.contains(name)) data[name] = sample.at(name);
  return data;
}

}  // namespace vestnik::planning
