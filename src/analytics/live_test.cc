#include "analytics/live.h"

#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analytics/stream_test_support.h"
#include "base/manual_scheduler.h"
#include "base/temporary_directory.h"
#include "sqlite/database.h"
#include "store/sqlite/store.h"

namespace vestnik::analytics {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

class LiveTest : public testing::Test {
 protected:
  LiveTest() { live_.add_routes(router_, net::ApiKeys()); }
  ~LiveTest() override { live_.stop(); }

  net::HttpResponse ask() {
    std::promise<net::HttpResponse> answered;
    router_.handle({.method = "GET", .path = "/v1/live"},
                   net::Respond([&](net::HttpResponse r) { answered.set_value(std::move(r)); }));
    return answered.get_future().get();
  }
  // The next event of the store's answer, however long that takes.
  std::string next(StreamReader& reader) {
    std::string text;
    EXPECT_TRUE(scheduler_.advance_until(
        [&] { return (text += reader.read()).find("\n\n", text.find("event:")) != text.npos; }, 50ms));
    return text;
  }

  TemporaryDirectory directory_;
  ManualScheduler scheduler_;
  Metrics metrics_;
  std::unique_ptr<sqlite::Database> database_ = sqlite::Database::open({.directory = directory_.path()});
  store::sqlite::SqliteStore store_{*database_, system_clock()};
  int asked_around_ = 0;
  Live live_{store_.timeline(),
             [this] {
               ++asked_around_;
               return json::object{{"ready", true}};
             },
             scheduler_, metrics_};
  net::Router router_;
};

TEST_F(LiveTest, AnEventASecondForAsLongAsSomebodyListens) {
  auto response = ask();
  EXPECT_EQ(response.content_type, "text/event-stream");
  StreamReader reader(std::move(response));
  EXPECT_THAT(reader.read(), StartsWith(": "));  // at once, so that nobody takes the stream for dead
  for (int i = 0; i < 3; ++i) {
    const std::string event = next(reader);
    EXPECT_THAT(event, HasSubstr("event: stats\ndata: {"));
    EXPECT_THAT(event, HasSubstr(R"("stats":{"events_accepted":0)"));
    EXPECT_THAT(event, HasSubstr(R"("ready":true)"));
  }
  reader.leave();
  scheduler_.advance(10s);
  scheduler_.run();
  const int asked = asked_around_;
  scheduler_.advance(60s);
  EXPECT_EQ(asked_around_, asked) << "nobody listens";
}

TEST_F(LiveTest, WhoeverIsSlowGetsTheNewestOnly) {
  StreamReader slow(ask()), fast(ask());
  slow.read();
  fast.read();
  for (int i = 0; i < 5; ++i) next(fast);
  const std::string text = slow.read();
  EXPECT_EQ(text.find("event:"), text.rfind("event:")) << text;
  EXPECT_THAT(text, HasSubstr("event: stats"));
}

TEST_F(LiveTest, OneBeyondTheLimitIsToldSoUntilAnotherLeaves) {
  std::vector<StreamReader> readers;
  for (std::size_t i = 0; i < Live::listeners_max; ++i) readers.emplace_back(ask());
  const auto refused = ask();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.source, nullptr);
  readers.pop_back();
  EXPECT_EQ(ask().status, 200);
}

TEST_F(LiveTest, WhoComesLaterIsAnsweredWithoutAnyTimePassing) {
  StreamReader first(ask());
  first.read();
  next(first);
  StreamReader second(ask());
  std::string text;
  EXPECT_TRUE(
      scheduler_.run_until([&] { return (text += second.read()).find("event: stats") != text.npos; }));
}

TEST_F(LiveTest, StartsAgainForTheNextListener) {
  {
    StreamReader first(ask());
    first.read();
    next(first);
  }
  scheduler_.advance(10s);
  StreamReader second(ask());
  second.read();
  EXPECT_THAT(next(second), HasSubstr("event: stats"));
}

}  // namespace
}  // namespace vestnik::analytics
