// Server-sent events (WHATWG HTML, section 9.2) as text: what /v1/live and /v1/tail write and a command
// reads.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vestnik::net {

struct ServerEvent {
  std::string event;  // its kind; "message" where the stream doesn't say
  std::string id;     // empty: none
  std::string data;
};

inline constexpr std::string_view event_stream_type = "text/event-stream";

// Appends one event. `event` and `id` hold no line end; each line of `data` becomes one of its own.
void append_event(std::string& out, std::string_view event, std::string_view id, std::string_view data);
// A comment: it keeps a connection that is silent otherwise from being taken for dead.
void append_comment(std::string& out, std::string_view text);

// Makes events of the lines of a stream.
class EventReader {
 public:
  // `line`: without its end. An event is there when the empty line after it is. Comments, `retry` and unknown
  // fields are passed over.
  std::optional<ServerEvent> feed(std::string_view line);

 private:
  ServerEvent event_;
  bool has_data_ = false;
};

}  // namespace vestnik::net
