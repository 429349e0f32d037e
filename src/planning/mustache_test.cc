#include "planning/mustache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vestnik::planning {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Partials = std::map<std::string, TemplateSource, std::less<>>;
constexpr std::size_t much = 1024 * 1024;

Result<Mustache, config::Problems> compile(std::string_view text, Syntax syntax = Syntax::text,
                                           const Partials& partials = {}) {
  return Mustache::compile({"t", std::string(text)}, syntax,
                           [&](std::string_view name) -> const TemplateSource* {
                             const auto found = partials.find(name);
                             return found == partials.end() ? nullptr : &found->second;
                           });
}

std::string render(std::string_view text, const json::object& data, Syntax syntax = Syntax::text,
                   const Partials& partials = {}) {
  const auto compiled = compile(text, syntax, partials);
  if (!compiled) return "problem: " + to_string(compiled.error().front());
  const std::array<const json::object*, 1> all{&data};
  const auto rendered = compiled->render(all, much);
  return rendered ? *rendered : "failed: " + rendered.error().message;
}

std::vector<std::string> problems_of(std::string_view text, Syntax syntax = Syntax::text,
                                     const Partials& partials = {}) {
  std::vector<std::string> lines;
  if (const auto compiled = compile(text, syntax, partials); !compiled)
    for (const auto& problem : compiled.error()) lines.push_back(to_string(problem));
  return lines;
}

// The cases follow the mustache specification (github.com/mustache/spec: interpolation, sections, inverted,
// comments, partials) without partials' indentation.
TEST(Mustache, Variables) {
  EXPECT_EQ(render("Hello, {{name}}!", {{"name", "Anna"}}), "Hello, Anna!");
  EXPECT_EQ(render("{{ a.b }}|{{a.c}}|{{none}}|{{none.b}}", {{"a", {{"b", 7}}}}), "7|||");
  EXPECT_EQ(render("{{i}} {{d}} {{t}} {{n}} {{l}} {{o}}",
                   {{"i", -5}, {"d", 1.5}, {"t", true}, {"n", nullptr}, {"l", {1}}, {"o", {{"a", 1}}}}),
            "-5 1.5 true   ");
  EXPECT_EQ(render("{{{a}}} {{&a}} {{a}}", {{"a", "<&>"}}), "<&> <&> <&>") << "text is not escaped";
  EXPECT_EQ(render("{ {{a}} } }}", {{"a", 1}}), "{ 1 } }}");
}

TEST(Mustache, Sections) {
  EXPECT_EQ(render("{{#a}}yes{{/a}}{{^a}}no{{/a}}", {{"a", true}}), "yes");
  for (const json::value& falsy :
       {json::value(false), json::value(nullptr), json::value(""), json::value(json::array())})
    EXPECT_EQ(render("{{#a}}yes{{/a}}{{^a}}no{{/a}}", {{"a", falsy}}), "no");
  EXPECT_EQ(render("{{#a}}yes{{/a}}{{^a}}no{{/a}}", {}), "no");
  EXPECT_EQ(render("{{#l}}[{{.}}]{{/l}}", {{"l", {1, "b"}}}), "[1][b]");
  EXPECT_EQ(render("{{#l}}{{x}}{{y}} {{/l}}", {{"l", {{{"x", 1}}, {{"x", 2}, {"y", 3}}}}, {"y", 9}}),
            "19 23 ");
  EXPECT_EQ(render("{{#a}}{{#b}}{{c}}{{/b}}{{/a}}", {{"a", {{"b", {{"c", "deep"}}}}}}), "deep");
  EXPECT_EQ(render("{{#l}}{{#l}}x{{/l}}{{/l}}", {{"l", {1, 2}}}), "xxxx");
}

TEST(Mustache, TagsAloneOnTheirLineTakeItAlong) {
  EXPECT_EQ(render("a\n  {{#b}}  \nb\n{{/b}}\nc\n", {{"b", true}}), "a\nb\nc\n");
  EXPECT_EQ(render("a\r\n{{#b}}\r\nb\r\n{{/b}}\r\nc", {{"b", true}}), "a\r\nb\r\nc");
  EXPECT_EQ(render("a\n{{! comment\n over lines }}\nb", {}), "a\nb");
  EXPECT_EQ(render("a {{#b}}\n{{/b}} c", {{"b", true}}), "a \n c");
  EXPECT_EQ(render("{{#b}}x{{/b}}", {{"b", true}}), "x");
  EXPECT_EQ(render("{{#b}}\n{{/b}}", {{"b", true}}), "");
  EXPECT_EQ(render(" {{a}} \n", {{"a", 1}}), " 1 \n");
}

TEST(Mustache, AnEarlierLiteralIsNotPartOfASectionNorTheReverse) {
  EXPECT_EQ(render("1{{#a}}2{{/a}}3{{^a}}4{{/a}}5", {{"a", {1, 2}}}), "12235");
  EXPECT_EQ(render("1{{#a}}2{{/a}}3{{^a}}4{{/a}}5", {}), "1345");
}

TEST(Mustache, PartialsAreCompiledIn) {
  const Partials partials{{"greeting", {"p/greeting", "Hi {{name}}{{>mark}}"}}, {"mark", {"p/mark", "!"}}};
  EXPECT_EQ(render("{{#l}}{{>greeting}} {{/l}}", {{"l", {{{"name", "A"}}, {{"name", "B"}}}}}, Syntax::text,
                   partials),
            "Hi A! Hi B! ");
  const auto compiled = compile("{{>greeting}}{{>mark}}", Syntax::text, partials);
  ASSERT_TRUE(compiled);
  EXPECT_THAT(compiled->partials(), ElementsAre("greeting", "mark"));
  EXPECT_EQ(compiled->references().at(0).path, "p/greeting");
}

TEST(Mustache, HtmlIsEscaped) {
  const json::object data{{"name", "<script>alert('x')</script> & \"co\" `"}};
  EXPECT_EQ(render("<p>{{name}}</p>", data, Syntax::html),
            "<p>&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;co&quot; &#96;</p>");
  EXPECT_EQ(render("<p title=\"{{name}}\">", {{"name", "\" onclick=\"x"}}, Syntax::html),
            "<p title=\"&quot; onclick=&quot;x\">");
}

TEST(Mustache, UrlsFromDataHaveHarmlessSchemes) {
  const auto href = [](std::string_view url) {
    return render("<a href=\"{{url}}\">", {{"url", url}}, Syntax::html);
  };
  for (const char* url :
       {"https://example.org/?a=1", "HTTP://x", "mailto:a@example.org", "tel:+1", "/path:x", "?a:b", ""})
    EXPECT_EQ(href(url), "<a href=\"" + std::string(url) + "\">");
  for (const char* url :
       {"javascript:alert(1)", " JavaScript:alert(1)", "java\nscript:x", "data:text/html,x", "vbscript:x"})
    EXPECT_EQ(href(url), "<a href=\"#\">") << url;
  EXPECT_EQ(render("<a href=\"https://x/{{a}}\">", {{"a", "\">b:c"}}, Syntax::html),
            "<a href=\"https://x/&quot;&gt;b:c\">");
}

TEST(Mustache, TheStartOfAUrlMayComeFromSeveralPieces) {
  const auto href = [](std::string_view text, const json::object& data) {
    return render("<a href=\"" + std::string(text) + "\">", data, Syntax::html);
  };
  const json::object data{{"a", ""}, {"b", "javascript:x"}, {"c", "javascript"}, {"d", ":x"}};
  EXPECT_EQ(href("{{a}}{{b}}", data), "<a href=\"#\">");
  EXPECT_EQ(href("{{c}}{{d}}", data), "<a href=\"javascript#\">");
  EXPECT_EQ(href("{{#a}}https://x/{{/a}}{{b}}", data), "<a href=\"#\">") << "the section is left out";
  EXPECT_EQ(href("https://x/{{#c}}?{{c}}{{/c}}{{d}}", data), "<a href=\"https://x/?javascript:x\">");
}

TEST(Mustache, ASectionOfHtmlEndsWhereItBegan) {
  for (const char* fine :
       {"<td {{#a}}colspan=\"2\"{{/a}}>", "{{#a}}<b>{{/a}}x{{#a}}</b>{{/a}}", "<p class=\"a {{#a}}b{{/a}}\">",
        "<!-- {{#a}}x{{/a}} -->", "<style>{{^a}}p{}{{/a}}</style>"})
    EXPECT_THAT(problems_of(fine, Syntax::html), ElementsAre()) << fine;
  for (const char* torn :
       {"<p {{#a}}title=\"{{/a}}x\">", "{{#a}}<p {{/a}}>", "<p title=\"{{#a}}\" lang=\"{{/a}}\">",
        "{{#a}}<!--{{/a}}", "{{#a}}<script>{{/a}}"})
    EXPECT_THAT(problems_of(torn, Syntax::html), ElementsAre(HasSubstr("different places"))) << torn;
}

TEST(Mustache, PlacesWhereNoEscapingIsEnoughAreRefused) {
  EXPECT_THAT(
      problems_of(
          "<p>{{{a}}}\n<p class={{a}}>\n<script>{{a}}</script>\n<p {{a}}>\n<!-- {{a}} -->\n<p style='{{a}}'>",
          Syntax::html),
      ElementsAre("t:1:4: data is always escaped in HTML: write {{a}}",
                  "t:2:10: data in an attribute needs quotes around the value",
                  "t:3:9: data can't be part of a script or style", "t:4:4: data can't be part of a tag",
                  "t:5:6: data can't be part of an HTML comment",
                  "t:6:11: data can't be part of a script or style"));
}

TEST(Mustache, MistakesAreReportedWithTheirPlaces) {
  EXPECT_THAT(problems_of("a\n {{#b}}\n{{/c}}\n{{/d}}\n{{a b}}\n{{}}\n{{=<% %>=}}\n{{>none}}\n{{#open}}"),
              ElementsAre("t:3:1: \"c\" is closed here, the open section is \"b\"",
                          "t:4:1: section \"d\" is closed and was not opened", "t:5:1: \"a b\" is not a name",
                          "t:6:1: \"\" is not a name", "t:7:1: changed delimiters ({{=…=}}) aren't supported",
                          "t:8:1: there is no partial \"none\"", "t:9:1: section \"open\" is not closed"));
  EXPECT_THAT(problems_of("text\n  {{name"), ElementsAre("t:2:3: this tag is not closed: }} is missing"));
  EXPECT_THAT(problems_of("{{{name}}"), ElementsAre("t:1:1: this tag is not closed: }}} is missing"));
  const Partials partials{{"p", {"partials/p", "x\n{{#a}}"}}};
  EXPECT_THAT(problems_of("{{>p}}", Syntax::text, partials),
              ElementsAre("partials/p:2:1: section \"a\" is not closed"));
}

TEST(Mustache, WhatIncludesItselfIsRefused) {
  const Partials loop{{"a", {"p/a", "{{>b}}"}}, {"b", {"p/b", "\n{{>a}}"}}};
  EXPECT_THAT(problems_of("{{>a}}", Syntax::text, loop),
              ElementsAre("p/b:2:1: partial \"a\" includes itself"));
}

TEST(Mustache, WhatGrowsWithoutBoundIsRefused) {
  Partials doubling;
  for (int i = 0; i < 30; ++i)
    doubling["p" + std::to_string(i)] = {
        "p", "{{>p" + std::to_string(i + 1) + "}}{{>p" + std::to_string(i + 1) + "}}"};
  doubling["p30"] = {"p", ""};
  EXPECT_THAT(problems_of("{{>p0}}", Syntax::text, doubling),
              ElementsAre(HasSubstr("more than 1000 partials inside")));
  const Partials big{{"big", {"p/big", std::string(200'000, 'x')}}, {"parts", {"p/parts", ""}}};
  std::string many;
  for (int i = 0; i < 6; ++i) many += "{{>big}}";
  EXPECT_THAT(problems_of(many, Syntax::text, big), ElementsAre(HasSubstr("larger than 1048576 bytes")));
  many.clear();
  for (std::size_t i = 0; i <= Mustache::instructions_max; ++i) many += "{{x}}";
  EXPECT_THAT(problems_of(many), ElementsAre(HasSubstr("more than 20000 parts")));
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += "{{#a}}";
  EXPECT_THAT(problems_of(deep).front(), HasSubstr("nested deeper than 32 levels"));
}

TEST(Mustache, ALoopThatMultipliesItselfEndsInAnError) {
  json::array hundred(100, json::value(1));
  EXPECT_EQ(render("{{#l}}{{#l}}{{#l}}{{#l}}{{#l}}{{/l}}{{/l}}{{/l}}{{/l}}{{/l}}", {{"l", hundred}}),
            "failed: more than 200000 steps");
  EXPECT_EQ(render("{{#l}}{{#l}}{{#l}}{{#l}}0123456789 0123456789 0123456789{{/l}}{{/l}}{{/l}}{{/l}}",
                   {{"l", hundred}}),
            "failed: larger than 1048576 bytes");
}

TEST(Mustache, TenMegabytesOfDataEndInAnError) {
  const json::object data{{"big", std::string(10 * 1024 * 1024, '<')},
                          {"list", json::array(1'000'000, json::value(1))}};
  EXPECT_EQ(render("{{big}}", data), "failed: larger than 1048576 bytes");
  EXPECT_EQ(render("{{big}}", data, Syntax::html), "failed: larger than 1048576 bytes");
  EXPECT_EQ(render("{{#list}}{{/list}}", data), "failed: more than 200000 steps");
}

TEST(Mustache, EarlierDataComesFirst) {
  const auto compiled = compile("{{user_id}} {{name}}");
  const json::object own{{"user_id", "u"}}, given{{"user_id", "forged"}, {"name", "Anna"}};
  const std::array<const json::object*, 2> data{&own, &given};
  EXPECT_EQ(compiled->render(data, much).value(), "u Anna");
}

}  // namespace
}  // namespace vestnik::planning
