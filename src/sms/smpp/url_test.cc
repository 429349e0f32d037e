#include "sms/smpp/url.h"

#include <gtest/gtest.h>

namespace vestnik::sms::smpp {
namespace {

TEST(SmppUrl, Defaults) {
  const SmppUrl url = parse_smpp_url("smpp://vestnik:secret@smsc.example").value();
  EXPECT_EQ(url.host, "smsc.example");
  EXPECT_EQ(url.port, 2775);
  EXPECT_FALSE(url.tls);
  EXPECT_EQ(url.system_id, "vestnik");
  EXPECT_EQ(url.password, "secret");
  EXPECT_EQ(url.window, 100u);
  EXPECT_EQ(url.binds, 1u);
  EXPECT_FALSE(url.source_ton);
}

TEST(SmppUrl, EveryOption) {
  const SmppUrl url =
      parse_smpp_url(
          "smpps://v:p%40ss%3A@[::1]:2776/?window=10&binds=2&system_type=VMA&source_ton=5&source_npi=0&"
          "dest_ton=2&dest_npi=8&data_coding=1&enquire_link_s=5&response_s=7&response_ids=hex&"
          "receipt_ids=decimal&tls_verify=false")
          .value();
  EXPECT_EQ(url.host, "::1");
  EXPECT_EQ(url.port, 2776);
  EXPECT_TRUE(url.tls);
  EXPECT_FALSE(url.tls_verify);
  EXPECT_EQ(url.password, "p@ss:");
  EXPECT_EQ(url.window, 10u);
  EXPECT_EQ(url.binds, 2u);
  EXPECT_EQ(url.system_type, "VMA");
  EXPECT_EQ(url.source_ton, 5);
  EXPECT_EQ(url.source_npi, 0);
  EXPECT_EQ(url.destination_ton, 2);
  EXPECT_EQ(url.destination_npi, 8);
  EXPECT_EQ(url.data_coding, 1);
  EXPECT_EQ(url.enquire_link_idle, std::chrono::seconds(5));
  EXPECT_EQ(url.response_limit, std::chrono::seconds(7));
  EXPECT_EQ(url.response_ids, IdForm::hex);
  EXPECT_EQ(url.receipt_ids, IdForm::decimal);
}

TEST(SmppUrl, ErrorsNameThePartAndNeverThePassword) {
  const struct {
    const char* url;
    UrlError kind;
    const char* named;
  } cases[] = {
      {"", UrlError::not_a_url, "smpp://"},
      {"smpp://v:pa55 word@h", UrlError::not_a_url, "URL"},
      {"http://v:pa55@h", UrlError::scheme, "scheme"},
      {"smpp://v:pa55@", UrlError::host, "host"},
      {"smpp://v:pa55@h:0", UrlError::host, "port"},
      {"smpp://v:pa55@h:65536", UrlError::host, "port"},
      {"smpp://h:2775", UrlError::credentials, "system_id"},
      {"smpp://sixteen-letters-:pa55@h", UrlError::credentials, "system_id"},
      {"smpp://v:pa55pa55p@h", UrlError::credentials, "8 octets"},
      {"smpp://v:pa%00@h", UrlError::credentials, "password"},
      {"smpp://v:pa55@h/path", UrlError::not_a_url, "path"},
      {"smpp://v:pa55@h?window=0", UrlError::option, "window"},
      {"smpp://v:pa55@h?window=", UrlError::option, "window"},
      {"smpp://v:pa55@h?binds=17", UrlError::option, "binds"},
      {"smpp://v:pa55@h?windw=3", UrlError::option, "windw"},
      {"smpp://v:pa55@h?receipt_ids=octal", UrlError::option, "receipt_ids"},
      {"smpp://v:pa55@h?tls_verify=maybe", UrlError::option, "tls_verify"},
      {"smpp://v:pa55@h?system_type=thirteen-long", UrlError::option, "system_type"},
  };
  for (const auto& c : cases) {
    const auto url = parse_smpp_url(c.url);
    ASSERT_FALSE(url) << c.url;
    EXPECT_EQ(url.error().kind, c.kind) << c.url;
    EXPECT_NE(url.error().message.find(c.named), std::string::npos) << url.error().message;
    EXPECT_EQ(url.error().message.find("pa55"), std::string::npos);
  }
}

}  // namespace
}  // namespace vestnik::sms::smpp
