#include "net/http_reader.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace vestnik::net {
namespace {

constexpr HttpLimits limits{.header_bytes_max = 512, .body_bytes_max = 64};

struct Reading {
  std::vector<HttpRequest> requests;
  HttpReader::State state = HttpReader::State::header;
  int status = 0;  // of the refusal
};

// Gives the reader `bytes` in pieces of `piece` bytes, as a connection does: what it leaves is offered again.
Reading read(std::string_view bytes, std::size_t piece) {
  HttpReader reader(limits);
  Reading reading;
  std::string pending;
  while (!bytes.empty() && reader.state() != HttpReader::State::refused) {
    pending.append(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    for (std::size_t used = 1; used > 0 && !pending.empty();) {
      used = reader.feed(pending);
      pending.erase(0, used);
      if (reader.state() == HttpReader::State::complete) reading.requests.push_back(reader.take());
    }
  }
  reading.state = reader.state();
  if (reading.state == HttpReader::State::refused) reading.status = reader.refusal().status;
  return reading;
}

TEST(HttpReader, WhereThePacketsAreCutMakesNoDifference) {
  const std::string three =
      "POST /a?x=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
      "POST /b HTTP/1.1\r\nHOST: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1;e=\"f\"\r\nf\r\n0\r\nT: "
      "u\r\n\r\n"
      "\r\nGET /c HTTP/1.0\r\n\r\n";
  for (std::size_t piece = 1; piece <= three.size(); ++piece) {
    const Reading reading = read(three, piece);
    ASSERT_EQ(reading.requests.size(), 3U) << piece;
    EXPECT_EQ(reading.state, HttpReader::State::header);
    EXPECT_EQ(reading.requests[0].path, "/a");
    EXPECT_EQ(reading.requests[0].query_parameter("x"), "1");
    EXPECT_EQ(reading.requests[0].body, "abc");
    EXPECT_EQ(reading.requests[1].header("host"), "h");
    EXPECT_EQ(reading.requests[1].body, "def");
    EXPECT_EQ(reading.requests[1].header("t"), "") << "a trailer became a header";
    EXPECT_EQ(reading.requests[2].path, "/c");
  }
}

TEST(HttpReader, ARefusalDoesNotDependOnThePacketsEither) {
  const struct {
    std::string bytes;
    int status;
  } cases[] = {
      {"GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n\tc\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: h\r\nA: b\nC: d\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nA: b\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 65\r\n\r\n", 413},
      {"GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(600, 'a') + "\r\n\r\n", 431},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", 400},
      {"GET / HTTP/3.0\r\n\r\n", 505},
  };
  for (const auto& [bytes, status] : cases)
    for (std::size_t piece = 1; piece <= bytes.size(); ++piece)
      ASSERT_EQ(read(bytes, piece).status, status) << bytes << " in pieces of " << piece;
}

TEST(HttpReader, AnEmptyChunkedBodyMayComeByteByByte) {
  const std::string request = "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
  for (std::size_t piece = 1; piece < 10; ++piece)
    EXPECT_EQ(read(request, piece).requests.size(), 1U) << piece;
}

TEST(HttpReader, TheHeaderLimitIsExact) {
  const std::string head = "GET / HTTP/1.1\r\nHost: h\r\nA: ";
  const std::string fits = head + std::string(limits.header_bytes_max - head.size() - 4, 'a') + "\r\n\r\n";
  ASSERT_EQ(fits.size(), limits.header_bytes_max);
  EXPECT_EQ(read(fits, fits.size()).requests.size(), 1U);
  EXPECT_EQ(read(fits, 7).requests.size(), 1U);
  const std::string larger = head + std::string(limits.header_bytes_max - head.size() - 3, 'a') + "\r\n\r\n";
  EXPECT_EQ(read(larger, larger.size()).status, 431);
  EXPECT_EQ(read(larger, 7).status, 431);
}

TEST(HttpReader, KnowsWhoWaitsForContinue) {
  HttpReader reader(limits);
  const std::string_view head =
      "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n";
  EXPECT_EQ(reader.feed(head), head.size());
  EXPECT_TRUE(reader.awaits_continue());
  reader.feed("a");
  EXPECT_FALSE(reader.awaits_continue());
}

}  // namespace
}  // namespace vestnik::net
