#include "delivery/route.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vestnik::delivery {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(Routes, OneUrlIsOneProviderNamedAfterTheScheme) {
  const auto routes = parse_routes("smtp://u:p@a.example.com:25?tls=required", "smtp").value();
  ASSERT_EQ(routes.size(), 1u);
  EXPECT_EQ(routes[0].url, "smtp://u:p@a.example.com:25?tls=required");
  EXPECT_EQ(routes[0].route.name, "smtp");
  EXPECT_FALSE(routes[0].route.rate);
}

TEST(Routes, AListIsInTheOrderOfPreference) {
  const auto routes = parse_routes("  smtp://a\n smtp://b?name=backup\tsmtp://c ", "smtp").value();
  ASSERT_EQ(routes.size(), 3u);
  EXPECT_EQ(routes[0].route.name, "smtp");
  EXPECT_EQ(routes[1].route.name, "backup");
  EXPECT_EQ(routes[2].route.name, "smtp-3");
  EXPECT_EQ(routes[0].route.priority, 1);
  EXPECT_EQ(routes[2].route.priority, 3);
  EXPECT_TRUE(parse_routes("", "smtp").value().empty());
}

TEST(Routes, TakesItsOptionsAndLeavesTheRest) {
  const auto routes =
      parse_routes(
          "smtp://a?rate=100/s&tls=never&domain_rate=20/s&priority=2&domain_rate=Gmail.com:5/10s"
          "&weight=3&timeout=5m",
          "smtp")
          .value();
  EXPECT_EQ(routes[0].url, "smtp://a?tls=never&timeout=5m");
  const Route& route = routes[0].route;
  EXPECT_EQ(route.rate, (Limit{100, 1s}));
  EXPECT_EQ(route.priority, 2);
  EXPECT_EQ(route.weight, 3);
  EXPECT_EQ(route.domain_limit("gmail.com"), (Limit{5, 10s}));
  EXPECT_EQ(route.domain_limit("example.org"), (Limit{20, 1s}));
}

TEST(Routes, WhatIsWrongIsNamedWithoutTheUrl) {
  for (const auto& [urls, part] : std::map<std::string, std::string>{
           {"smtp://u:secret@a?rate=100", "rate takes a limit"},
           {"smtp://u:secret@a?weight=0", "weight takes a whole number from 1 to 1000"},
           {"smtp://u:secret@a?priority=x", "priority takes"},
           {"smtp://u:secret@a?name=Up!", "name takes"},
           {"smtp://u:secret@a?domain_rate=:5/s", "domain_rate takes"},
           {"smtp://u:secret@a?name=x smtp://b?name=x", "two providers are named x"}}) {
    const auto routes = parse_routes(urls, "smtp");
    ASSERT_FALSE(routes) << urls;
    EXPECT_THAT(routes.error().message, HasSubstr(part));
    EXPECT_THAT(routes.error().message, ::testing::Not(HasSubstr("secret")));
  }
}

}  // namespace
}  // namespace vestnik::delivery
