#include "net/http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>

#include "net/http_api_keys.h"
#include "net/http_writer.h"

namespace vestnik::net {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Respond into(std::optional<HttpResponse>& place) {
  return Respond([&place](HttpResponse response) { place = std::move(response); });
}

TEST(Target, PathAndQueryAreDecoded) {
  HttpRequest request;
  request.target = "/a%20b/c?x=1%2B1&y=a+b&flag&x=2";
  ASSERT_TRUE(read_target(request));
  EXPECT_EQ(request.path, "/a b/c");
  EXPECT_EQ(request.query_parameter("x"), "1+1");
  EXPECT_EQ(request.query_parameter("y"), "a b");
  EXPECT_EQ(request.query.size(), 4U);
}

TEST(Target, WhatIsNotAPathIsRefused) {
  for (const char* target :
       {"", "a", "/%", "/%2", "/%zz", "/%00", "/a?b=%00", "/a#b", "http://", "ftp://x/"}) {
    HttpRequest request;
    request.target = target;
    EXPECT_FALSE(read_target(request)) << target;
  }
}

TEST(Problem, IsAProblemDocument) {
  const HttpResponse response = to_response({422, "invalid", "Invalid value", "no @", "email", 3});
  EXPECT_EQ(response.status, 422);
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_EQ(
      response.body,
      R"({"type":"/problems/invalid","title":"Invalid value","status":422,"detail":"no @","field":"email"})");
  EXPECT_EQ(response.headers.at(0), std::make_pair(std::string("Retry-After"), std::string("3")));
}

TEST(Respond, DroppedUncalledItAnswers500) {
  std::optional<HttpResponse> answer;
  {
    Respond respond = into(answer);
  }
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 500);
}

TEST(Respond, MovedOrCalledItIsSilent) {
  std::optional<HttpResponse> answer;
  {
    Respond first = into(answer);
    Respond second = std::move(first);
    second(HttpResponse{204, "", "", {}});
  }
  EXPECT_EQ(answer->status, 204);
}

TEST(Router, AnEscapedSlashStaysInItsSegment) {
  Router router;
  std::string id;
  router.add("GET", "/v1/{id}/x", [&id](HttpRequest request, Respond respond) {
    id = request.path_parameter("id");
    respond(HttpResponse{});
  });
  HttpRequest request;
  request.method = "GET";
  request.target = "/v1/a%2Fb/x?q";
  std::optional<HttpResponse> answer;
  router.handle(request, into(answer));
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(id, "a/b");
  for (const char* target : {"/v1//x", "/v1/a", "/v1/a/x/", "/V1/a/x", "*"}) {
    request.target = target;
    router.handle(request, into(answer));
    EXPECT_EQ(answer->status, 404) << target;
  }
}

TEST(Router, ALiteralSegmentWinsOverAParameter) {
  Router router;
  std::string reached;
  const auto reach = [&](const char* name) {
    return [&reached, name](HttpRequest, Respond respond) {
      reached = name;
      respond(HttpResponse{});
    };
  };
  router.add("GET", "/v1/{id}", reach("one"));
  router.add("POST", "/v1/{id}/retry", reach("retry one"));
  router.add("POST", "/v1/retry", reach("retry"));
  std::optional<HttpResponse> answer;
  const auto status = [&](const char* method, const char* path) {
    HttpRequest request;
    request.method = method;
    request.path = path;
    router.handle(request, into(answer));
    return answer->status;
  };
  EXPECT_EQ(status("POST", "/v1/retry"), 200);
  EXPECT_EQ(reached, "retry");
  EXPECT_EQ(status("GET", "/v1/retry"), 405);
  EXPECT_EQ(answer->headers.back().second, "POST");
  EXPECT_EQ(status("GET", "/v1/x"), 200);
  EXPECT_EQ(reached, "one");
  EXPECT_EQ(status("POST", "/v1/retry/retry"), 200);
  EXPECT_EQ(reached, "retry one");
}

TEST(Problems, ExtensionMembersStandBesideTheOthers) {
  const HttpResponse response =
      to_response({.status = 409, .type = "wrong-state", .title = "No", .members = {{"state", "sent"}}});
  EXPECT_EQ(response.body, R"({"type":"/problems/wrong-state","title":"No","status":409,"state":"sent"})");
}

TEST(Writer, AHeaderThatWouldSplitTheAnswerIsLeftOut) {
  std::string head;
  write_head(head, HttpResponse{200, "", "text/plain", {{"X-A", "a\r\nX-B: b"}, {"X-C", "c"}}},
             BodyFraming::length, false, "now");
  EXPECT_THAT(head, Not(HasSubstr("X-B")));
  EXPECT_THAT(head, HasSubstr("X-C: c\r\n"));
}

TEST(Writer, TheDateIsInTheFormatOfHttp) {
  HttpDate date;  // the example of RFC 9110 section 5.6.7
  EXPECT_EQ(date.at(from_unix_ms(784'111'777'000)), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date.at(from_unix_ms(784'111'778'999)), "Sun, 06 Nov 1994 08:49:38 GMT");
}

int status_with(const std::vector<std::string>& keys,
                std::vector<std::pair<std::string, std::string>> headers) {
  const HttpHandler guarded =
      require_api_key(ApiKeys(keys), [](HttpRequest, Respond respond) { respond(HttpResponse{}); });
  HttpRequest request;
  request.headers = std::move(headers);
  std::optional<HttpResponse> answer;
  guarded(request, into(answer));
  return answer->status;
}

TEST(ApiKeys, OnlyHoldersPass) {
  const std::vector<std::string> keys{"0123456789abcdef", "fedcba9876543210"};
  EXPECT_EQ(status_with(keys, {{"authorization", "Bearer fedcba9876543210"}}), 200);
  EXPECT_EQ(status_with(keys, {{"authorization", "bearer 0123456789abcdef"}}), 200);
  EXPECT_EQ(status_with(keys, {{"x-api-key", "0123456789abcdef"}}), 200);
  EXPECT_EQ(status_with(keys, {}), 401);
  EXPECT_EQ(status_with(keys, {{"x-api-key", ""}}), 401);
  EXPECT_EQ(status_with(keys, {{"x-api-key", "0123456789abcdeF"}}), 401);
  EXPECT_EQ(status_with(keys, {{"authorization", "Basic 0123456789abcdef"}}), 401);
  EXPECT_EQ(status_with({}, {}), 200);
}

TEST(ApiKeys, AShortKeyIsRefusedAndNotShown) {
  const std::vector<std::string> keys{"too-short"};
  try {
    ApiKeys refused(keys);
    FAIL() << "a short key was taken";
  } catch (const std::invalid_argument& e) {
    EXPECT_THAT(e.what(), Not(HasSubstr("too-short")));
  }
}

}  // namespace
}  // namespace vestnik::net
