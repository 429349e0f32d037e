#include "email/mime.h"

#include <gmime/gmime.h>
#include <gtest/gtest.h>
#include <memory>
#include <thread>
#include <vector>

#ifdef __SANITIZE_THREAD__
// GLib and GMime are not instrumented: ThreadSanitizer sees their memory accesses through libc but not their
// locks.
extern "C" const char* __tsan_default_suppressions() {
  return "race:libglib-2.0.so\nrace:libgobject-2.0.so\nrace:libgmime-3.0.so\n";
}
#endif

namespace vestnik::email {
namespace {

const Mailbox from = *parse_mailbox("Vestnik <no-reply@localhost>");

Notification notification() {
  Notification n;
  n.id = {"8f14e45f-ceea-867f-a9f1-2b3c4d5e6f70"};
  n.to = "ivan@example.org";
  n.subject = "Welcome";
  n.text = "Hello\n.\nBye";
  n.planned_at = from_unix_us(1'700'000'000'000'000);
  return n;
}

std::string rendered(const Notification& n, const Mailbox& sender = from) {
  const auto message = render_message(n, sender);
  EXPECT_TRUE(message.has_value());
  return message.value_or("");
}

// The message read back by a MIME parser.
class Parsed {
 public:
  explicit Parsed(const std::string& raw)
      : stream_(g_mime_stream_mem_new_with_buffer(raw.data(), raw.size())),
        parser_(g_mime_parser_new_with_stream(stream_)),
        message_(g_mime_parser_construct_message(parser_, nullptr)) {}
  ~Parsed() {
    g_object_unref(message_);
    g_object_unref(parser_);
    g_object_unref(stream_);
  }
  Parsed(const Parsed&) = delete;
  Parsed& operator=(const Parsed&) = delete;

  std::string subject() const { return g_mime_message_get_subject(message_); }
  std::string sender_name() const {
    std::string name =
        internet_address_get_name(internet_address_list_get_address(g_mime_message_get_from(message_), 0));
    // GMime leaves the line breaks of a folded quoted string in (RFC 5322 section 2.2.3: they mean nothing).
    for (std::size_t at; (at = name.find("\r\n")) != name.npos;) name.erase(at, 2);
    return name;
  }
  int headers() const {
    return g_mime_header_list_get_count(g_mime_object_get_header_list(GMIME_OBJECT(message_)));
  }
  std::string part(int index) const {
    GMimeObject* part = g_mime_message_get_mime_part(message_);
    if (GMIME_IS_MULTIPART(part)) part = g_mime_multipart_get_part(GMIME_MULTIPART(part), index);
    const std::unique_ptr<char, decltype(&g_free)> text(g_mime_text_part_get_text(GMIME_TEXT_PART(part)),
                                                        &g_free);
    std::string out = text.get();
    std::erase(out, '\r');
    return out;
  }

 private:
  GMimeStream* stream_;
  GMimeParser* parser_;
  GMimeMessage* message_;
};

// Encoded words (RFC 2047) one by one: GMime's own decoder joins neighbours and stops at the first one's
// padding.
std::string decoded_words(std::string_view raw) {
  constexpr std::string_view begin = "=?UTF-8?B?";
  std::string out;
  for (std::size_t at = raw.find(begin); at != std::string_view::npos; at = raw.find(begin, at)) {
    at += begin.size();
    const std::string word(raw.substr(at, raw.find("?=", at) - at));
    gsize length = 0;
    const std::unique_ptr<guchar, decltype(&g_free)> bytes(g_base64_decode(word.c_str(), &length), &g_free);
    out.append(reinterpret_cast<const char*>(bytes.get()), length);
  }
  return out;
}

void expect_fit_for_the_wire(const std::string& raw) {
  std::size_t begin = 0;
  while (begin < raw.size()) {
    const std::size_t end = raw.find("\r\n", begin);
    ASSERT_NE(end, std::string::npos);
    const std::string line = raw.substr(begin, end - begin);
    EXPECT_LE(line.size(), 998U);
    EXPECT_EQ(line.find_first_of(std::string("\r\n\0", 3)), std::string::npos);
    for (const char c : line) EXPECT_FALSE(c & 0x80);
    begin = end + 2;
  }
}

TEST(Mime, PlainText) {
  EXPECT_EQ(rendered(notification()),
            "From: Vestnik <no-reply@localhost>\r\n"
            "To: ivan@example.org\r\n"
            "Subject: Welcome\r\n"
            "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
            "Message-Id: <8f14e45f-ceea-867f-a9f1-2b3c4d5e6f70@localhost>\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: 7bit\r\n"
            "\r\n"
            "Hello\r\n.\r\nBye\r\n");
}

TEST(Mime, TextAndHtmlAsAlternatives) {
  Notification n = notification();
  n.html = "<p>Привет, Иван</p>\r\n";
  EXPECT_EQ(rendered(n),
            "From: Vestnik <no-reply@localhost>\r\n"
            "To: ivan@example.org\r\n"
            "Subject: Welcome\r\n"
            "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
            "Message-Id: <8f14e45f-ceea-867f-a9f1-2b3c4d5e6f70@localhost>\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: multipart/alternative;\r\n"
            "\tboundary=\"=_vestnik_8f14e45f-ceea-867f-a9f1-2b3c4d5e6f70\"\r\n"
            "\r\n"
            "--=_vestnik_8f14e45f-ceea-867f-a9f1-2b3c4d5e6f70\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: 7bit\r\n"
            "\r\n"
            "Hello\r\n.\r\nBye\r\n"
            "\r\n"
            "--=_vestnik_8f14e45f-ceea-867f-a9f1-2b3c4d5e6f70\r\n"
            "Content-Type: text/html; charset=utf-8\r\n"
            "Content-Transfer-Encoding: base64\r\n"
            "\r\n"
            "PHA+0J/RgNC40LLQtdGCLCDQmNCy0LDQvTwvcD4NCg==\r\n"
            "\r\n"
            "--=_vestnik_8f14e45f-ceea-867f-a9f1-2b3c4d5e6f70--\r\n");
}

TEST(Mime, DateIsWhenItWasToGo) {
  Notification n = notification();
  n.send_at = from_unix_us(1'800'000'000'000'000);
  EXPECT_NE(rendered(n).find("Date: Fri, 15 Jan 2027 08:00:00 +0000\r\n"), std::string::npos);
}

TEST(Mime, ATraceparentIsAHeaderWhereThereIsOne) {
  const std::string plain = rendered(notification());
  EXPECT_EQ(plain.find("traceparent"), plain.npos);
  const std::string header = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n";
  std::string traced = *render_message(notification(), from, header.substr(13, 55));
  ASSERT_NE(traced.find("\r\n" + header), traced.npos) << traced;
  traced.erase(traced.find(header), header.size());
  EXPECT_EQ(traced, plain) << "and nothing else differs";
}

TEST(Mime, NamesAndSubjectsBeyondAsciiAreEncoded) {
  Notification n = notification();
  n.subject = "Добро пожаловать в очень длинный предмет письма, который нужно сложить в несколько строк 🙂";
  const std::string raw = rendered(n, *parse_mailbox("\"Вестник, служба\" <no-reply@пример.рф>"));
  expect_fit_for_the_wire(raw);
  EXPECT_NE(raw.find("<no-reply@xn--e1afmkfd.xn--p1ai>"), std::string::npos);
  EXPECT_NE(raw.find("@xn--e1afmkfd.xn--p1ai>\r\nAuto"), std::string::npos);
  const Parsed parsed(raw);
  EXPECT_EQ(decoded_words(raw.substr(raw.find("Subject:"))), n.subject);
  EXPECT_EQ(parsed.sender_name(), "Вестник, служба");
}

TEST(Mime, NothingInASubjectOrNameBecomesAHeader) {
  const int usual = Parsed(rendered(notification())).headers();
  for (const std::string evil :
       {"a\r\nBcc: x@y", "a\nBcc: x@y", "a\rBcc: x@y", "a\r\n\r\nbody", "a\u0085Bcc: x@y", "\r\n.\r\n"}) {
    Notification n = notification();
    n.subject = evil;
    Mailbox sender = from;
    sender.name = evil;
    const std::string raw = rendered(n, sender);
    expect_fit_for_the_wire(raw);
    EXPECT_EQ(raw.find("\nBcc"), std::string::npos);
    EXPECT_EQ(Parsed(raw).headers(), usual);
    EXPECT_EQ(Parsed(raw).part(0), "Hello\n.\nBye\n");
  }
}

TEST(Mime, AnIdOfAnothersMakingBecomesNoHeader) {
  Notification n = notification();
  const int usual = Parsed(rendered(n)).headers();
  n.id.value = "a\"\r\nBcc: x@y" + std::string(100, 'i');
  n.html = "<p>b</p>\n";
  const std::string raw = rendered(n);
  expect_fit_for_the_wire(raw);
  EXPECT_EQ(raw.find("\nBcc"), std::string::npos);
  EXPECT_EQ(Parsed(raw).headers(), usual);
  EXPECT_EQ(Parsed(raw).part(1), n.html);
}

TEST(Mime, PlainHeadersAreWrittenAsTheyAre) {
  Notification n = notification();
  n.to = "Ivan.Petrov+news@Example.ORG";
  n.subject = "Your order 4711: it's on its way (really)";
  const std::string raw = rendered(n, *parse_mailbox("O'Neil & Sons <No-Reply@Example.org>"));
  EXPECT_TRUE(
      raw.starts_with("From: O'Neil & Sons <No-Reply@Example.org>\r\n"
                      "To: Ivan.Petrov+news@Example.ORG\r\n"
                      "Subject: Your order 4711: it's on its way (really)\r\n"
                      "Date: "))
      << raw;
  EXPECT_TRUE(
      rendered(n, *parse_mailbox("no-reply@example.org")).starts_with("From: no-reply@example.org\r\n"));
  EXPECT_TRUE(rendered(n, *parse_mailbox("\"News, daily\" <n@example.org>"))
                  .starts_with("From: \"News, daily\" <n@example.org>\r\n"));
}

TEST(Mime, LongHeadersAreFolded) {
  Notification n = notification();
  n.subject = std::string("A subject that goes on and on, beyond what fits on one line of a header, ") +
              "and then some more of it, so that it takes three";
  const std::string raw = rendered(n, *parse_mailbox("\"" + n.subject + "\" <n@example.org>"));
  expect_fit_for_the_wire(raw);
  for (std::size_t begin = 0, end; begin < raw.size(); begin = end + 2) {
    end = raw.find("\r\n", begin);
    EXPECT_LE(end - begin, 79U) << raw;
  }
  EXPECT_EQ(Parsed(raw).subject(), n.subject);
  EXPECT_EQ(Parsed(raw).sender_name(), n.subject);
}

TEST(Mime, TheDateIsRightOnAnyDay) {
  Notification n = notification();
  const auto date_at = [&](std::int64_t seconds) {
    n.send_at = from_unix_us(seconds * 1'000'000 + 999'999);
    const std::string raw = rendered(n);
    const std::size_t at = raw.find("Date: ") + 6;
    return raw.substr(at, raw.find("\r\n", at) - at);
  };
  EXPECT_EQ(date_at(0), "Thu, 01 Jan 1970 00:00:00 +0000");
  EXPECT_EQ(date_at(1'709'251'199), "Thu, 29 Feb 2024 23:59:59 +0000");
  EXPECT_EQ(date_at(1'735'689'599), "Tue, 31 Dec 2024 23:59:59 +0000");
}

TEST(Mime, AnAddressThatCouldBecomeAHeaderIsRefused) {
  Notification n = notification();
  n.to = "a@b\r\nBcc: x@y";
  ASSERT_FALSE(render_message(n, from).has_value());
  EXPECT_EQ(render_message(n, from).error().kind, smtp::AddressError::unsafe);
}

TEST(Mime, EveryBodyComesBackAsItWas) {
  const std::string long_line(5000, 'x');
  for (const std::string& text :
       {std::string(), std::string("\n"), std::string("trailing space \nand tab\t\n"), long_line + "\n",
        std::string("=3D =_vestnik_x\n"), std::string("From here\n.\n..\n"),
        std::string("mostly ascii with one é in it, long enough for quoted-printable\n"),
        std::string("Привет, мир\nвторая строка\n"),
        std::string(75, 'x') + "=\n" + std::string(74, 'y') + " \n" + std::string(76, 'z') + "é\n",
        std::string("é") + std::string(73, '=') + " \t\n \n" + std::string(300, '\t') + "\n",
        std::string("--=_vestnik_8f14e45f-ceea-867f-a9f1-2b3c4d5e6f70--\n")}) {
    Notification n = notification();
    n.text = text;
    n.html = "<p>" + text + "</p>\n";
    const std::string raw = rendered(n);
    expect_fit_for_the_wire(raw);
    const Parsed parsed(raw);
    EXPECT_EQ(parsed.part(0), text);
    EXPECT_EQ(parsed.part(1), n.html);
  }
}

TEST(Mime, LineEndsAreMadeOne) {
  Notification n = notification();
  n.text = "a\rb\r\nc\nd\r\n.\r\ne\x01";
  const std::string raw = rendered(n);
  expect_fit_for_the_wire(raw);
  EXPECT_EQ(Parsed(raw).part(0), "a\nb\nc\nd\n.\ne\x01\n");
}

TEST(Mime, InvalidUtf8IsReplaced) {
  Notification n = notification();
  n.subject = "a\xff";
  n.text = "b\xff\n";
  const Parsed parsed(rendered(n));
  EXPECT_EQ(parsed.subject(), "a\uFFFD");
  EXPECT_EQ(parsed.part(0), "b\uFFFD\n");
}

TEST(Mime, AnAddressBeyondAsciiStaysAsItIs) {
  Notification n = notification();
  n.to = "иван@example.org";
  EXPECT_NE(rendered(n).find("To: иван@example.org\r\n"), std::string::npos);
}

TEST(Mime, SeveralThreadsAtOnce) {
  const std::string expected = rendered(notification());
  std::vector<std::thread> threads;
  std::vector<int> same(4);
  for (int& count : same)
    threads.emplace_back([&count, &expected] {
      for (int i = 0; i < 200; ++i) count += render_message(notification(), from) == expected;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(same, std::vector<int>(4, 200));
}

}  // namespace
}  // namespace vestnik::email
