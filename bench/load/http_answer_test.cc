#include "bench/load/http_answer.h"

#include <gtest/gtest.h>

namespace vestnik::bench {
namespace {

const std::string whole =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\ncontent-length: 5\r\n\r\nhello";

TEST(HttpAnswerReader, WholeAnswersOneAfterAnother) {
  HttpAnswerReader reader;
  for (int i = 0; i < 3; ++i) {
    const auto answer = reader.feed(whole);
    ASSERT_TRUE(answer && *answer);
    EXPECT_EQ((*answer)->status, 200);
    EXPECT_FALSE((*answer)->closes);
  }
}

TEST(HttpAnswerReader, ByteByByte) {
  HttpAnswerReader reader;
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < whole.size(); ++i) {
      const auto answer = reader.feed(whole.substr(i, 1));
      ASSERT_TRUE(answer) << i;
      EXPECT_EQ(answer->has_value(), i + 1 == whole.size());
    }
  }
}

TEST(HttpAnswerReader, BodylessAndClosing) {
  HttpAnswerReader reader;
  const auto answer = reader.feed("HTTP/1.1 204 No Content\r\nConnection:  Close\r\n\r\n");
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ((*answer)->status, 204);
  EXPECT_TRUE((*answer)->closes);
}

TEST(HttpAnswerReader, WhatItCannotFollowIsAnError) {
  const auto fault_of = [](const std::string& bytes) { return HttpAnswerReader().feed(bytes).error(); };
  EXPECT_EQ(fault_of("SSH-2.0-OpenSSH\r\n\r\n"), HttpAnswerFault::malformed);
  EXPECT_EQ(fault_of("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"), HttpAnswerFault::malformed);
  EXPECT_EQ(fault_of("HTTP/1.1 200 OK\r\nnonsense\r\n\r\n"), HttpAnswerFault::malformed);
  EXPECT_EQ(fault_of(std::string(20'000, 'x')), HttpAnswerFault::malformed);
  EXPECT_EQ(fault_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), HttpAnswerFault::no_length);
  EXPECT_EQ(fault_of(whole + whole), HttpAnswerFault::unexpected);
}

}  // namespace
}  // namespace vestnik::bench
