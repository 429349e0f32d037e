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

}  // namespace
}  // namespace vestnik
