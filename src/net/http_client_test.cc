#include "net/http_client.h"

#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

#include "net/event_stream.h"
#include "net/http_server.h"

namespace vestnik::net {
namespace {

using namespace std::chrono_literals;

// Gives these, then nothing.
class TestSource final : public BodySource {
 public:
  explicit TestSource(std::vector<BodyPiece> pieces) : pieces_(std::move(pieces)) {}
  void next(Give give) override {
    if (at_ < pieces_.size()) return give(std::move(pieces_[at_++]));
    held_ = std::move(give);
  }

 private:
  std::vector<BodyPiece> pieces_;
  std::size_t at_ = 0;
  Give held_;
};

class HttpClientTest : public ::testing::Test {
 protected:
  HttpClientTest() {
    router_.add("GET", "/v1/echo/{id}", [](HttpRequest request, Respond respond) {
      respond({.status = 200,
               .body = std::string(request.path_parameter("id")) + "|" +
                       std::string(request.query_parameter("answer")) + "|" +
                       std::string(request.header("authorization"))});
    });
    router_.add("POST", "/v1/echo", [](HttpRequest request, Respond respond) {
      respond({.status = 409,
               .body = std::move(request.body),
               .content_type = "text/plain",
               .headers = {{"Retry-After", "7"}}});
    });
    router_.add("GET", "/large", [](HttpRequest, Respond respond) {
      respond({.status = 200, .body = std::string(5 << 20, 'x')});
    });
    router_.add("GET", "/silent",
                [this](HttpRequest, Respond respond) { held_.push_back(std::move(respond)); });
    router_.add("GET", "/events", [this](HttpRequest, Respond respond) {
      HttpResponse response{.content_type = std::string(event_stream_type)};
      response.source = std::make_unique<TestSource>(pieces_);
      respond(std::move(response));
    });
    server_ = HttpServer::listen({.port = 0}, router_, metrics_);
    url_ = {.host = "127.0.0.1", .port = server_->port()};
  }
  auto call(HttpCall call, std::chrono::milliseconds limit = 10s) { return http_call(url_, call, limit); }

  Metrics metrics_;
  Router router_;
  std::vector<Respond> held_;
  std::vector<BodyPiece> pieces_;
  std::unique_ptr<HttpServer> server_;
  HttpUrl url_;
};

TEST_F(HttpClientTest, SendsWhatItIsGivenAndReadsTheAnswer) {
  const auto got =
      call({.target = "/v1/echo/" + url_escaped("a/b ü") + "?answer=" + url_escaped("451 4.3.0&"),
            .headers = {{"Authorization", "Bearer k"}}});
  ASSERT_TRUE(got);
  EXPECT_EQ(got->status, 200);
  EXPECT_EQ(got->body, "a/b ü|451 4.3.0&|Bearer k");
  EXPECT_EQ(got->content_type, "application/json");
}

TEST_F(HttpClientTest, AnErrorsStatusIsAnAnswer) {
  const auto got = call({.method = "POST", .target = "/v1/echo", .body = "{}"});
  ASSERT_TRUE(got);
  EXPECT_EQ(got->status, 409);
  EXPECT_EQ(got->body, "{}");
  EXPECT_THAT(got->headers, testing::Contains(std::pair<std::string, std::string>("Retry-After", "7")));
}

TEST_F(HttpClientTest, APostWithoutABodySaysSo) {
  EXPECT_EQ(call({.method = "POST", .target = "/v1/echo"})->status, 409);
}

TEST_F(HttpClientTest, MegabytesComeWhole) { EXPECT_EQ(call({.target = "/large"})->body.size(), 5u << 20); }

TEST_F(HttpClientTest, APathBeforeEveryTarget) {
  url_.path = "/v1/echo";
  EXPECT_EQ(call({.target = "/x"})->body, "x||");
}

TEST_F(HttpClientTest, SilenceEndsWithTheDeadline) {
  const auto got = call({.target = "/silent"}, 100ms);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, HttpClientError::broken);
}

TEST_F(HttpClientTest, ACallIsGivenUpWhenItIsCut) {
  std::stop_source cut;
  router_ = {};
  router_.add("GET", "/cut", [&](HttpRequest, Respond respond) {
    held_.push_back(std::move(respond));
    cut.request_stop();
  });
  Metrics metrics;
  const auto server = HttpServer::listen({.port = 0}, router_, metrics);
  const auto got =
      http_call({.host = "127.0.0.1", .port = server->port()}, {.target = "/cut"}, 1h, cut.get_token());
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, HttpClientError::cancelled);
  EXPECT_FALSE(http_call(url_, {.target = "/large"}, 1h, cut.get_token())) << "it is cut before it begins";
}

TEST_F(HttpClientTest, NobodyThere) {
  server_->stop(1s);
  server_.reset();
  const auto got = call({.target = "/large"});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, HttpClientError::unreachable);
}

TEST_F(HttpClientTest, TlsWherePlainHttpIsServedCanNotBeConnected) {
  url_.tls = true;
  EXPECT_EQ(call({.target = "/large"}).error().kind, HttpClientError::unreachable);
}

class HttpStreamClientTest : public HttpClientTest {
 protected:
  std::unique_ptr<HttpStream> open(std::vector<BodyPiece> pieces) {
    pieces_ = std::move(pieces);
    auto opened = HttpStream::open(url_, {.target = "/events"}, 10s);
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }
};

TEST_F(HttpStreamClientTest, WhatHasComeIsReadWithoutWaitingForMore) {
  const auto stream = open({{.bytes = "event: a\ndata: 1\r\n\n: a comm"}});
  EXPECT_EQ(stream->head().status, 200);
  EXPECT_EQ(stream->head().content_type, event_stream_type);
  EXPECT_EQ(stream->read_line(10s).value(), "event: a");
  EXPECT_EQ(stream->read_line(10s).value(), "data: 1");
  EXPECT_EQ(stream->read_line(10s).value(), "");
  EXPECT_EQ(stream->read(10s).value(), ": a comm");
}

TEST_F(HttpStreamClientTest, TheEndIsTold) {
  const auto stream = open({{.bytes = "one\nt"}, {.bytes = "wo"}, {.kind = BodyPiece::Kind::end}});
  EXPECT_EQ(stream->read_line(10s).value(), "one");
  EXPECT_EQ(stream->read_line(10s).value(), "two");
  EXPECT_EQ(stream->read_line(10s).value(), std::nullopt);
  EXPECT_EQ(stream->read_line(10s).value(), std::nullopt);
  EXPECT_EQ(stream->read(10s).value(), "");
}

TEST_F(HttpStreamClientTest, MegabytesInManyPiecesComeWhole) {
  std::vector<BodyPiece> pieces;
  std::string all;
  for (int i = 0; i < 3000; ++i)
    all += pieces.emplace_back(BodyPiece{.bytes = std::string(i % 1500, 'a' + i % 26)}).bytes;
  pieces.push_back({.kind = BodyPiece::Kind::end});
  EXPECT_EQ(open(std::move(pieces))->read_rest(60s).value(), all);
}

TEST_F(HttpStreamClientTest, OneThatIsCutIsNotTakenForWhole) {
  const auto stream = open({{.bytes = "half"}, {.kind = BodyPiece::Kind::broken}});
  const auto line = stream->read_line(10s);
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().kind, HttpClientError::broken);
}

TEST_F(HttpStreamClientTest, SilenceEndsIt) {
  const auto stream = open({{.bytes = "one\n"}});
  EXPECT_EQ(stream->read_line(10s).value(), "one");
  EXPECT_EQ(stream->read_line(50ms).error().kind, HttpClientError::broken);
}

TEST_F(HttpStreamClientTest, ASignalEndsIt) {
  const auto stream = open({{.bytes = "one\n"}});
  stream->cancel_on({SIGUSR1});
  EXPECT_EQ(stream->read_line(10s).value(), "one");
  raise(SIGUSR1);
  EXPECT_EQ(stream->read_line(10s).error().kind, HttpClientError::cancelled);
}

TEST_F(HttpStreamClientTest, AProblemCanBeRead) {
  auto stream = HttpStream::open(url_, {.target = "/nowhere"}, 10s);
  ASSERT_TRUE(stream);
  EXPECT_EQ((*stream)->head().status, 404);
  EXPECT_THAT((*stream)->read_rest(10s).value(), testing::HasSubstr("not-found"));
}

TEST(HttpUrl, IsReadAndWritten) {
  for (const char* text : {"http://127.0.0.1:8080", "http://[::1]:8080", "https://vestnik.example.org",
                           "https://example.org:8443/vestnik", "http://localhost"}) {
    const auto url = parse_http_url(text);
    ASSERT_TRUE(url) << text;
    EXPECT_EQ(url->text(), text);
  }
  EXPECT_EQ(parse_http_url("http://localhost/")->text(), "http://localhost");
  EXPECT_EQ(parse_http_url("http://[::1]:80")->host, "::1");
  EXPECT_EQ(parse_http_url("https://example.org")->port, 443);
}

TEST(HttpUrl, WhatIsNone) {
  for (const char* text : {"", "localhost:8080", "127.0.0.1", "ftp://host", "http://", "http://host:0",
                           "http://host:99999", "http://host/?x=1", "http://host/#x", "http://a b",
                           "http://user:secret@host", "http://host\r\nX: y"}) {
    const auto url = parse_http_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().find("secret"), std::string::npos);
  }
}

}  // namespace
}  // namespace vestnik::net
