// What a template is shown with where no event has happened: its sample.json, or what follows from its names.
#pragma once

#include <optional>
#include <string_view>

#include "base/json.h"
#include "planning/template_set.h"

namespace vestnik::planning {

// What an event says of itself is text, whatever stands in its data. The first of these names whose value in
// `data` is none; nothing: all are well, or not there.
std::optional<std::string_view> not_text_in(const json::object& data);

// Every name that `used` asks for has a value in it, and those that are always there (planner.h). Without a
// sample.json a value is its own name ("code" is "code"), which shows where it stands.
json::object sample_data(const Template& used, std::string_view event_type);

// An event always says who it is about and what happened; where `data` doesn't, it is as in `sample`.
json::object with_names_always_there(json::object data, const json::object& sample);

}  // namespace vestnik::planning
