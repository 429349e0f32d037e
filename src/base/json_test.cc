#include "base/json.h"

#include <gtest/gtest.h>

namespace vestnik {
namespace {

TEST(Json, ReadsAnObject) {
  const auto object = parse_json_object(R"({"a":"x","n":7,"z":null})");
  ASSERT_TRUE(object);
  EXPECT_EQ(string_member(*object, "a"), "x");
  EXPECT_EQ(integer_member(*object, "n"), 7);
  EXPECT_FALSE(string_member(*object, "z"));
  EXPECT_FALSE(string_member(*object, "absent"));
}

TEST(Json, SaysWhatIsWrong) {
  EXPECT_EQ(parse_json_object("").error().kind, JsonError::not_json);
  EXPECT_EQ(parse_json_object("{").error().kind, JsonError::not_json);
  EXPECT_EQ(parse_json_object("{} x").error().kind, JsonError::not_json);
  EXPECT_EQ(parse_json_object("[1]").error().kind, JsonError::not_an_object);
  EXPECT_EQ(parse_json_object("{\"a\":\"\xff\"}").error().kind, JsonError::not_json);
}

TEST(Json, BoundsTheDepth) {
  const std::string deep = "{\"a\":" + std::string(100'000, '[');
  EXPECT_EQ(parse_json_object(deep).error().kind, JsonError::too_deep);
}

// Writes down what it is told.
class Told final : public JsonMembers {
 public:
  void on_text(std::string_view name, std::string_view value) override {
    add(name, "\"" + std::string(value));
  }
  void on_integer(std::string_view name, std::int64_t value) override { add(name, std::to_string(value)); }
  void on_boolean(std::string_view name, bool value) override { add(name, value ? "true" : "false"); }

  void on_object(std::string_view name) override { add(name, "{}"); }

  std::string all;

 private:
  void add(std::string_view name, const std::string& value) { all += std::string(name) + "=" + value + " "; }
};

std::string told_of(std::string_view text) {
  Told told;
  const auto result = read_json_object(text, told);
  return result ? told.all : result.error().message;
}

TEST(JsonMembers, ComeInTheirOrder) {
  EXPECT_EQ(told_of(R"( {"a":"x","n":-7,"yes":true,"z":null,"f":1.5,"u":18446744073709551615} )"),
            "a=\"x n=-7 yes=true ");
  EXPECT_EQ(told_of(R"({"a":1,"a":2})"), "a=1 a=2 ");
  EXPECT_EQ(told_of("{}"), "");
}

TEST(JsonMembers, ThoseOfAMemberHaveBothNames) {
  EXPECT_EQ(told_of(R"({"o":{"a":1,"deep":{"x":2},"list":[3,{"y":4}],"b":5},"c":6})"),
            "o={} o.a=1 o.b=5 c=6 ");
  EXPECT_EQ(told_of(R"({"list":[{"a":1},"b",[2]],"c":"d"})"), "c=\"d ");
}

TEST(JsonMembers, TextIsWholeHoweverLongAndEscaped) {
  std::string escaped, plain;
  for (int i = 0; i < 3'000; ++i) {
    escaped += R"(\n\"\u0416 letters )";
    plain += "\n\"\xd0\x96 letters ";
  }
  EXPECT_EQ(told_of("{\"a\\n\":\"" + escaped + "\",\"b\":\"\xd0\x96 letters\"}"),
            "a\n=\"" + plain + " b=\"\xd0\x96 letters ");
}

TEST(JsonMembers, SayWhatIsWrongAsParsingDoes) {
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("{} x"), std::string("[1]"), std::string("[{\"a\":1}]"),
        std::string("7"), std::string("{\"a\":\"\xff\"}"), std::string("{\"a\":1,}"),
        "{\"a\":" + std::string(100'000, '[')}) {
    Told told;
    const auto read = read_json_object(text, told);
    const auto parsed = parse_json_object(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().kind, parsed.error().kind) << text;
    EXPECT_EQ(read.error().message, parsed.error().message) << text;
  }
}

}  // namespace
}  // namespace vestnik
