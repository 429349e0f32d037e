#include "trace/otlp_exporter.h"

#include <condition_variable>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mutex>
#include <optional>

#include "base/json.h"
#include "net/http_server.h"

namespace vestnik::trace {
namespace {

using namespace std::chrono_literals;

constexpr auto deadline = 20s;

// A receiver that answers what the test says, and an exporter that sends to it.
class OtlpExporterTest : public ::testing::Test {
 public:
  ~OtlpExporterTest() override {
    exporter_.reset();
    held_.clear();
    server_.reset();
  }

 protected:
  OtlpExporterTest() {
    net::Router router;
    router.add("POST", "/otel/v1/traces", [this](net::HttpRequest request, net::Respond respond) {
      const std::lock_guard lock(mutex_);
      requests_.push_back(std::move(request));
      changed_.notify_all();
      if (silent_) return held_.push_back(std::move(respond));
      net::HttpResponse answer{.status = status_, .body = body_};
      if (!retry_after_.empty()) answer.headers.emplace_back("Retry-After", retry_after_);
      respond(std::move(answer));
    });
    server_ = net::HttpServer::listen({.port = 0}, std::move(router), server_metrics_);
  }
  void start(OtlpOptions options = {}) {
    options.url = {.host = "127.0.0.1", .port = server_->port(), .path = "/otel"};
    if (options.gather == OtlpOptions{}.gather) options.gather = 1ms;
    options.pause_min = options.pause_max = 2ms;
    exporter_ = std::make_unique<OtlpExporter>(std::move(options), system_random(), metrics_);
  }
  void answer(int status, std::string body = "{}") {
    const std::lock_guard lock(mutex_);
    status_ = status;
    body_ = std::move(body);
  }
  void take(int count) {
    for (int i = 0; i < count; ++i) {
      EndedSpan span;
      span.context = {1, 2, static_cast<std::uint64_t>(i) + 1, true};
      span.name = "plan";
      exporter_->take(std::move(span));
    }
  }
  std::vector<net::HttpRequest> received() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  bool reached(const std::function<bool()>& predicate) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, deadline, predicate);
  }
  std::size_t spans_in(const net::HttpRequest& request) {
    return parse_json_object(request.body)
        ->at("resourceSpans")
        .at(0)
        .at("scopeSpans")
        .at(0)
        .at("spans")
        .as_array()
        .size();
  }

  double exported() { return metrics_.counter("vestnik_trace_spans_exported_total", "").Value(); }
  double dropped(const char* reason) {
    return metrics_.counter("vestnik_trace_spans_dropped_total", "", {{"reason", reason}}).Value();
  }
  double queued() {
    for (const auto& family : metrics_.collect())
      if (family.name == "vestnik_trace_queue_spans") return family.metric.at(0).gauge.value;
    return -1;
  }
  // Counters are raised right after the receiver's part of it is over.
  template <class Predicate>
  bool counted(Predicate predicate) {
    const auto until = std::chrono::steady_clock::now() + deadline;
    while (!predicate()) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::yield();
    }
    return true;
  }

  Metrics metrics_, server_metrics_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<net::HttpRequest> requests_;
  std::vector<net::Respond> held_;
  bool silent_ = false;
  int status_ = 200;
  std::string body_ = "{}", retry_after_;
  std::unique_ptr<net::HttpServer> server_;
  std::unique_ptr<OtlpExporter> exporter_;
};

TEST_F(OtlpExporterTest, SendsWhatEndsWithItsHeaders) {
  start({.headers = {{"Authorization", "Bearer k"}}, .resource = {{"service.name", "x"}}, .version = "1"});
  take(3);
  ASSERT_TRUE(counted([&] { return exported() == 3; }));
  const std::lock_guard lock(mutex_);
  EXPECT_EQ(requests_.at(0).header("content-type"), "application/json");
  EXPECT_EQ(requests_.at(0).header("authorization"), "Bearer k");
  std::size_t count = 0;
  for (const auto& request : requests_) count += spans_in(request);
  EXPECT_EQ(count, 3U);
}

TEST_F(OtlpExporterTest, StopSendsWhatIsQueuedInBatches) {
  start({.batch_max = 10, .gather = 1h});
  take(25);
  exporter_->stop(deadline);
  EXPECT_EQ(exported(), 25);
  EXPECT_GE(received().size(), 3U);
  for (const auto& request : received()) EXPECT_LE(spans_in(request), 10U);
  take(1);
  EXPECT_EQ(dropped("stopped"), 1) << "nobody would send it";
}

TEST_F(OtlpExporterTest, TriesAgainUntilItIsTaken) {
  answer(503);
  start({.tries_max = 1'000'000});
  take(2);
  ASSERT_TRUE(reached([&] { return requests_.size() >= 3; }));
  EXPECT_EQ(exported(), 0);
  answer(200);
  ASSERT_TRUE(counted([&] { return exported() == 2; }));
  EXPECT_EQ(received().front().body, received().back().body) << "the same batch";
}

TEST_F(OtlpExporterTest, GivesABatchUpThatWasTriedTooOften) {
  answer(502);
  start({.tries_max = 3});
  take(1);
  ASSERT_TRUE(counted([&] { return dropped("unreachable") == 1; }));
  {
    const std::lock_guard lock(mutex_);
    EXPECT_EQ(requests_.size(), 3U);
  }
  answer(200);
  take(1);
  EXPECT_TRUE(counted([&] { return exported() == 1; }));
}

TEST_F(OtlpExporterTest, AStopEndsAPause) {
  answer(429);
  retry_after_ = "300";
  start();
  take(1);
  ASSERT_TRUE(reached([&] { return !requests_.empty(); }));
  exporter_->stop(1h);
  EXPECT_EQ(received().size(), 1U);
  EXPECT_EQ(dropped("stopped"), 1);
}

TEST_F(OtlpExporterTest, WhatIsRefusedIsNotSentAgain) {
  answer(400);
  start();
  take(2);
  ASSERT_TRUE(counted([&] { return dropped("refused") == 2; }));
  answer(200, R"({"partialSuccess":{"rejectedSpans":"1","errorMessage":"old"}})");
  exporter_->take([] {
    EndedSpan span;
    span.name = "late";
    return span;
  }());
  ASSERT_TRUE(counted([&] { return dropped("refused") == 3; }));
  EXPECT_EQ(exported(), 0);
}

TEST_F(OtlpExporterTest, AReceiverThatHangsFillsABoundedQueueAndHoldsUpNobody) {
  silent_ = true;
  start({.queue_max = 10, .batch_max = 1});
  take(1);
  ASSERT_TRUE(reached([&] { return requests_.size() == 1; }));
  take(15);
  EXPECT_EQ(dropped("queue_full"), 5);
  EXPECT_EQ(queued(), 10);
  exporter_->stop(0ms);
  EXPECT_EQ(exported(), 0);
  EXPECT_EQ(dropped("stopped"), 11) << "the one under way, and the queue";
}

TEST_F(OtlpExporterTest, NobodyThereIsFoundOut) {
  server_->stop(1s);
  start({.tries_max = 2});
  take(1);
  EXPECT_TRUE(counted([&] { return dropped("unreachable") == 1; }));
}

TEST(OtlpHeader, IsReadAndDecoded) {
  const auto header = parse_header("Authorization=Bearer%20a%3Db=");
  ASSERT_TRUE(header);
  EXPECT_EQ(*header, (std::pair<std::string, std::string>("Authorization", "Bearer a=b=")));
  EXPECT_EQ(parse_header("x=")->second, "");
  for (const char* bad : {"", "x", "x=%", "x=%zz", "x=a%0d%0aY: b"}) EXPECT_FALSE(parse_header(bad)) << bad;
}

}  // namespace
}  // namespace vestnik::trace
