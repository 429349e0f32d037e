#include "cli/tail_view.h"

#include <fmt/format.h>

#include "cli/answers.h"
#include "cli/terminal.h"

namespace vestnik::cli {
namespace {

std::string padded(const std::string& text, std::size_t columns) {
  const std::size_t taken = columns_of(text);
  return taken < columns ? text + std::string(columns - taken, ' ') : text;
}

}  // namespace

std::string tail_line(const json::object& step, bool coloured) {
  constexpr std::size_t date = 11, what_columns = 10, channel_columns = 5;
  const std::string at = short_time(text_of(step, "at"), to_milliseconds), what = text_of(step, "what");
  const std::string notification = text_of(step, "notification_id");
  std::string line = styled(at.size() > date ? at.substr(date) : at, Style::dim, coloured) + "  " +
                     styled(padded(words(one_line(what)), what_columns), style_of(what), coloured) + "  " +
                     padded(one_line(text_of(step, "channel")), channel_columns) + "  " +
                     one_line(notification.empty() ? text_of(step, "user_id") : notification);
  for (const char* name : {"event_type", "template"})
    if (const std::string text = one_line(text_of(step, name)); !text.empty())
      line += "  " + styled(text, Style::dim, coloured);
  const auto attempt = integer_member(step, "attempt").value_or(0);
  if (attempt > 1) line += fmt::format("  attempt {}", attempt);
  const std::string provider = one_line(text_of(step, "provider")),
                    answer = one_line(text_of(step, "answer"));
  if (!provider.empty() || !answer.empty())
    line += "  " + provider + (provider.empty() || answer.empty() ? "" : ": ") + answer;
  return line;
}

}  // namespace vestnik::cli
