#include "trace/http_span.h"

#include <gtest/gtest.h>
#include <optional>

#include "base/manual_scheduler.h"
#include "trace/testing.h"

namespace vestnik::trace {
namespace {

class HttpSpanTest : public ::testing::Test {
 protected:
  // Answers `status`, or keeps the question.
  net::HttpHandler handler() {
    return [this](net::HttpRequest request, net::Respond respond) {
      seen_ = std::string(request.header("traceparent"));
      if (status_ == 0)
        kept_.emplace(std::move(respond));
      else
        respond(net::HttpResponse{.status = status_});
    };
  }
  int ask(const net::HttpHandler& handler, const std::string& traceparent) {
    net::HttpRequest request;
    request.method = "POST";
    request.path = "/register";
    if (!traceparent.empty()) request.headers.emplace_back("traceparent", traceparent);
    answered_ = 0;
    handler(std::move(request),
            net::Respond([this](net::HttpResponse answer) { answered_ = answer.status; }));
    return answered_;
  }
  Tracer tracer() { return {sink_, {}, system_random(), scheduler_.clock()}; }

  ManualScheduler scheduler_;
  KeepingSink sink_;
  std::string seen_;
  int status_ = 200;
  int answered_ = 0;
  std::optional<net::Respond> kept_;
};

const std::string given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST_F(HttpSpanTest, TheHandlerContinuesTheSpanOfTheRequest) {
  EXPECT_EQ(ask(traced(tracer(), "/register", handler()), given), 200);
  ASSERT_EQ(sink_.spans.size(), 1U);
  const EndedSpan& span = sink_.spans[0];
  EXPECT_EQ(span.name, "POST /register");
  EXPECT_EQ(span.kind, SpanKind::server);
  EXPECT_EQ(span_id_text(span.parent_id), given.substr(36, 16));
  EXPECT_EQ(seen_, span.context.traceparent());
  EXPECT_EQ(attribute(span, "http.response.status_code"), "200");
  EXPECT_EQ(attribute(span, "http.route"), "/register");
  EXPECT_FALSE(span.failed);
}

TEST_F(HttpSpanTest, WithoutATraceparentItBeginsATrace) {
  ask(traced(tracer(), "/register", handler()), "");
  EXPECT_EQ(sink_.spans.at(0).parent_id, 0U);
  EXPECT_EQ(seen_, sink_.spans.at(0).context.traceparent());
}

TEST_F(HttpSpanTest, TheServersFailureIsOneTheClientsIsNot) {
  status_ = 422;
  EXPECT_EQ(ask(traced(tracer(), "/register", handler()), given), 422);
  EXPECT_FALSE(sink_.spans.at(0).failed);
  status_ = 503;
  EXPECT_EQ(ask(traced(tracer(), "/register", handler()), given), 503);
  EXPECT_TRUE(sink_.spans.at(1).failed);
  EXPECT_EQ(attribute(sink_.spans.at(1), "error.type"), "503");
}

TEST_F(HttpSpanTest, EndsWithTheAnswerWheneverThatComes) {
  status_ = 0;
  ask(traced(tracer(), "/register", handler()), given);
  EXPECT_TRUE(sink_.spans.empty());
  kept_.reset();  // dropped, which answers 500
  ASSERT_EQ(sink_.spans.size(), 1U);
  EXPECT_EQ(attribute(sink_.spans[0], "error.type"), "500");
}

TEST_F(HttpSpanTest, OffTheHandlerSeesWhatTheClientSent) {
  EXPECT_EQ(ask(traced({}, "/register", handler()), given), 200);
  EXPECT_EQ(seen_, given);
}

}  // namespace
}  // namespace vestnik::trace
