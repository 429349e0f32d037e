// What travels through the log, whichever log it is.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vestnik {

struct Header {
  std::string name;
  std::string value;

  friend bool operator==(const Header&, const Header&) = default;
};

// One record: the key chooses the partition (always a user id), the value is JSON, headers carry CloudEvents
// attributes (`ce_id`, `ce_type` …) and `traceparent`.
struct Record {
  std::string key;
  std::string value;
  std::vector<Header> headers;

  std::optional<std::string_view> header(std::string_view name) const {
    for (const Header& h : headers)
      if (h.name == name) return h.value;
    return std::nullopt;
  }

  friend bool operator==(const Record&, const Record&) = default;
};

// CloudEvents 1.0 attributes in Kafka's binary mode (Kafka protocol binding, section 3.2).
inline std::vector<Header> cloud_event_headers(std::string id, std::string type, std::string source,
                                               std::string time, std::string traceparent) {
  std::vector<Header> headers;
  headers.reserve(7);  // not from a list: that would copy each
  headers.push_back({"ce_specversion", "1.0"});
  headers.push_back({"ce_id", std::move(id)});
  headers.push_back({"ce_type", std::move(type)});
  headers.push_back({"ce_source", std::move(source)});
  headers.push_back({"ce_time", std::move(time)});
  headers.push_back({"content-type", "application/json"});
  if (!traceparent.empty()) headers.push_back({"traceparent", std::move(traceparent)});
  return headers;
}

// Why a record could not be read; the reader treats it as poison and moves on.
struct DecodeError {
  std::string reason;
};

}  // namespace vestnik
