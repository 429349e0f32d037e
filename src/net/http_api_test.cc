#include "net/http_api.h"

#include <gtest/gtest.h>

namespace vestnik::net {
namespace {

TEST(ContentType, JsonByAnyName) {
  for (const char* type :
       {"", "application/json", "Application/JSON; charset=utf-8", "application/cloudevents+json",
        "application/x-www-form-urlencoded", "application/json ;x"})
    EXPECT_TRUE(is_json_content_type(type)) << type;
  for (const char* type :
       {"text/plain", "application/xml", "multipart/form-data; boundary=x", "json", "text/x+json"})
    EXPECT_FALSE(is_json_content_type(type)) << type;
}

TEST(JsonBody, IsAnObjectOrAProblem) {
  EXPECT_EQ(json_body({.body = R"({"reason":"x"})"})->at("reason"), "x");
  EXPECT_TRUE(json_body({.body = ""})->empty());
  EXPECT_EQ(json_body({.body = "[]"}).error().status, 400);
  EXPECT_EQ(json_body({.body = "{"}).error().status, 400);
  EXPECT_EQ(json_body({.headers = {{"content-type", "text/plain"}}, .body = "{}"}).error().status, 415);
  EXPECT_EQ(json_body({.headers = {{"content-encoding", "gzip"}}, .body = "{}"}).error().status, 415);
}

TEST(Parameters, ALimitIsAWholeNumberWithinItsBounds) {
  EXPECT_EQ(limit_parameter({}, 50, 500), 50u);
  EXPECT_EQ(limit_parameter({.query = {{"limit", "500"}}}, 50, 500), 500u);
  for (const char* limit : {"", "0", "501", "-1", "many", "1x", "99999999999999999999"}) {
    const auto refused = limit_parameter({.query = {{"limit", limit}}}, 50, 500);
    ASSERT_FALSE(refused) << limit;
    EXPECT_EQ(refused.error().field, "limit");
  }
}

TEST(Parameters, OneThatIsEmptyIsThere) {
  const HttpRequest request{.query = {{"a", ""}, {"a", "second"}}};
  EXPECT_EQ(query_value(request, "a"), "");
  EXPECT_EQ(query_value(request, "b"), std::nullopt);
}

TEST(LineOfText, IsUtf8WithoutControlCharactersCountedInCharacters) {
  EXPECT_TRUE(is_line_of_text("Анна", 4));
  EXPECT_FALSE(is_line_of_text("Анна!", 4));
  EXPECT_FALSE(is_line_of_text("", 4));
  EXPECT_FALSE(is_line_of_text("a\nb", 4));
  EXPECT_FALSE(is_line_of_text("a\xff", 4));
}

}  // namespace
}  // namespace vestnik::net
