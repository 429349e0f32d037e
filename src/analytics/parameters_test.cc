#include "analytics/parameters.h"

#include <gtest/gtest.h>

namespace vestnik::analytics {
namespace {

net::HttpRequest with(std::vector<std::pair<std::string, std::string>> query) {
  return {.query = std::move(query)};
}

TEST(Parameters, AreReadAsWhatTheyAre) {
  const auto request = with({{"text", "Анна"},
                             {"channel", "sms"},
                             {"at", "2026-11-23T14:17:06Z"},
                             {"limit", "7"},
                             {"format", "csv"},
                             {"state", "sent"},
                             {"state", "dead"}});
  Parameters parameters(request, {"text", "channel", "at", "limit", "format", "state"}, {"state"});
  EXPECT_EQ(parameters.text("text"), "Анна");
  EXPECT_EQ(parameters.channel(), Channel::sms);
  EXPECT_EQ(parameters.time("at"), parse_rfc3339("2026-11-23T14:17:06Z"));
  EXPECT_EQ(parameters.limit(50, 500), 7u);
  EXPECT_EQ(parameters.one_of("format", {"csv", "ndjson"}, "ndjson"), "csv");
  EXPECT_EQ(
      parameters.all_of("state", [](auto) { return true; }, ""), (std::vector<std::string>{"sent", "dead"}));
  EXPECT_FALSE(parameters.problem());
}

TEST(Parameters, WhatIsNotThereHasADefault) {
  const auto request = with({});
  Parameters parameters(request, {"text", "channel", "at", "limit", "format"});
  EXPECT_EQ(parameters.text("text"), "");
  EXPECT_EQ(parameters.channel(), std::nullopt);
  EXPECT_EQ(parameters.time("at"), std::nullopt);
  EXPECT_EQ(parameters.limit(50, 500), 50u);
  EXPECT_EQ(parameters.one_of("format", {"csv", "ndjson"}, "ndjson"), "ndjson");
  EXPECT_FALSE(parameters.problem());
}

TEST(Parameters, TheFirstThatIsWrongIsNamed) {
  struct Wrong {
    std::vector<std::pair<std::string, std::string>> query;
    const char* field;
  };
  for (const Wrong& wrong : std::initializer_list<Wrong>{{{{"nonsense", "1"}}, "nonsense"},
                                                         {{{"text", "a"}, {"text", "a"}}, "text"},
                                                         {{{"text", ""}}, "text"},
                                                         {{{"text", "a\nb"}}, "text"},
                                                         {{{"text", "\xff"}}, "text"},
                                                         {{{"text", std::string(201, 'a')}}, "text"},
                                                         {{{"channel", "fax"}}, "channel"},
                                                         {{{"at", "yesterday"}}, "at"},
                                                         {{{"limit", "0"}}, "limit"},
                                                         {{{"format", "xml"}}, "format"},
                                                         {{{"state", "sent"}, {"state", "?"}}, "state"},
                                                         {{{"limit", "0"}, {"text", ""}}, "text"}}) {
    const auto request = with(wrong.query);
    Parameters parameters(request, {"text", "channel", "at", "limit", "format", "state"}, {"state"});
    parameters.text("text");
    parameters.channel();
    parameters.time("at");
    parameters.limit(50, 500);
    parameters.one_of("format", {"csv", "ndjson"}, "ndjson");
    parameters.all_of("state", [](std::string_view state) { return state == "sent"; }, "be sent");
    ASSERT_TRUE(parameters.problem()) << wrong.field;
    EXPECT_EQ(parameters.problem()->status, 422);
    EXPECT_EQ(parameters.problem()->field, wrong.field);
  }
}

}  // namespace
}  // namespace vestnik::analytics
