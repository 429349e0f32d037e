#include "store/packed.h"

#include <algorithm>
#include <utility>

#include "store/codes.h"

namespace vestnik::store {
namespace {

constexpr char id_uuid = 'u';
constexpr char id_user = 'U';
constexpr char id_text = 't';
constexpr std::string_view user_prefix = "user_";

// First in every packed value, so that a later layout can be told from this one.
constexpr std::int64_t value_layout = 1;

void expect_layout(Unpacker& in) {
  if (in.integer() != value_layout) throw DamagedValue("a stored value has an unknown layout");
}

// Only the canonical form may become 16 bytes: unpacking must give back the same text.
std::optional<Uuid> canonical_uuid(std::string_view text) {
  if (std::ranges::any_of(text, [](char c) { return c >= 'A' && c <= 'F'; })) return std::nullopt;
  return Uuid::parse(text);
}

std::string tagged(char tag, const Uuid& uuid) {
  std::string out(1, tag);
  out.append(reinterpret_cast<const char*>(uuid.bytes.data()), uuid.bytes.size());
  return out;
}

Uuid uuid_of(std::string_view bytes) {
  Uuid uuid;
  if (bytes.size() != uuid.bytes.size()) throw DamagedValue("a stored id is not 16 bytes long");
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(uuid.bytes.data()));
  return uuid;
}

}  // namespace

void Packer::varint(std::uint64_t value) {
  while (value >= 0x80) {
    out_ += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out_ += static_cast<char>(value);
}

void Packer::text(std::string_view value) {
  varint(value.size());
  out_.append(value);
}

void Packer::integer(std::int64_t value) {
  varint((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
}

void Packer::time(const std::optional<Timestamp>& value) {
  integer(value ? 1 : 0);
  if (value) time(*value);
}

std::uint64_t Unpacker::varint() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) break;
    const auto byte = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  throw DamagedValue("a stored value is cut short");
}

std::string Unpacker::text() {
  const std::uint64_t size = varint();
  if (size > rest_.size()) throw DamagedValue("a stored value is cut short");
  std::string value(rest_.substr(0, size));
  rest_.remove_prefix(size);
  return value;
}

std::int64_t Unpacker::integer() {
  const std::uint64_t value = varint();
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

std::optional<Timestamp> Unpacker::optional_time() {
  if (integer() == 0) return std::nullopt;
  return time();
}

std::string pack_id(std::string_view text) {
  if (const auto uuid = canonical_uuid(text)) return tagged(id_uuid, *uuid);
  if (text.starts_with(user_prefix))
    if (const auto uuid = canonical_uuid(text.substr(user_prefix.size()))) return tagged(id_user, *uuid);
  return id_text + std::string(text);
}

std::string unpack_id(std::string_view packed) {
  if (packed.empty()) throw DamagedValue("a stored id is empty");
  const std::string_view rest = packed.substr(1);
  switch (packed.front()) {
    case id_uuid: return uuid_of(rest).text();
    case id_user: return std::string(user_prefix) + uuid_of(rest).text();
    case id_text: return std::string(rest);
    default: throw DamagedValue("a stored id is of an unknown form");
  }
}

Channel channel_of(std::int64_t value) {
  for (const Channel channel : all_channels)
    if (code(channel) == value) return channel;
  throw DamagedValue("a stored channel is unknown");
}

StepKind step_kind_of(std::int64_t value) {
  for (const StepKind kind : all_step_kinds)
    if (code(kind) == value) return kind;
  throw DamagedValue("a stored step is of an unknown kind");
}

DeliveryState delivery_state_of(std::int64_t value) {
  if (value < 0 || value >= delivery_state_count) throw DamagedValue("a stored delivery state is unknown");
  return static_cast<DeliveryState>(value);
}

std::string pack_meta(const Notification& n) {
  Packer out;
  out.integer(value_layout);
  out.text(pack_id(n.event_id.value));
  out.text(n.event_type);
  out.text(pack_id(n.user_id.value));
  out.integer(code(n.channel));
  out.text(n.workflow);
  out.text(n.step);
  out.text(n.template_version);
  out.text(n.category);
  out.time(n.accepted_at);
  out.time(n.planned_at);
  out.time(n.send_at);
  out.time(n.expires_at);
  out.text(n.traceparent);
  out.integer(n.attempts_max);
  out.integer(n.hold_in_doubt ? 1 : 0);
  out.integer(n.recipient_limit ? n.recipient_limit->max : 0);
  if (n.recipient_limit) out.integer(n.recipient_limit->window.count());
  return out.take();
}

std::string pack_content(const Notification& n) {
  Packer out;
  out.integer(value_layout);
  out.text(n.to);
  out.text(n.subject);
  out.text(n.text);
  out.text(n.html);
  return out.take();
}

Notification unpack_notification(std::string_view id_packed, std::string_view meta,
                                 std::string_view content) {
  Notification n;
  n.id.value = unpack_id(id_packed);
  Unpacker in(meta);
  expect_layout(in);
  n.event_id.value = unpack_id(in.text());
  n.event_type = in.text();
  n.user_id.value = unpack_id(in.text());
  n.channel = channel_of(in.integer());
  n.workflow = in.text();
  n.step = in.text();
  n.template_version = in.text();
  n.category = in.text();
  n.accepted_at = in.time();
  n.planned_at = in.time();
  n.send_at = in.optional_time();
  n.expires_at = in.optional_time();
  n.traceparent = in.text();
  if (!in.at_end()) {  // rows of before there were categories end here
    n.attempts_max = static_cast<int>(in.integer());
    n.hold_in_doubt = in.integer() != 0;
    if (const std::int64_t max = in.integer(); max > 0)
      n.recipient_limit = Limit{max, std::chrono::milliseconds(in.integer())};
  }
  if (content.empty()) return n;
  Unpacker body(content);
  expect_layout(body);
  n.to = body.text();
  n.subject = body.text();
  n.text = body.text();
  n.html = body.text();
  return n;
}

std::string pack_step(const Step& s) {
  Packer out;
  out.integer(value_layout);
  out.text(pack_id(s.notification_id.value));
  out.text(pack_id(s.user_id.value));
  out.text(pack_id(s.event_id.value));
  out.integer(code(s.channel));
  out.integer(code(s.kind));
  out.integer(s.attempt);
  out.text(s.provider);
  out.integer(s.sandbox ? 1 : 0);
  out.text(s.answer);
  out.time(s.at);
  out.time(s.due_at);
  out.text(s.traceparent);
  return out.take();
}

Step unpack_step(std::string_view packed) {
  Unpacker in(packed);
  expect_layout(in);
  Step s;
  s.notification_id.value = unpack_id(in.text());
  s.user_id.value = unpack_id(in.text());
  s.event_id.value = unpack_id(in.text());
  s.channel = channel_of(in.integer());
  s.kind = step_kind_of(in.integer());
  s.attempt = static_cast<int>(in.integer());
  s.provider = in.text();
  s.sandbox = in.integer() != 0;
  s.answer = in.text();
  s.at = in.time();
  s.due_at = in.optional_time();
  s.traceparent = in.text();
  return s;
}

}  // namespace vestnik::store
