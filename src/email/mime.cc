#include "email/mime.h"

#include <algorithm>
#include <gmime/gmime.h>
#include <memory>
#include <mutex>
#include <string_view>

namespace vestnik::email {
namespace {

struct Unref {
  void operator()(gpointer object) const { g_object_unref(object); }
};
template <class T>
using Owned = std::unique_ptr<T, Unref>;
using OwnedText = std::unique_ptr<char, decltype(&g_free)>;
using OwnedTime = std::unique_ptr<GDateTime, decltype(&g_date_time_unref)>;
using OwnedFormat = std::unique_ptr<GMimeFormatOptions, decltype(&g_mime_format_options_free)>;

// RFC 5322 section 2.1.1: lines should have no more than 78 characters. Longer ones are folded by an
// encoding.
constexpr std::size_t plain_line_max = 78;
// No encoded text contains "=_" (RFC 2045 section 6.7), so a boundary that begins with it can't occur in one.
constexpr std::string_view boundary_prefix = "=_vestnik_";

void init_once() {
  static std::once_flag once;
  std::call_once(once, [] { g_mime_init(); });
}

std::string valid_utf8(std::string_view text) {
  if (smtp::is_utf8(text)) return std::string(text);
  const OwnedText valid(g_utf8_make_valid(text.data(), static_cast<gssize>(text.size())), &g_free);
  return valid.get();
}

// One line without controls: whatever stood in a subject or a name, it can't begin a header of its own.
std::string header_text(std::string_view text) {
  std::string line = valid_utf8(text);
  for (std::size_t i = 0; i < line.size(); ++i) {
    const auto byte = static_cast<unsigned char>(line[i]);
    const bool c1 = byte == 0xC2 && i + 1 < line.size() && static_cast<unsigned char>(line[i + 1]) < 0xA0;
    if (c1)
      line[i++] = ' ', line[i] = ' ';
    else if (byte < 0x20 || byte == 0x7F)
      line[i] = ' ';
  }
  return line;
}

// Lines end in LF, the last one too.
std::string unix_lines(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool cr = text[i] == '\r';
    if (cr && i + 1 < text.size() && text[i + 1] == '\n') continue;
    out += cr ? '\n' : text[i];
  }
  if (!out.empty() && out.back() != '\n') out += '\n';
  return out;
}

std::string with_crlf(std::string_view lines) {
  std::string out;
  out.reserve(lines.size() + lines.size() / 16);
  for (const char c : lines) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

bool is_plain(std::string_view lines) {
  if (lines.find(boundary_prefix) != std::string_view::npos) return false;
  std::size_t length = 0;
  for (const char c : lines) {
    length = c == '\n' ? 0 : length + 1;
    const bool printable = (c >= 0x20 && c < 0x7F) || c == '\t' || c == '\n';
    if (!printable || length > plain_line_max) return false;
  }
  return true;
}

// Seven bits in any case; base64 from where it is the shorter one.
GMimeContentEncoding encoding_for(std::string_view lines) {
  if (is_plain(lines)) return GMIME_CONTENT_ENCODING_7BIT;
  const auto escaped = std::ranges::count_if(lines, [](unsigned char c) { return c >= 0x80; });
  return static_cast<std::size_t>(escaped) * 6 > lines.size() ? GMIME_CONTENT_ENCODING_BASE64
                                                              : GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE;
}

Owned<GMimeObject> text_part(const char* subtype, std::string_view text) {
  std::string content = unix_lines(valid_utf8(text));
  const GMimeContentEncoding encoding = encoding_for(content);
  // Base64 holds the text as it is on the wire (RFC 2045 section 6.8); the others get their CRLF when written
  // out.
  if (encoding == GMIME_CONTENT_ENCODING_BASE64) content = with_crlf(content);
  const Owned<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(content.data(), content.size()));
  const Owned<GMimeDataWrapper> wrapper(
      g_mime_data_wrapper_new_with_stream(stream.get(), GMIME_CONTENT_ENCODING_DEFAULT));
  Owned<GMimeObject> part(GMIME_OBJECT(g_mime_text_part_new_with_subtype(subtype)));
  g_mime_text_part_set_charset(GMIME_TEXT_PART(part.get()), "utf-8");
  g_mime_part_set_content(GMIME_PART(part.get()), wrapper.get());
  g_mime_part_set_content_encoding(GMIME_PART(part.get()), encoding);
  return part;
}

Owned<GMimeObject> body_of(const Notification& notification) {
  auto text = text_part("plain", notification.text);
  if (notification.html.empty()) return text;
  const auto html = text_part("html", notification.html);
  Owned<GMimeObject> both(GMIME_OBJECT(g_mime_multipart_new_with_subtype("alternative")));
  const std::string boundary = std::string(boundary_prefix) + notification.id.value;
  g_mime_multipart_set_boundary(GMIME_MULTIPART(both.get()), boundary.c_str());
  g_mime_multipart_add(GMIME_MULTIPART(both.get()), text.get());
  g_mime_multipart_add(GMIME_MULTIPART(both.get()), html.get());
  return both;
}

void add_mailbox(GMimeMessage* message, GMimeAddressType type, const std::string& name,
                 const std::string& address) {
  const std::string clean_name = header_text(name);
  const Owned<InternetAddress> mailbox(
      internet_address_mailbox_new(clean_name.empty() ? nullptr : clean_name.c_str(), address.c_str()));
  internet_address_set_charset(mailbox.get(), "utf-8");
  internet_address_list_add(g_mime_message_get_addresses(message, type), mailbox.get());
}

void set_headers(GMimeMessage* message, const Notification& notification, const Mailbox& from) {
  add_mailbox(message, GMIME_ADDRESS_TYPE_FROM, from.name, from.address);
  add_mailbox(message, GMIME_ADDRESS_TYPE_TO, {}, notification.to);
  g_mime_message_set_subject(message, header_text(notification.subject).c_str(), "utf-8");
  const Timestamp at = notification.send_at.value_or(notification.planned_at);
  const OwnedTime date(g_date_time_new_from_unix_utc(to_unix_ms(at) / 1000), &g_date_time_unref);
  g_mime_message_set_date(message, date.get());
  g_mime_message_set_message_id(message, (notification.id.value + '@' + from.a_domain).c_str());
  // RFC 3834 section 5: autoresponders leave it unanswered.
  g_mime_object_set_header(GMIME_OBJECT(message), "Auto-Submitted", "auto-generated", nullptr);
}

}  // namespace

Result<std::string, Failure<smtp::AddressError>> render_message(const Notification& notification,
                                                                const Mailbox& from) {
  init_once();
  if (auto checked = smtp::parse_envelope_address(notification.to); !checked)
    return std::unexpected(checked.error());
  const Owned<GMimeMessage> message(g_mime_message_new(FALSE));
  set_headers(message.get(), notification, from);
  const auto body = body_of(notification);
  g_mime_message_set_mime_part(message.get(), body.get());
  const OwnedFormat format(g_mime_format_options_new(), &g_mime_format_options_free);
  g_mime_format_options_set_newline_format(format.get(), GMIME_NEWLINE_FORMAT_DOS);
  const OwnedText text(g_mime_object_to_string(GMIME_OBJECT(message.get()), format.get()), &g_free);
  return std::string(text.get());
}

}  // namespace vestnik::email
