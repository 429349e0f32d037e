// Writes a JSON object member by member, where its shape is known and a document in memory would be all cost.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace vestnik {

// Appends `text` as a JSON string (RFC 8259 section 7). `text` is UTF-8; other bytes are passed on as they
// are.
void append_json_string(std::string& out, std::string_view text);

class JsonWriter {
 public:
  // Begins an object. `name`s below must need no escaping.
  explicit JsonWriter(std::size_t bytes_expected) {
    out_.reserve(bytes_expected);
    out_ += '{';
  }

  JsonWriter& text(std::string_view name, std::string_view value) {
    begin(name);
    append_json_string(out_, value);
    return *this;
  }
  JsonWriter& text_unless_empty(std::string_view name, std::string_view value) {
    return value.empty() ? *this : text(name, value);
  }
  JsonWriter& integer(std::string_view name, std::int64_t value) { return json(name, std::to_string(value)); }
  // `value` is JSON already.
  JsonWriter& json(std::string_view name, std::string_view value) {
    begin(name);
    out_ += value;
    return *this;
  }
  // Ends the object; the writer is of no more use.
  std::string finish() {
    out_ += '}';
    return std::move(out_);
  }

 private:
  void begin(std::string_view name) {
    if (out_.size() > 1) out_ += ',';
    out_ += '"';
    out_ += name;
    out_ += "\":";
  }

  std::string out_;
};

}  // namespace vestnik
