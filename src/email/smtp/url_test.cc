#include "email/smtp/url.h"

#include <gtest/gtest.h>

namespace vestnik::email::smtp {
namespace {

using namespace std::chrono_literals;

Url good(std::string_view text) {
  const auto url = parse_url(text);
  EXPECT_TRUE(url.has_value()) << text << ": " << (url ? "" : url.error().message);
  return url.value_or(Url{});
}

Failure<UrlError> bad(std::string_view text) {
  const auto url = parse_url(text);
  EXPECT_FALSE(url.has_value()) << text;
  return url ? Failure<UrlError>{UrlError{-1}, ""} : url.error();
}

TEST(SmtpUrl, Defaults) {
  const Url url = good("smtp://mail.example.org");
  EXPECT_EQ(url.host, "mail.example.org");
  EXPECT_EQ(url.port, 25);
  EXPECT_EQ(url.tls, TlsMode::opportunistic);
  EXPECT_FALSE(url.credentials.has_value());
  EXPECT_FALSE(url.verify);
  EXPECT_EQ(url.connections, 8U);
  EXPECT_EQ(url.final_timeout, 10min);
}

TEST(SmtpUrl, AUserMeansSubmissionOverVerifiedTls) {
  const Url url = good("smtp://us%40er:p%3Aa%2Fss@mail.example.org");
  EXPECT_EQ(url.credentials->user, "us@er");
  EXPECT_EQ(url.credentials->password, "p:a/ss");
  EXPECT_EQ(url.port, 587);
  EXPECT_EQ(url.tls, TlsMode::required);
  EXPECT_TRUE(url.verify);
}

TEST(SmtpUrl, LoopbackNeedsNoTls) {
  for (const char* host : {"127.0.0.1", "localhost", "[::1]"})
    EXPECT_EQ(good("smtp://u:p@" + std::string(host)).tls, TlsMode::opportunistic);
  EXPECT_EQ(good("smtp://u:p@127.evil.example").tls, TlsMode::required);
}

TEST(SmtpUrl, Smtps) {
  const Url url = good("smtps://[::1]/?verify=no");
  EXPECT_EQ(url.host, "::1");
  EXPECT_EQ(url.port, 465);
  EXPECT_EQ(url.tls, TlsMode::implicit);
  EXPECT_FALSE(url.verify);
  EXPECT_TRUE(good("smtps://a").verify);
}

TEST(SmtpUrl, Options) {
  const Url url = good(
      "smtp://"
      "a:2525?tls=required&ca_file=%2Fetc%2Fca.pem&helo=me.example.org&connections=20&timeout=2s&final_"
      "timeout=250ms"
      "&connect_timeout=1m&idle_timeout=5");
  EXPECT_EQ(url.port, 2525);
  EXPECT_EQ(url.ca_file, "/etc/ca.pem");
  EXPECT_EQ(url.helo, "me.example.org");
  EXPECT_EQ(url.connections, 20U);
  EXPECT_EQ(url.timeout, 2s);
  EXPECT_EQ(url.final_timeout, 250ms);
  EXPECT_EQ(url.connect_timeout, 1min);
  EXPECT_EQ(url.idle_timeout, 5s);
  EXPECT_TRUE(url.verify);
}

TEST(SmtpUrl, Mistakes) {
  EXPECT_EQ(bad("").kind, UrlError::not_a_url);
  EXPECT_EQ(bad("mail.example.org:25").kind, UrlError::scheme);
  EXPECT_EQ(bad("http://a").kind, UrlError::scheme);
  EXPECT_EQ(bad("smtp://").kind, UrlError::host);
  EXPECT_EQ(bad("smtp:a").kind, UrlError::not_a_url);
  EXPECT_EQ(bad("smtp://a:0").kind, UrlError::host);
  EXPECT_EQ(bad("smtp://a:70000").kind, UrlError::host);
  EXPECT_EQ(bad("smtp://user@a").kind, UrlError::credentials);
  EXPECT_EQ(bad("smtp://u:p%00@a").kind, UrlError::credentials);
  EXPECT_EQ(bad("smtp://a/path").kind, UrlError::not_a_url);
  for (const char* option : {"tls=yes", "verify=1", "connections=0", "connections=257", "connections=-1",
                             "timeout=0", "timeout=1h", "timeout=", "timeout=99999999999999999999",
                             "idle_timeout=2d", "helo=a%0d%0ab", "ca_file=", "unknown=1"})
    EXPECT_EQ(bad("smtp://a?" + std::string(option)).kind, UrlError::option) << option;
  EXPECT_EQ(bad("smtp://a?verify=yes").kind, UrlError::option);
  EXPECT_EQ(bad("smtp://a?tls=never&ca_file=x").kind, UrlError::option);
  EXPECT_EQ(bad("smtps://a?tls=required").kind, UrlError::option);
  EXPECT_EQ(bad("smtp://u:p@a?tls=opportunistic").kind, UrlError::option);
  EXPECT_EQ(good("smtp://u:p@a?tls=never").tls, TlsMode::never);
}

// An unencoded character in the password cuts the URL at odd places; no piece of it may come back.
TEST(SmtpUrl, NoErrorRepeatsAnyPartOfThePassword) {
  for (const char* text :
       {"smtp://user:hun@ter2@host", "smtp://user:hunter2#hunter2@host", "smtp://user:12/hunter2@host",
        "smtp://user:12?hunter2@host", "smtp://user:12?hunter2=hunter2@host",
        "smtp://user:hunter2@host?tls=hunter2", "smtp://user:hunter2@host:hunter2", "hunter2",
        "smtp://user:hunter2 @host", "smtp://user:%hunter2@host", "smtp://user:hunter2@host?hunter2",
        "smtp://:hunter2@host", "hunter2://a"})
    EXPECT_EQ(bad(text).message.find("unter2"), std::string::npos) << text;
}

}  // namespace
}  // namespace vestnik::email::smtp
