#include "config/values.h"

#include <gtest/gtest.h>

#include "config/problem.h"
#include "config/role.h"

namespace vestnik::config {
namespace {

using namespace std::chrono_literals;

void expect_form(const Form& form, std::initializer_list<std::string_view> good,
                 std::initializer_list<std::string_view> bad) {
  for (const auto text : good) EXPECT_TRUE(form.matches(text)) << text;
  for (const auto text : bad) EXPECT_FALSE(form.matches(text)) << text;
}

TEST(Forms, AcceptAndRefuse) {
  expect_form(forms::broker, {"kafka:9092", "10.0.0.1:1", "[::1]:9092"},
              {"kafka", "kafka:", ":9092", "kafka:0", "kafka:65536", "kafka:9092x", "::1:9092", "ka fka:9092",
               "[a]:1"});
  expect_form(forms::topic, {"user-events", "a.b_c"}, {"", ".", "..", "user events", "событие"});
  expect_form(forms::database_url, {"sqlite:", "postgresql://u:p@h/db", "postgres://h/db"},
              {"sqlite:/tmp/x", "sqlite", "mysql://h/db", "postgresql:/h"});
  expect_form(forms::mailbox, {"a@example.org", "Vestnik <no-reply@localhost>", "Вестник <a@b>"},
              {"a", "@b", "a@", "A <a@b", "A <>", "a@b\r\nBcc: c@d"});
  expect_form(forms::sms_sender, {"Vestnik", "+79161234567", "12345"},
              {"", "TwelveLetters", "1234567890123456", "Вестник", "a\n"});
  expect_form(forms::region, {"RU", "DE"}, {"ru", "RUS", ""});
  expect_form(forms::api_key, {"0123456789abcdef0123456789abcdef"}, {"short", "0123456789abcdef 0123456789"});
  expect_form(forms::header, {"Authorization=Bearer%20k", "x-scope=", "a=b=c"},
              {"", "x", "=x", "a b=c", "a=b\nc"});
  expect_form(forms::host, {"127.0.0.1", "::1", "vestnik.example.org"}, {"", "a b", "http://a"});
}

TEST(ByteSizeOrAuto, IsReadAndShown) {
  const Value value = byte_size_or_auto(&Config::disk_reserve);
  Config config;
  EXPECT_EQ(value.show(config), "auto");
  ASSERT_TRUE(value.set(config, "512MiB"));
  EXPECT_EQ(config.disk_reserve, 512u << 20);
  EXPECT_EQ(value.show(config), "512MiB");
  ASSERT_TRUE(value.set(config, "0"));
  EXPECT_EQ(config.disk_reserve, 0u);
  ASSERT_TRUE(value.set(config, "auto"));
  EXPECT_FALSE(config.disk_reserve);
  for (const char* bad : {"lots", "5%", "-1", "1GB"}) {
    const auto set = value.set(config, bad);
    ASSERT_FALSE(set) << bad;
    EXPECT_EQ(set.error(), "auto or a size (B, KiB, MiB, GiB, TiB)");
  }
}

TEST(Integer, HasBounds) {
  const Value value = integer(&Config::intake_lag_max, 0, 1'000'000'000'000);
  Config config;
  ASSERT_TRUE(value.set(config, "1000000000000"));
  EXPECT_EQ(value.show(config), "1000000000000");
  for (const char* bad : {"1000000000001", "-1", "1e6", "99999999999999999999"})
    EXPECT_FALSE(value.set(config, bad)) << bad;
}

TEST(Ratio, IsReadAndShown) {
  const Value value = ratio(&Config::traces_ratio);
  Config config;
  EXPECT_EQ(value.show(config), "1");
  ASSERT_TRUE(value.set(config, "0.25"));
  EXPECT_EQ(config.traces_ratio, 0.25);
  EXPECT_EQ(value.show(config), "0.25");
  for (const char* good : {"0", "1", "1.0", "1e-3"}) EXPECT_TRUE(value.set(config, good)) << good;
  for (const char* bad : {"1.1", "-0.1", "nan", "half", "50%", "0,5"})
    EXPECT_FALSE(value.set(config, bad)) << bad;
}

TEST(DidYouMean, NamesTheNearestOrNothing) {
  EXPECT_EQ(did_you_mean("prot", {"host", "port", "data_dir"}), ", did you mean \"port\"?");
  EXPECT_EQ(did_you_mean("datadir", {"host", "port", "data_dir"}), ", did you mean \"data_dir\"?");
  EXPECT_EQ(did_you_mean("something_else", {"host", "port"}), "");
  EXPECT_EQ(did_you_mean(std::string(100'000, 'x'), {"host"}), "");
}

TEST(EditDistance, CountsASwapAsOne) {
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("abc", "abc"), 0u);
  EXPECT_EQ(edit_distance("acb", "abc"), 1u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

TEST(Role, IsWrittenAsServeTakesIt) {
  for (const Role role : all_roles) EXPECT_EQ(parse_role(to_string(role)), role);
  EXPECT_FALSE(parse_role("user_service"));
}

}  // namespace
}  // namespace vestnik::config
