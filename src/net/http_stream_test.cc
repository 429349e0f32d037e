#include <atomic>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mutex>
#include <thread>

#include "net/http_metrics.h"
#include "net/http_server.h"
#include "net/http_test_client.h"

namespace vestnik::net {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using Kind = BodyPiece::Kind;

// What a test says to a source, and hears of it.
struct Control {
  std::promise<void> gone;
  std::atomic<int> pulls = 0;
  std::promise<BodySource::Give> asked;  // the give of the first pull beyond `ready`
};

// Gives what it has at once, then lets the test give.
class ScriptedSource final : public BodySource {
 public:
  ScriptedSource(Control& control, std::vector<BodyPiece> ready, bool whole_at_any_time)
      : control_(control), ready_(std::move(ready)), whole_at_any_time_(whole_at_any_time) {}
  ~ScriptedSource() override { control_.gone.set_value(); }
  void next(Give give) override {
    const auto pull = static_cast<std::size_t>(control_.pulls++);
    if (pull < ready_.size()) return give(std::move(ready_[pull]));
    control_.asked.set_value(std::move(give));
  }
  bool whole_at_any_time() const override { return whole_at_any_time_; }

 private:
  Control& control_;
  std::vector<BodyPiece> ready_;
  const bool whole_at_any_time_;
};

class EndlessSource final : public BodySource {
 public:
  explicit EndlessSource(Control& control) : control_(control) {}
  ~EndlessSource() override { control_.gone.set_value(); }
  void next(Give give) override {
    ++control_.pulls;
    give({.bytes = std::string(64 << 10, 'x')});
  }

 private:
  Control& control_;
};

class ThrowingSource final : public BodySource {
 public:
  void next(Give) override { throw std::runtime_error("broken"); }
};

class HttpStreamTest : public testing::Test {
 protected:
  HttpStreamTest() {
    options.port = 0;
    options.threads = 1;
    add("/stream", [this] { return std::make_unique<ScriptedSource>(control, ready, whole_at_any_time); });
    add("/endless", [this] { return std::make_unique<EndlessSource>(control); });
    add("/throws", [] { return std::make_unique<ThrowingSource>(); });
    router.add("GET", "/hello", [](HttpRequest, Respond respond) { respond(HttpResponse{.body = "{}"}); });
    router.add("GET", "/metrics", metrics_handler(metrics));
  }

  template <class Make>
  void add(const char* path, Make make) {
    router.add("GET", path, [make](HttpRequest, Respond respond) {
      HttpResponse response{.content_type = "text/plain"};
      response.source = make();
      respond(std::move(response));
    });
  }
  void start() { server = HttpServer::listen(options, router, metrics); }
  std::unique_ptr<TestClient> ask(const char* path, const char* version = "1.1", const char* method = "GET") {
    auto client = std::make_unique<TestClient>(server->port());
    client->send(std::string(method) + " " + path + " HTTP/" + version + "\r\nHost: x\r\n\r\n");
    return client;
  }
  std::string metric(const std::string& line_begin) {
    const std::string text = ask("/metrics")->read_answer();
    const std::size_t at = text.find("\n" + line_begin + " ");
    return at == text.npos ? ""
                           : text.substr(at + line_begin.size() + 2,
                                         text.find('\n', at + 1) - at - line_begin.size() - 2);
  }
  bool source_is_gone() { return control.gone.get_future().wait_for(10s) == std::future_status::ready; }

  Metrics metrics;
  HttpServerOptions options;
  Router router;
  Control control;
  std::vector<BodyPiece> ready;
  bool whole_at_any_time = false;
  std::unique_ptr<HttpServer> server;
};

TEST_F(HttpStreamTest, PiecesBecomeChunksAndTheConnectionServesOn) {
  ready = {{.bytes = "hello"}, {}, {.bytes = std::string(5000, 'x')}, {Kind::end, "bye"}};
  start();
  const auto client = ask("/stream");
  const std::string head = client->read_until("\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("\r\nTransfer-Encoding: chunked\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("Content-Length")));
  EXPECT_EQ(client->read_until("\r\n0\r\n\r\n"),
            "5\r\nhello\r\n1388\r\n" + std::string(5000, 'x') + "\r\n3\r\nbye\r\n0\r\n\r\n");
  client->send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client->read_answer(), EndsWith("\r\n\r\n{}"));
  EXPECT_TRUE(source_is_gone());
}

TEST_F(HttpStreamTest, AnEndWithoutBytesEndsTheBody) {
  ready = {{.bytes = "a"}, {.kind = Kind::end}};
  start();
  const auto client = ask("/stream");
  client->read_until("\r\n\r\n");
  EXPECT_EQ(client->read_until("0\r\n\r\n"), "1\r\na\r\n0\r\n\r\n");
}

TEST_F(HttpStreamTest, APieceMayComeLaterFromAnotherThread) {
  ready = {{.bytes = "first"}};
  start();
  const auto client = ask("/stream");
  EXPECT_THAT(client->read_until("first\r\n"), EndsWith("first\r\n"));  // it waits for no second one
  BodySource::Give give = control.asked.get_future().get();
  std::thread([&] { give({Kind::end, "second"}); }).join();
  EXPECT_EQ(client->read_until("0\r\n\r\n"), "6\r\nsecond\r\n0\r\n\r\n");
}

TEST_F(HttpStreamTest, Http10ReadsUntilTheClose) {
  ready = {{.bytes = "hello "}, {Kind::end, "there"}};
  start();
  const auto client = ask("/stream", "1.0");
  const std::string answer = client->read_to_end();
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("Transfer-Encoding")));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nhello there"));
  EXPECT_FALSE(client->was_reset());
}

TEST_F(HttpStreamTest, HeadAsksForNoPiece) {
  ready = {{Kind::end, "hello"}};
  start();
  const auto client = ask("/stream", "1.1", "HEAD");
  EXPECT_THAT(client->read_answer(false), HasSubstr("\r\nTransfer-Encoding: chunked\r\n"));
  client->send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client->read_answer(), EndsWith("\r\n\r\n{}"));
  EXPECT_EQ(control.pulls, 0);
  EXPECT_TRUE(source_is_gone());
}

TEST_F(HttpStreamTest, ABodyThatCanNotBeCompletedLacksItsLastChunk) {
  ready = {{.bytes = "half"}, {.kind = Kind::broken}};
  start();
  EXPECT_THAT(ask("/stream")->read_to_end(), EndsWith("4\r\nhalf\r\n"));
  EXPECT_THAT(ask("/throws")->read_to_end(), EndsWith("\r\n\r\n"));
}

TEST_F(HttpStreamTest, ABodyThatCanNotBeCompletedEndsWithAResetInHttp10) {
  ready = {{.bytes = "half"}, {.kind = Kind::broken}};
  start();
  const auto client = ask("/stream", "1.0");
  client->read_to_end();
  EXPECT_TRUE(client->was_reset());
}

TEST_F(HttpStreamTest, AClientThatDoesNotReadMakesItsSourceWaitAndIsGivenUp) {
  options.write_deadline = 200ms;
  start();
  const auto client = ask("/endless");
  ASSERT_TRUE(source_is_gone());
  EXPECT_LT(control.pulls, 1000) << "64 MiB were made for somebody who does not read";
  EXPECT_THAT(ask("/hello")->read_answer(), EndsWith("{}"));
}

TEST_F(HttpStreamTest, ASourceThatIsAlwaysReadyLeavesTheThreadToOthers) {
  start();
  const auto greedy = ask("/endless");
  std::thread reader([&] {
    while (!greedy->read_until(std::string(64 << 10, 'x')).empty()) {
    }
  });
  for (int i = 0; i < 20; ++i) EXPECT_THAT(ask("/hello")->read_answer(), EndsWith("{}"));
  server->stop(10s);
  reader.join();
  EXPECT_TRUE(source_is_gone());
}

TEST_F(HttpStreamTest, AStreamMayLastLongerThanAnyWaitInIt) {
  options.answer_deadline = options.header_deadline = options.body_deadline = 1ms;
  start();
  const auto client = ask("/endless");
  // For longer than the server takes to look at its deadlines (100 ms).
  for (const auto end = std::chrono::steady_clock::now() + 400ms; std::chrono::steady_clock::now() < end;)
    ASSERT_NE(client->read_until(std::string(64 << 10, 'x')), "");
}

TEST_F(HttpStreamTest, ASourceThatFallsSilentIsGivenUp) {
  options.answer_deadline = 100ms;
  start();
  EXPECT_THAT(ask("/stream")->read_to_end(), Not(HasSubstr("0\r\n\r\n")));
  EXPECT_TRUE(source_is_gone());
  control.asked.get_future().get()({Kind::end, "late"});  // nobody hears it
  EXPECT_THAT(ask("/hello")->read_answer(), EndsWith("{}"));
}

TEST_F(HttpStreamTest, AClientThatLeavesIsNoticedWhileNothingIsSent) {
  start();
  auto client = ask("/stream");
  client->read_until("\r\n\r\n");
  BodySource::Give give = control.asked.get_future().get();
  client->close();
  EXPECT_TRUE(source_is_gone());
  give({.bytes = "to nobody"});
}

TEST_F(HttpStreamTest, ARequestThatIsSentMeanwhileIsServedAfterwards) {
  start();
  const auto client = ask("/stream");
  client->read_until("\r\n\r\n");
  BodySource::Give give = control.asked.get_future().get();
  client->send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(ask("/hello")->read_answer(), EndsWith("{}"));
  give({Kind::end, "done"});
  EXPECT_THAT(client->read_until("0\r\n\r\n"), HasSubstr("done"));
  EXPECT_THAT(client->read_answer(), EndsWith("{}"));
}

TEST_F(HttpStreamTest, ADrainEndsWhatMayEndAnywhereAtOnce) {
  whole_at_any_time = true;
  ready = {{.bytes = "event"}};
  start();
  const auto client = ask("/stream");
  client->read_until("event\r\n");
  control.asked.get_future().wait();
  auto stopped = std::async(std::launch::async, [&] { server->stop(1h); });
  EXPECT_EQ(client->read_to_end(), "0\r\n\r\n");
  client->close();
  EXPECT_EQ(stopped.wait_for(30s), std::future_status::ready);
  EXPECT_TRUE(source_is_gone());
}

TEST_F(HttpStreamTest, ADrainCutsTheRest) {
  ready = {{.bytes = "half"}};
  start();
  const auto client = ask("/stream");
  client->read_until("half\r\n");
  control.asked.get_future().wait();
  auto stopped = std::async(std::launch::async, [&] { server->stop(1h); });
  EXPECT_EQ(client->read_to_end(), "");
  EXPECT_EQ(stopped.wait_for(30s), std::future_status::ready);
}

TEST_F(HttpStreamTest, AStreamIsCountedWhenItBeginsAndShownWhileItLasts) {
  start();
  const auto client = ask("/stream");
  client->read_until("\r\n\r\n");
  BodySource::Give give = control.asked.get_future().get();
  EXPECT_EQ(metric("vestnik_http_streams_open"), "1");
  EXPECT_EQ(metric(R"(vestnik_http_requests_total{method="GET",route="/stream",status="2xx"})"), "1");
  give({.kind = Kind::end});
  client->read_until("0\r\n\r\n");
  ASSERT_TRUE(source_is_gone());
  client->send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  client->read_answer();
  EXPECT_EQ(metric("vestnik_http_streams_open"), "0");
  EXPECT_EQ(metric(R"(vestnik_http_requests_total{method="GET",route="/stream",status="2xx"})"), "1");
}

}  // namespace
}  // namespace vestnik::net
