#include "analytics/rebuild.h"

#include <future>
#include <gtest/gtest.h>
#include <map>
#include <thread>

#include "base/json.h"

namespace vestnik::analytics {
namespace {

using namespace std::chrono_literals;
using State = RebuildStatus::State;

constexpr std::chrono::seconds patience{20};

// A store that writes down what a rebuild asks of it.
class FakeTimeline final : public store::Timeline {
 public:
  void apply(std::shared_ptr<const store::FactBatch>, Timestamp, store::Done<void>) override {}
  void notification(const NotificationId&, store::Done<std::optional<store::NotificationView>>) override {}
  void search(store::NotificationFilter, std::string, std::size_t,
              store::Done<store::NotificationPage>) override {}
  void stats(Timestamp, store::Done<store::Stats>) override {}
  void report(store::ReportQuery, store::Done<store::Report>) override {}

  void begin_rebuild(store::Done<store::RebuildId> done) override {
    applied = 0;
    done(++begun);
  }
  void apply_to_rebuild(store::RebuildId id, std::shared_ptr<const store::FactBatch> facts, Timestamp,
                        store::Done<bool> done) override {
    if (failures > 0) {
      --failures;
      return done(fail(store::ErrorKind::unavailable, "away"));
    }
    applied += static_cast<int>(facts->events().size() + facts->rows().size());
    done(id == begun && !replaced);
  }
  void finish_rebuild(store::RebuildId id, store::Done<bool> done) override {
    finished = id;
    state = store::RebuildState::none;
    done(true);
  }
  void rebuild_state(store::Done<store::RebuildState> done) override { done(state.load()); }
  void shed_replaced(store::Done<bool> done) override { done(sheddings++ % 3 != 2); }

  std::atomic<store::RebuildState> state = store::RebuildState::none;
  std::atomic<int> begun = 0, applied = 0, failures = 0, sheddings = 0;
  std::atomic<store::RebuildId> finished = 0;
  std::atomic<bool> replaced = false;
};

// One partition a topic.
class FakeLog final : public log::Reader {
 public:
  std::vector<log::PartitionRange> partitions(const std::string& topic) override {
    const auto found = records.find(topic);
    if (found == records.end()) return {};
    return {{{topic, 0}, first, first + static_cast<std::int64_t>(found->second.size())}};
  }
  std::map<std::int32_t, std::int64_t> committed(const std::string&, const std::string&) override {
    return {};
  }
  void read(const log::PartitionRange& range, const Take& take) override {
    if (gate.valid()) gate.wait();
    for (std::int64_t offset = range.first; offset < range.end; ++offset)
      take(offset, records[range.partition.topic][static_cast<std::size_t>(offset - range.first)]);
  }

  std::map<std::string, std::vector<Record>> records;
  std::int64_t first = 100;
  std::shared_future<void> gate;
};

class RebuildTest : public testing::Test {
 protected:
  RebuildTest() {
    for (int i = 0; i < 10; ++i) {
      log_->records["user-events"].push_back(encode(UserEvent{.event_id = {"e" + std::to_string(i)},
                                                              .event_type = "user_registered",
                                                              .user_id = {"u1"},
                                                              .email = "anna@example.org"}));
      log_->records["analytics-events"].push_back(
          encode(Step{.notification_id = {"n" + std::to_string(i)}, .user_id = {"u1"}, .event_id = {"e1"}}));
    }
    log_->records["analytics-events"].push_back(Record{"u1", "not json", {}});
    rebuild_.add_routes(router_, net::ApiKeys());
  }

  net::HttpResponse ask(const char* method) {
    std::promise<net::HttpResponse> answered;
    router_.handle({.method = method, .path = "/v1/analytics/rebuild"},
                   net::Respond([&](net::HttpResponse r) { answered.set_value(std::move(r)); }));
    return answered.get_future().get();
  }
  // The status once `reached`, or after `patience`.
  template <class Predicate>
  RebuildStatus wait_until(Predicate reached) {
    const auto limit = std::chrono::steady_clock::now() + patience;
    for (;;) {
      const RebuildStatus status = rebuild_.status();
      if (reached(status) || std::chrono::steady_clock::now() > limit) return status;
      std::this_thread::yield();
    }
  }
  RebuildStatus wait_for(State state) {
    return wait_until(
        [state](const RebuildStatus& status) { return status.state == state && status.finished_at; });
  }

  FakeTimeline timeline_;
  std::shared_ptr<FakeLog> log_ = std::make_shared<FakeLog>();
  std::atomic<int> failing_opens_ = 0;
  Rebuild rebuild_{{.open_log =
                        [this] {
                          if (failing_opens_-- > 0) throw std::runtime_error("the log is away");
                          return log_;
                        },
                    .store_pause = 1ms,
                    .failure_pause = 1ms,
                    .batch_max = 4},
                   timeline_,
                   system_clock()};
  net::Router router_;
};

TEST_F(RebuildTest, ReadsTheWholeLogAndSwaps) {
  rebuild_.start();
  EXPECT_EQ(rebuild_.status().state, State::idle);
  const net::HttpResponse accepted = ask("POST");
  EXPECT_EQ(accepted.status, 202);
  const RebuildStatus done = wait_for(State::idle);
  EXPECT_EQ(done.state, State::idle);
  EXPECT_EQ(done.records_done, 21);
  EXPECT_EQ(done.records_total, 21);
  EXPECT_EQ(timeline_.applied, 20) << "but for the one that can't be read";
  EXPECT_EQ(timeline_.finished, 1);
  const auto shown = parse_json_object(ask("GET").body).value();
  EXPECT_EQ(shown.at("state"), "idle");
  EXPECT_EQ(shown.at("records_done"), 21);
  EXPECT_FALSE(shown.contains("error"));
  EXPECT_EQ(ask("POST").status, 202) << "and again";
}

TEST_F(RebuildTest, OneAtATime) {
  std::promise<void> open;
  log_->gate = open.get_future().share();
  rebuild_.start();
  EXPECT_EQ(ask("POST").status, 202);
  EXPECT_EQ(ask("POST").status, 409);
  EXPECT_EQ(parse_json_object(ask("GET").body)->at("state"), "running");
  open.set_value();
  wait_for(State::idle);
  EXPECT_EQ(timeline_.begun, 1);
}

TEST_F(RebuildTest, WhatACrashLeftBeginsAgainByItself) {
  for (const auto state : {store::RebuildState::unfinished, store::RebuildState::needed}) {
    timeline_.state = state;
    Rebuild another({.open_log = [this] { return log_; }}, timeline_, system_clock());
    const int before = timeline_.begun;
    another.start();
    while (another.status().state != State::idle || !another.status().finished_at) std::this_thread::yield();
    EXPECT_EQ(timeline_.begun, before + 1);
    EXPECT_EQ(timeline_.applied, 20);
  }
}

TEST_F(RebuildTest, NothingBeginsWhereNothingIsToBeDone) {
  rebuild_.start();
  while (timeline_.sheddings < 3) std::this_thread::yield();
  rebuild_.stop();
  EXPECT_EQ(timeline_.begun, 0);
}

TEST_F(RebuildTest, AStoreThatIsAwayIsAskedAgain) {
  timeline_.failures = 5;
  rebuild_.start();
  rebuild_.begin();
  EXPECT_EQ(wait_for(State::idle).records_done, 21);
  EXPECT_EQ(timeline_.applied, 20);
  EXPECT_EQ(timeline_.begun, 1);
}

TEST_F(RebuildTest, ALogThatIsAwayIsReadFromTheBeginningLater) {
  failing_opens_ = 3;
  rebuild_.start();
  rebuild_.begin();
  wait_until([this](const RebuildStatus&) { return timeline_.finished > 0; });
  EXPECT_EQ(timeline_.begun, 4);
  EXPECT_EQ(wait_for(State::idle).error, "");
}

TEST_F(RebuildTest, OneThatAnotherProcessReplacedIsGivenUp) {
  timeline_.replaced = true;
  rebuild_.start();
  rebuild_.begin();
  const RebuildStatus failed = wait_for(State::failed);
  EXPECT_EQ(failed.state, State::failed);
  EXPECT_NE(failed.error, "");
  EXPECT_EQ(timeline_.begun, 1);
}

TEST_F(RebuildTest, StopsInTheMiddle) {
  timeline_.failures = 1'000'000'000;
  rebuild_.start();
  rebuild_.begin();
  wait_until([](const RebuildStatus& status) { return !status.error.empty(); });
  rebuild_.stop();
  EXPECT_EQ(timeline_.finished, 0);
}

}  // namespace
}  // namespace vestnik::analytics
