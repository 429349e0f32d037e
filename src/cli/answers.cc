#include "cli/answers.h"

#include <fmt/format.h>
#include <iostream>
#include <utility>

#include "base/clock.h"
#include "base/duration.h"

namespace vestnik::cli {

std::string text_of(const json::object& object, std::string_view name) {
  return std::string(string_member(object, name).value_or(""));
}

std::string number_of(const json::object& object, std::string_view name) {
  const auto number = integer_member(object, name);
  return number ? std::to_string(*number) : "";
}

const json::object& object_of(const json::object& object, std::string_view name) {
  static const json::object none;
  const json::value* value = object.if_contains(name);
  return value && value->is_object() ? value->get_object() : none;
}

const json::array& array_of(const json::object& object, std::string_view name) {
  static const json::array none;
  const json::value* value = object.if_contains(name);
  return value && value->is_array() ? value->get_array() : none;
}

std::string short_time(std::string_view time, std::size_t length) {
  std::string text(time.substr(0, length));
  if (text.size() > 10) text[10] = ' ';
  return text;
}

std::string time_argument(const std::string& text) {
  const auto ago = parse_duration(text);
  return ago ? format_rfc3339(system_clock().now() - *ago) : text;
}

std::string words(std::string_view name) {
  std::string text(name);
  for (char& c : text)
    if (c == '_') c = ' ';
  return text;
}

Style style_of(std::string_view state) {
  if (state == "sent" || state == "delivered") return Style::green;
  if (state == "dead" || state == "bounced" || state == "expired") return Style::red;
  if (state == "in_doubt" || state == "deferred" || state == "retried") return Style::yellow;
  if (state == "skipped" || state == "suppressed" || state == "discarded") return Style::dim;
  return Style::plain;
}

void print_field(std::string_view title, std::string_view value, Style style) {
  if (!value.empty())
    std::cout << fmt::format("{:<14}{}\n", title, styled(one_line(value), style, colours(stdout)));
}

void print_timeline(const json::array& timeline) {
  Table table({"AT (UTC)", "WHAT", "ATTEMPT", "PROVIDER", "ANSWER"});
  for (const json::value& value : timeline) {
    const json::object& entry = value.as_object();
    const std::string due = short_time(text_of(entry, "due_at")), what = text_of(entry, "what");
    std::string answer = text_of(entry, "answer");
    if (!due.empty()) answer += (answer.empty() ? "due " : "; due ") + due;
    table.add({short_time(text_of(entry, "at"), to_milliseconds),
               {what, style_of(what)},
               number_of(entry, "attempt"),
               text_of(entry, "provider"),
               std::move(answer)});
  }
  if (!table.empty()) std::cout << "\nTimeline\n" << table.text(std::nullopt, colours(stdout));
}

}  // namespace vestnik::cli
