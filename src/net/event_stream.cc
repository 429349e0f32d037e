#include "net/event_stream.h"

#include <algorithm>
#include <utility>

namespace vestnik::net {

void append_event(std::string& out, std::string_view event, std::string_view id, std::string_view data) {
  out.append("event: ").append(event).append("\n");
  if (!id.empty()) out.append("id: ").append(id).append("\n");
  for (;;) {
    const std::string_view line = data.substr(0, data.find('\n'));
    out.append("data: ").append(line).append("\n");
    if (line.size() == data.size()) break;
    data.remove_prefix(line.size() + 1);
  }
  out += '\n';
}

void append_comment(std::string& out, std::string_view text) { out.append(": ").append(text).append("\n\n"); }

std::optional<ServerEvent> EventReader::feed(std::string_view line) {
  if (line.empty()) {
    ServerEvent event = std::exchange(event_, {});
    if (!std::exchange(has_data_, false)) return std::nullopt;
    if (event.event.empty()) event.event = "message";
    return event;
  }
  const std::string_view name = line.substr(0, line.find(':'));
  std::string_view value = line.substr(std::min(line.size(), name.size() + 1));
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "event") event_.event = value;
  if (name == "id") event_.id = value;
  if (name != "data") return std::nullopt;
  if (std::exchange(has_data_, true)) event_.data += '\n';
  event_.data += value;
  return std::nullopt;
}

}  // namespace vestnik::net
