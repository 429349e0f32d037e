#include "config/yaml.h"

#include <gtest/gtest.h>

namespace vestnik::config::yaml {
namespace {

std::vector<std::string> problems_of(std::string_view text) {
  const auto root = parse("f.yaml", text);
  std::vector<std::string> lines;
  if (!root)
    for (const Problem& problem : root.error()) lines.push_back(to_string(problem));
  return lines;
}

TEST(Yaml, GivesATreeThatKnowsItsPlaces) {
  const auto root = parse("f.yaml", "a: 1\nb:\n  - x\n  - {c: 'y z'}\nd:\n");
  ASSERT_TRUE(root);
  ASSERT_EQ(root->members.size(), 3u);
  EXPECT_EQ(root->find("a")->value.text, "1");
  const Node& list = root->find("b")->value;
  ASSERT_EQ(list.items.size(), 2u);
  const Member* c = list.items[1].find("c");
  ASSERT_TRUE(c);
  EXPECT_EQ(c->value.text, "y z");
  EXPECT_EQ(c->line, 4);
  EXPECT_EQ(c->column, 6);
  EXPECT_EQ(root->find("d")->value.kind, Node::Kind::null);
  EXPECT_EQ(root->find("nothing"), nullptr);
}

TEST(Yaml, AnEmptyDocumentIsNothing) {
  EXPECT_EQ(parse("f.yaml", "")->kind, Node::Kind::null);
  EXPECT_EQ(parse("f.yaml", "# only a comment\n")->kind, Node::Kind::null);
}

TEST(Yaml, DuplicateKeysAreAllReported) {
  EXPECT_EQ(problems_of("a: 1\nb: 2\na: 3\nb: 4\n"),
            (std::vector<std::string>{"f.yaml:3:1: \"a\" stands here twice, first in line 1",
                                      "f.yaml:4:1: \"b\" stands here twice, first in line 2"}));
}

TEST(Yaml, TabsInTheIndentationAreAllReported) {
  EXPECT_EQ(problems_of("a:\n\tb: 1\n  \tc: 2\nd: x\ty\n\t\n\t# comment\n"),
            (std::vector<std::string>{"f.yaml:2:1: a tab in the indentation; YAML takes spaces only",
                                      "f.yaml:3:3: a tab in the indentation; YAML takes spaces only"}));
}

TEST(Yaml, WhatIsNotYamlSaysWhere) {
  for (const char* text : {"a: [1, 2\n", "a: 'x\n", "a: b: c\n", "{a: 1}}\n", "- a\nb: 1\n", "\"\\q\"\n"}) {
    const auto lines = problems_of(text);
    ASSERT_FALSE(lines.empty()) << text;
    EXPECT_TRUE(lines[0].starts_with("f.yaml:1:") || lines[0].starts_with("f.yaml:2:")) << lines[0];
  }
}

TEST(Yaml, AQuoteMustBeClosed) {
  EXPECT_EQ(problems_of("a: 'x\nb: 1\n").at(0), "f.yaml:1:4: not YAML: this quote is not closed");
  EXPECT_EQ(problems_of("a: \"x\\\"\n").at(0), "f.yaml:1:4: not YAML: this quote is not closed");
  EXPECT_EQ(parse("f.yaml",
                  "\xEF\xBB\xBF"
                  "a: 'it''s'\n")
                ->find("a")
                ->value.text,
            "it's");
  EXPECT_EQ(parse("f.yaml", "ключ: \"\\\"x\\\\\"\n")->find("ключ")->value.text, "\"x\\");
}

TEST(Yaml, AliasesSeveralDocumentsAndKeysThatAreNotTextAreRefused) {
  EXPECT_EQ(problems_of("a: &x [1]\nb: *x\n").at(0),
            "f.yaml:2:4: aliases (*name) aren't read here: write the value out");
  EXPECT_EQ(problems_of("a: 1\n---\nb: 2\n").at(0), "f.yaml:3:1: a second document (---)");
  EXPECT_EQ(problems_of("? [a, b]\n: 1\n").at(0), "f.yaml:1:3: a list can't be a key");
}

TEST(Yaml, DepthAndSizeAreBounded) {
  EXPECT_TRUE(problems_of(std::string(depth_max + 1, '[')).at(0).ends_with("nested deeper than 32 levels"));
  EXPECT_FALSE(problems_of(std::string(100'000, '[')).empty());
  EXPECT_EQ(problems_of(std::string(file_bytes_max + 1, 'a')).at(0), "f.yaml: larger than 1048576 bytes");
}

}  // namespace
}  // namespace vestnik::config::yaml
