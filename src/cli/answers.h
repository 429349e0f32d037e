// What several commands read and show of the API's answers.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "cli/terminal.h"

namespace vestnik::cli {

// Empty: it isn't there.
std::string text_of(const json::object& object, std::string_view name);
std::string number_of(const json::object& object, std::string_view name);
// The member as an object or array; an empty one where it isn't there.
const json::object& object_of(const json::object& object, std::string_view name);
const json::array& array_of(const json::object& object, std::string_view name);

inline constexpr std::size_t to_seconds = 19, to_milliseconds = 23;  // of "2026-11-23T14:17:06.012345Z"
// "2026-11-23 14:17:06": whoever shows it says that it is UTC.
std::string short_time(std::string_view time, std::size_t length = to_seconds);

// A time as the API takes it: "2h" is two hours ago; what isn't a duration is for the server to judge.
std::string time_argument(const std::string& text);

// "in_doubt" is "in doubt".
std::string words(std::string_view name);
// How it went: of a state, or of a step of the timeline.
Style style_of(std::string_view state);

// "Title         value"; nothing where the value is empty.
void print_field(std::string_view title, std::string_view value, Style style = Style::plain);
void print_timeline(const json::array& timeline);

}  // namespace vestnik::cli
