#include "sms/smpp/receipt.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <fmt/format.h>

namespace vestnik::sms::smpp {
namespace {

constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0'; }
constexpr bool is_printable(char c) { return c > 0x20 && c < 0x7F; }
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         std::ranges::equal(text.substr(0, prefix.size()), prefix, {}, lower, lower);
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string printable(std::string_view text, std::size_t bytes_max) {
  std::string out(text.substr(0, bytes_max));
  for (char& c : out)
    if (!is_printable(c)) c = '?';
  return out;
}

// The value of `name:` (or `name :`), where the name stands at the start or after a space. Values hold no
// spaces.
std::optional<std::string_view> field(std::string_view text, std::string_view name) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (at > 0 && !is_space(text[at - 1])) continue;
    std::string_view rest = text.substr(at);
    // The message's own words come last and may hold anything, field names too.
    if (starts_with_ignoring_case(rest, "text:")) return std::nullopt;
    if (!starts_with_ignoring_case(rest, name)) continue;
    rest.remove_prefix(name.size());
    if (rest.empty() || rest[0] != ':') continue;
    rest.remove_prefix(1);
    const auto end = std::ranges::find_if(rest, is_space);
    return rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
  }
  return std::nullopt;
}

// YYMMDDhhmm, with or without seconds (appendix B), also with the century in front.
std::optional<Timestamp> parse_date(std::string_view text) {
  using namespace std::chrono;
  if (!std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  if (text.size() == 14 && text.starts_with("20")) text.remove_prefix(2);
  if (text.size() != 10 && text.size() != 12) return std::nullopt;
  std::array<int, 6> n{};
  for (std::size_t i = 0; i < text.size() / 2; ++i) n[i] = (text[2 * i] - '0') * 10 + (text[2 * i + 1] - '0');
  const year_month_day date{year(2000 + n[0]), month(static_cast<unsigned>(n[1])),
                            day(static_cast<unsigned>(n[2]))};
  if (!date.ok() || n[3] > 23 || n[4] > 59 || n[5] > 60) return std::nullopt;
  return Timestamp(sys_days(date)) + hours(n[3]) + minutes(n[4]) + seconds(n[5]);
}

// Appendix B's words are cut to 7 letters; some peers write them out.
DeliveryState state_of_word(std::string_view stat) {
  if (starts_with_ignoring_case(stat, "DELIV")) return DeliveryState::delivered;
  for (std::string_view word : {"EXPIRED", "DELETED", "UNDELIV", "REJECT", "FAILED"})
    if (starts_with_ignoring_case(stat, word)) return DeliveryState::failed;
  return DeliveryState::intermediate;
}

struct StateOfMessage {
  std::string_view word;
  DeliveryState state;
};

// message_state, section 5.2.28. UNKNOWN says nothing about delivery, ACCEPTED and ENROUTE say not yet.
std::optional<StateOfMessage> state_of_tlv(const std::string* value) {
  if (!value || value->empty()) return std::nullopt;
  switch (static_cast<std::uint8_t>(value->back())) {
    case 1: return StateOfMessage{"ENROUTE", DeliveryState::intermediate};
    case 2: return StateOfMessage{"DELIVRD", DeliveryState::delivered};
    case 3: return StateOfMessage{"EXPIRED", DeliveryState::failed};
    case 4: return StateOfMessage{"DELETED", DeliveryState::failed};
    case 5: return StateOfMessage{"UNDELIV", DeliveryState::failed};
    case 6: return StateOfMessage{"ACCEPTD", DeliveryState::intermediate};
    case 7: return StateOfMessage{"UNKNOWN", DeliveryState::intermediate};
    case 8: return StateOfMessage{"REJECTD", DeliveryState::failed};
    default: return std::nullopt;
  }
}

std::string answer_text(std::string_view stat, std::optional<std::string_view> error) {
  constexpr std::size_t word_max = 24;
  std::string out = fmt::format("stat:{}", printable(stat, word_max));
  if (error && !error->empty()) out += fmt::format(" err:{}", printable(*error, word_max));
  return out;
}

struct ReceiptText {
  std::optional<std::string_view> id, stat, error, done;
};

ReceiptText read_fields(std::string_view text) {
  return {field(text, "id"), field(text, "stat"), field(text, "err"), field(text, "done date")};
}

// Section 5.2.12: bits 5 to 2 of esm_class are 0001 for a receipt; bit 5 alone is an intermediate
// notification.
bool is_receipt_class(std::uint8_t esm_class) { return (esm_class & 0x3C) == 0x04; }
bool is_intermediate_class(std::uint8_t esm_class) { return (esm_class & 0x3C) == 0x20; }

}  // namespace

std::string normalize_id(std::string_view id, IdForm form) {
  id = trim(id);
  if (form != IdForm::text) {
    std::string_view digits = id;
    if (form == IdForm::hex && starts_with_ignoring_case(digits, "0x")) digits.remove_prefix(2);
    std::uint64_t value = 0;
    const auto [stop, error] =
        std::from_chars(digits.begin(), digits.end(), value, form == IdForm::hex ? 16 : 10);
    if (error == std::errc() && stop == digits.end()) return fmt::format("{}", value);
  }
  return printable(id, message_id_bytes_max);
}

std::optional<DeliveryReceipt> parse_receipt_text(std::string_view text) {
  const ReceiptText fields = read_fields(text);
  if (!fields.id || fields.id->empty()) return std::nullopt;
  DeliveryReceipt receipt;
  receipt.message_id = *fields.id;
  receipt.state = state_of_word(fields.stat.value_or(""));
  receipt.answer = answer_text(fields.stat.value_or("?"), fields.error);
  if (fields.done) receipt.done_at = parse_date(*fields.done);
  return receipt;
}

std::optional<DeliveryReceipt> read_receipt(const ShortMessage& message) {
  const std::string* id = find_tlv(message.tlvs, Tag::receipted_message_id);
  const bool intermediate = is_intermediate_class(message.esm_class);
  if (!id && !is_receipt_class(message.esm_class) && !intermediate) return std::nullopt;

  const std::string* payload = find_tlv(message.tlvs, Tag::message_payload);
  const ReceiptText fields =
      read_fields(message.short_message.empty() && payload ? *payload : message.short_message);
  const auto state = state_of_tlv(find_tlv(message.tlvs, Tag::message_state));

  DeliveryReceipt receipt;
  receipt.id_from_tlv = id && !trim(*id).empty();
  receipt.message_id = receipt.id_from_tlv ? trim(*id) : trim(fields.id.value_or(""));
  if (receipt.message_id.empty()) return std::nullopt;
  receipt.state = state ? state->state : state_of_word(fields.stat.value_or(""));
  if (intermediate) receipt.state = DeliveryState::intermediate;
  receipt.answer = answer_text(state ? state->word : fields.stat.value_or("?"), fields.error);
  if (fields.done) receipt.done_at = parse_date(*fields.done);
  return receipt;
}

}  // namespace vestnik::sms::smpp
