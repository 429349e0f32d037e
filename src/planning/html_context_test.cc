#include "planning/html_context.h"

#include <gtest/gtest.h>

namespace vestnik::planning {
namespace {

using Place = HtmlContext::Place;

Place after(std::string_view literal) {
  HtmlContext context;
  context.literal(literal);
  return context.place();
}

TEST(HtmlContext, FollowsTagsAndAttributes) {
  EXPECT_EQ(after(""), Place::text);
  EXPECT_EQ(after("<p>Hello "), Place::text);
  EXPECT_EQ(after("1 < 2 "), Place::text);
  EXPECT_EQ(after("<!doctype html><p class=\"a\" >"), Place::text);
  EXPECT_EQ(after("<"), Place::tag);
  EXPECT_EQ(after("<p"), Place::tag);
  EXPECT_EQ(after("<p class"), Place::tag);
  EXPECT_EQ(after("<p class="), Place::unquoted);
  EXPECT_EQ(after("<p class=a"), Place::unquoted);
  EXPECT_EQ(after("<p class='a "), Place::attribute);
  EXPECT_EQ(after("<p title = \""), Place::attribute);
  EXPECT_EQ(after("<p title='>'"), Place::tag);
  EXPECT_EQ(after("</p>"), Place::text);
  EXPECT_EQ(after("<br/>"), Place::text);
}

TEST(HtmlContext, KnowsUrlsUntilTheirStartIsThere) {
  EXPECT_EQ(after("<a href=\""), Place::url_start);
  EXPECT_EQ(after("<a disabled HREF = \" "), Place::url_start);
  EXPECT_EQ(after("<a href=\"https://"), Place::attribute);
}

TEST(HtmlContext, KnowsCode) {
  EXPECT_EQ(after("<script>"), Place::script_style);
  EXPECT_EQ(after("<style type='text/css'>a > b {"), Place::script_style);
  EXPECT_EQ(after("<style>a</style>"), Place::text);
  EXPECT_EQ(after("<SCRIPT>'</p>'"), Place::script_style);
  EXPECT_EQ(after("<p style=\"color:"), Place::script_style);
  EXPECT_EQ(after("<p onclick='"), Place::script_style);
}

TEST(HtmlContext, KnowsComments) {
  EXPECT_EQ(after("<!-- <p> "), Place::comment);
  EXPECT_EQ(after("<!-- a --> "), Place::text);
  EXPECT_EQ(after("<!--[if mso]><p><![endif]-->"), Place::text);
}

}  // namespace
}  // namespace vestnik::planning
