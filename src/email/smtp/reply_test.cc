#include "email/smtp/reply.h"

#include <gtest/gtest.h>

namespace vestnik::email::smtp {
namespace {

Reply parse(std::string_view text) {
  ReplyParser parser;
  std::string_view rest = text;
  auto reply = parser.consume(rest);
  EXPECT_TRUE(reply.has_value() && reply->has_value()) << text;
  EXPECT_TRUE(rest.empty()) << text;
  return reply && *reply ? **reply : Reply{};
}

ReplyError reply_error_of(std::string_view text) {
  ReplyParser parser;
  std::string_view rest = text;
  const auto reply = parser.consume(rest);
  EXPECT_FALSE(reply.has_value()) << text;
  return reply ? ReplyError{-1} : reply.error().kind;
}

TEST(ReplyParser, OneLine) {
  const Reply reply = parse("250 2.1.5 Ok\r\n");
  EXPECT_EQ(reply.code, 250);
  EXPECT_EQ(reply.status, (EnhancedStatus{2, 1, 5}));
  EXPECT_EQ(reply.lines, (std::vector<std::string>{"2.1.5 Ok"}));
  EXPECT_EQ(reply.text(), "250 2.1.5 Ok");
  EXPECT_EQ(reply.code_text(), "250 2.1.5");
}

TEST(ReplyParser, SeveralLines) {
  const Reply reply = parse("250-mail.example.org\r\n250-SIZE 100\r\n250 HELP\r\n");
  EXPECT_EQ(reply.lines, (std::vector<std::string>{"mail.example.org", "SIZE 100", "HELP"}));
  EXPECT_EQ(reply.text(), "250 mail.example.org SIZE 100 HELP");
}

TEST(ReplyParser, ToleratesBareLfAndMissingText) {
  EXPECT_EQ(parse("220\n").code, 220);
  EXPECT_EQ(parse("220 \r\n").text(), "220");
  EXPECT_EQ(parse("250-\r\n250\r\n").code, 250);
}

TEST(ReplyParser, LeavesWhatFollowsTheReply) {
  ReplyParser parser;
  std::string_view rest = "250 a\r\n550 b\r\n354";
  EXPECT_EQ((*parser.consume(rest))->code, 250);
  EXPECT_EQ((*parser.consume(rest))->code, 550);
  EXPECT_FALSE(parser.in_reply());
  EXPECT_FALSE((*parser.consume(rest)).has_value());
  EXPECT_TRUE(parser.in_reply());
}

TEST(ReplyParser, AnySplitGivesTheSameReply) {
  const std::string text = "550-5.1.1 first line\r\n550-5.1.1\r\n550 5.1.1 last\r\n";
  const Reply whole = parse(text);
  for (std::size_t at = 0; at <= text.size(); ++at) {
    ReplyParser parser;
    std::string_view first = std::string_view(text).substr(0, at);
    std::string_view second = std::string_view(text).substr(at);
    auto reply = parser.consume(first);
    ASSERT_TRUE(reply.has_value());
    if (!*reply) reply = parser.consume(second);
    ASSERT_TRUE(reply.has_value() && reply->has_value()) << at;
    EXPECT_EQ((*reply)->lines, whole.lines);
    EXPECT_EQ((*reply)->status, whole.status);
  }
}

TEST(ReplyParser, AnEnhancedStatusMustFitItsCode) {
  EXPECT_EQ(parse("550 4.1.1 no\r\n").status, std::nullopt);
  EXPECT_EQ(parse("550 5.1 no\r\n").status, std::nullopt);
  EXPECT_EQ(parse("550 5.1.1234 no\r\n").status, std::nullopt);
  EXPECT_EQ(parse("550 5..1 no\r\n").status, std::nullopt);
  EXPECT_EQ(parse("550 55.1.1 no\r\n").status, std::nullopt);
  EXPECT_EQ(parse("354 3.0.0 go\r\n").status, std::nullopt);
  EXPECT_EQ(parse("451 4.7.999 later\r\n").status, (EnhancedStatus{4, 7, 999}));
  EXPECT_EQ(parse("550 5.1.1\r\n").status, (EnhancedStatus{5, 1, 1}));
}

TEST(ReplyParser, WhatIsNoReplyIsRefused) {
  for (const char* text :
       {"\r\n", "25\r\n", "hello\r\n", "150 a\r\n", "650 a\r\n", "2x0 a\r\n", "250_a\r\n", "250a\r\n"})
    EXPECT_EQ(reply_error_of(text), ReplyError::not_a_reply) << text;
  EXPECT_EQ(reply_error_of("250-a\r\n251 b\r\n"), ReplyError::mixed_codes);
}

TEST(ReplyParser, ItsSizeIsBounded) {
  EXPECT_EQ(parse("250 " + std::string(reply_line_octets_max - 6, 'a') + "\r\n").code, 250);
  EXPECT_EQ(reply_error_of("250 " + std::string(reply_line_octets_max - 5, 'a') + "\r\n"),
            ReplyError::too_long);
  EXPECT_EQ(reply_error_of(std::string(reply_line_octets_max + 1, '2')), ReplyError::too_long);
  std::string many;
  for (std::size_t i = 0; i <= reply_lines_max; ++i) many += "250-a\r\n";
  EXPECT_EQ(reply_error_of(many), ReplyError::too_long);
  std::string much;
  for (int i = 0; i < 20; ++i) much += "250-" + std::string(1000, 'a') + "\r\n";
  EXPECT_EQ(reply_error_of(much), ReplyError::too_long);
}

TEST(ReplyParser, TextIsPrintableUtf8AndCut) {
  EXPECT_EQ(parse("250 a\tb\x01\r\n").text(), "250 a b ");
  EXPECT_EQ(parse("250 \xff\xfe\r\n").text(), "250 ??");
  EXPECT_EQ(parse("250 привет\r\n").text(), "250 привет");
  std::string long_text;
  for (int i = 0; i < 400; ++i) long_text += "ж";
  const std::string cut = parse("250 x" + long_text + "\r\n").text();
  EXPECT_LE(cut.size(), answer_bytes_max);
  EXPECT_TRUE(cut.ends_with("ж"));
}

}  // namespace
}  // namespace vestnik::email::smtp
