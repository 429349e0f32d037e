#include "net/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

#include "net/http_server.h"

namespace vestnik::net {
namespace {

using namespace std::chrono_literals;

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
    server_ = HttpServer::listen({.port = 0}, router_, metrics_);
    url_ = {.host = "127.0.0.1", .port = server_->port()};
  }
  auto call(HttpCall call, std::chrono::milliseconds limit = 10s) { return http_call(url_, call, limit); }

  Metrics metrics_;
  Router router_;
  std::vector<Respond> held_;
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
  EXPECT_EQ(got.error().kind, HttpClientError::broken);
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
