#include "email/mime.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <gmime/gmime.h>
#include <memory>
#include <mutex>
#include <string_view>

#include "base/text.h"
#include "email/mime_body.h"

namespace vestnik::email {
namespace {

struct Unref {
  void operator()(gpointer object) const { g_object_unref(object); }
};
template <class T>
using Owned = std::unique_ptr<T, Unref>;
using OwnedText = std::unique_ptr<char, decltype(&g_free)>;

// RFC 5322 section 2.1.1: a line should have no more than 78 characters; GMime folds at 76.
constexpr std::size_t header_line_max = 76;
// RFC 2046 section 5.1.1: a boundary has at most 70 characters.
constexpr std::size_t boundary_max = 70;

void init_once() {
  static std::once_flag once;
  std::call_once(once, [] { g_mime_init(); });
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

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Printable ASCII with single spaces inside, and nothing that a reader could take for an encoded word (RFC
// 2047).
bool is_plain_text(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7F; }) && !text.starts_with(' ') &&
         !text.ends_with(' ') && text.find("  ") == text.npos && text.find("=?") == text.npos;
}

// Atoms, which a name may consist of without quotes (RFC 5322 section 3.2.3).
bool is_plain_name(std::string_view name) {
  return is_plain_text(name) && std::ranges::all_of(name, [](char c) {
           return is_letter_or_digit(c) ||
                  std::string_view(" !#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
         });
}

// GMime ends its lines in LF, ours end in CRLF; and where it folds it puts a tab for the space that was
// there, which would stay behind in a quoted string (RFC 5322 section 2.2.3).
void append_folded(std::string& out, std::string_view folded) {
  for (std::size_t i = 0; i < folded.size(); ++i) {
    const char c = folded[i];
    if (c == '\n' && !out.ends_with('\r')) out += '\r';
    out += c == '\t' && i > 0 && folded[i - 1] == '\n' ? ' ' : c;
  }
  if (!out.ends_with("\r\n")) out += "\r\n";
}

// As the user wrote it where that is ASCII.
std::string header_address(std::string_view local, std::string_view domain, std::string_view a_domain) {
  return std::string(local).append("@").append(is_ascii(domain) ? domain : a_domain);
}

void append_from(std::string& out, const Mailbox& from) {
  const std::string name = header_text(from.name);
  const std::string_view whole = from.address;
  const std::size_t at = whole.rfind('@');
  const std::string address = header_address(whole.substr(0, at), whole.substr(at + 1), from.a_domain);
  if (name.empty()) {
    out.append("From: ").append(address).append("\r\n");
    return;
  }
  const std::string plain = fmt::format("From: {} <{}>", name, address);
  if (is_plain_name(name) && plain.size() <= header_line_max) {
    out.append(plain).append("\r\n");
    return;
  }
  const Owned<InternetAddress> mailbox(internet_address_mailbox_new(name.c_str(), address.c_str()));
  internet_address_set_charset(mailbox.get(), "utf-8");
  const Owned<InternetAddressList> list(internet_address_list_new());
  internet_address_list_add(list.get(), mailbox.get());
  const std::unique_ptr<GString, void (*)(GString*)> text(g_string_new("From: "),
                                                          [](GString* s) { g_string_free(s, TRUE); });
  internet_address_list_encode(list.get(), nullptr, text.get());
  append_folded(out, {text->str, text->len});
}

void append_subject(std::string& out, std::string_view subject) {
  const std::string text = header_text(subject);
  const std::string plain = "Subject: " + text;
  if (is_plain_text(text) && plain.size() <= header_line_max) {
    out.append(plain).append("\r\n");
    return;
  }
  const OwnedText encoded(g_mime_utils_header_encode_text(nullptr, text.c_str(), "utf-8"), &g_free);
  const std::string header = std::string("Subject: ") + encoded.get();
  const OwnedText folded(g_mime_utils_unstructured_header_fold(nullptr, nullptr, header.c_str()), &g_free);
  append_folded(out, folded.get());
}

// RFC 5322 section 3.3, in UTC.
std::string date_text(Timestamp at) {
  using namespace std::chrono;
  constexpr std::array<std::string_view, 7> weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = floor<days>(at);
  const year_month_day date(day);
  const hh_mm_ss time(floor<seconds>(at - day));
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000", weekdays[weekday(day).c_encoding()],
                     unsigned(date.day()), months[unsigned(date.month()) - 1], int(date.year()),
                     time.hours().count(), time.minutes().count(), time.seconds().count());
}

// The id where only letters, digits and hyphens may stand, which is what ids consist of unless somebody else
// writes to our topics.
std::string token(const NotificationId& id) {
  std::string text = id.value.substr(0, boundary_max - boundary_prefix.size());
  std::ranges::replace_if(text, [](char c) { return !is_letter_or_digit(c) && c != '-'; }, '_');
  return text;
}

void append_body(std::string& out, const Notification& notification, std::string_view id) {
  if (notification.html.empty()) return append_text_part(out, "plain", notification.text);
  const std::string boundary = std::string(boundary_prefix).append(id);
  out.append("Content-Type: multipart/alternative;\r\n\tboundary=\"").append(boundary).append("\"\r\n\r\n");
  out.append("--").append(boundary).append("\r\n");
  append_text_part(out, "plain", notification.text);
  out.append("\r\n--").append(boundary).append("\r\n");
  append_text_part(out, "html", notification.html);
  out.append("\r\n--").append(boundary).append("--\r\n");
}

}  // namespace

Result<std::string, Failure<smtp::AddressError>> render_message(const Notification& notification,
                                                                const Mailbox& from,
                                                                std::string_view traceparent) {
  const auto to = smtp::parse_envelope_address(notification.to);
  if (!to) return std::unexpected(to.error());
  init_once();
  constexpr std::size_t headers_bytes = 1024;
  std::string out;
  out.reserve(headers_bytes + notification.text.size() * 3 / 2 + notification.html.size() * 3 / 2);
  const std::string id = token(notification.id);
  append_from(out, from);
  out.append("To: ").append(header_address(to->local, to->domain, to->a_domain)).append("\r\n");
  append_subject(out, notification.subject);
  out.append("Date: ")
      .append(date_text(notification.send_at.value_or(notification.planned_at)))
      .append("\r\n");
  out.append("Message-Id: <").append(id).append("@").append(from.a_domain).append(">\r\n");
  // RFC 3834 section 5: autoresponders leave it unanswered.
  out += "Auto-Submitted: auto-generated\r\n";
  if (!traceparent.empty()) out.append("traceparent: ").append(traceparent).append("\r\n");
  out += "MIME-Version: 1.0\r\n";
  append_body(out, notification, id);
  return out;
}

}  // namespace vestnik::email
