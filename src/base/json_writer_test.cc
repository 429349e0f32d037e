#include "base/json_writer.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace vestnik {
namespace {

TEST(JsonWriter, WritesWhatTheLibraryReads) {
  std::string every;
  for (int c = 0; c < 0x80; ++c) every += static_cast<char>(c);
  every += "Анна 🙂";
  const std::string written =
      JsonWriter(64).text("a", every).integer("b", -7).json("c", "[1]").text_unless_empty("d", "").finish();
  EXPECT_EQ(json::parse(written), (json::value{{"a", every}, {"b", -7}, {"c", {1}}}));
}

TEST(JsonWriter, AStringIsAsTheLibraryWritesIt) {
  for (std::string text :
       {std::string(), std::string("plain"), std::string("\"\\\b\f\n\r\t\x01\x1f/\x7f", 11)}) {
    std::string written;
    append_json_string(written, text);
    EXPECT_EQ(written, json::serialize(json::value(text)));
  }
}

TEST(JsonWriter, AnEmptyObjectIsOne) { EXPECT_EQ(JsonWriter(2).finish(), "{}"); }

}  // namespace
}  // namespace vestnik
