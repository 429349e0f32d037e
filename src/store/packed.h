// How both stores keep ids and whole values in one column: compact, and for any bytes (NUL and invalid UTF-8
// too, which PostgreSQL's text can't hold).
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "model/notification.h"
#include "model/step.h"
#include "store/ledger.h"

namespace vestnik::store {

// A stored value can't be read back: damage, or written by a newer version.
class DamagedValue : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Packer {
 public:
  void text(std::string_view value);  // length, bytes
  void integer(std::int64_t value);   // zigzag, LEB128
  void time(Timestamp value) { integer(to_unix_us(value)); }
  void time(const std::optional<Timestamp>& value);
  std::string take() { return std::move(out_); }

 private:
  void varint(std::uint64_t value);
  std::string out_;
};

// Reads what a Packer wrote; throws DamagedValue.
class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : rest_(bytes) {}
  std::string text();
  std::int64_t integer();
  Timestamp time() { return from_unix_us(integer()); }
  std::optional<Timestamp> optional_time();
  bool at_end() const { return rest_.empty(); }

 private:
  std::uint64_t varint();
  std::string_view rest_;
};

// 17 bytes for a UUID or "user_" + UUID in canonical form, 1 + length for any other text. One to one.
std::string pack_id(std::string_view text);
std::string unpack_id(std::string_view packed);

// All of a notification but its id and its content.
std::string pack_meta(const Notification& notification);
// What a finished delivery need not keep: to, subject, text, html.
std::string pack_content(const Notification& notification);
// `content` empty: it is gone.
Notification unpack_notification(std::string_view id_packed, std::string_view meta, std::string_view content);

// The enumerator kept under this number (store/codes.h); DamagedValue if there is none.
Channel channel_of(std::int64_t code);
StepKind step_kind_of(std::int64_t code);
DeliveryState delivery_state_of(std::int64_t code);

std::string pack_step(const Step& step);
Step unpack_step(std::string_view packed);

}  // namespace vestnik::store
