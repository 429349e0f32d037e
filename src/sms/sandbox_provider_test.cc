#include "sms/sandbox_provider.h"

#include <deque>
#include <gtest/gtest.h>
#include <map>

#include "base/json.h"

namespace vestnik::sms {
namespace {

using namespace std::chrono_literals;

// Runs what is posted when told to; timers only when told to.
class ManualScheduler final : public Scheduler {
 public:
  void post(Task task) override { tasks_.push_back(std::move(task)); }
  const Clock& clock() const override { return system_clock(); }
  std::unique_ptr<Timer> after(std::chrono::microseconds, Task task) override {
    timer_task = std::move(task);
    return std::make_unique<Timer>();
  }
  void run() {
    while (!tasks_.empty()) {
      Task task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    }
  }
  Task timer_task;

 private:
  std::deque<Task> tasks_;
};

class FakeSandbox final : public store::Sandbox {
 public:
  struct Call {
    std::vector<store::SandboxMessage> messages;
    store::Done<void> done;
  };
  void keep(std::vector<store::SandboxMessage> messages, store::Done<void> done) override {
    calls.push_back({std::move(messages), std::move(done)});
  }
  void find(const NotificationId&, store::Done<std::optional<store::SandboxMessage>>) override {}
  void newest(std::size_t, store::Done<std::vector<store::SandboxMessage>>) override {}
  std::vector<Call> calls;
};

struct SmsSandboxTest : ::testing::Test {
  void send(const std::string& id, std::string text = "Welcome, Anna!") {
    auto n = std::make_shared<Notification>();
    n->id = {id};
    n->channel = Channel::sms;
    n->to = "+79161234567";
    n->text = std::move(text);
    provider.send({.notification = n},
                  [this, id](Outcome outcome) { outcomes.emplace(id, std::move(outcome)); });
  }
  ManualScheduler scheduler;
  FakeSandbox sandbox;
  SmsSandbox provider{scheduler, sandbox, 3};
  std::map<std::string, Outcome> outcomes;
};

TEST_F(SmsSandboxTest, OneTurnIsOneBatchAndSentOnlyOnceDurable) {
  send("a");
  send("b", std::string(161, 'x'));
  scheduler.run();
  ASSERT_EQ(sandbox.calls.size(), 1u);
  ASSERT_EQ(sandbox.calls[0].messages.size(), 2u);
  EXPECT_TRUE(outcomes.empty());
  sandbox.calls[0].done({});
  scheduler.run();
  EXPECT_EQ(std::get<Sent>(outcomes.at("a")).answer, "kept in the sandbox");
  EXPECT_TRUE(std::holds_alternative<Sent>(outcomes.at("b")));
}

TEST_F(SmsSandboxTest, ThePartsAreKeptAsTheyWouldGoOut) {
  send("a", std::string(160, 'x') + "€");
  scheduler.run();
  const store::SandboxMessage& message = sandbox.calls.at(0).messages.at(0);
  EXPECT_EQ(message.channel, Channel::sms);
  EXPECT_EQ(message.to, "+79161234567");
  const json::value parts = json::parse(message.raw);
  ASSERT_EQ(parts.as_array().size(), 2u);
  EXPECT_EQ(parts.at(0).at("units").as_int64() + 0, 153);
  EXPECT_EQ(parts.at(1).at("encoding").as_string(), "gsm7");
  EXPECT_EQ(parts.at(1).at("text").as_string(), "xxxxxxx€");
}

TEST_F(SmsSandboxTest, AStoreThatDoesNotTakeItIsTransient) {
  send("a");
  scheduler.run();
  sandbox.calls.at(0).done(fail(store::ErrorKind::unavailable, "disk full"));
  scheduler.run();
  EXPECT_TRUE(std::holds_alternative<Transient>(outcomes.at("a")));
}

TEST_F(SmsSandboxTest, ATextThatIsTooLongIsPermanentHereToo) {
  send("a", std::string(5000, 'x'));
  EXPECT_TRUE(outcomes.empty());
  scheduler.run();
  EXPECT_TRUE(std::holds_alternative<Permanent>(outcomes.at("a")));
}

TEST_F(SmsSandboxTest, CapacityIsBoundedAndToldWhenItGrows) {
  int told = 0;
  provider.on_capacity([&] { ++told; });
  for (const char* id : {"a", "b", "c"}) send(id);
  EXPECT_EQ(provider.capacity(), 0u);
  scheduler.run();
  sandbox.calls.at(0).done({});
  scheduler.run();
  EXPECT_EQ(provider.capacity(), 3u);
  EXPECT_EQ(told, 1);
}

TEST_F(SmsSandboxTest, StopWaitsForTheStore) {
  send("a");
  bool stopped = false;
  provider.stop(1s, [&] { stopped = true; });
  scheduler.run();
  EXPECT_FALSE(stopped);
  EXPECT_EQ(provider.capacity(), 0u);
  sandbox.calls.at(0).done({});
  scheduler.run();
  EXPECT_TRUE(stopped);
  EXPECT_TRUE(std::holds_alternative<Sent>(outcomes.at("a")));
}

TEST_F(SmsSandboxTest, StopGivesUpAtItsLimit) {
  send("a");
  bool stopped = false;
  scheduler.run();
  provider.stop(1s, [&] { stopped = true; });
  scheduler.timer_task();
  scheduler.run();
  EXPECT_TRUE(stopped);
  EXPECT_TRUE(std::holds_alternative<Transient>(outcomes.at("a")));
  sandbox.calls.at(0).done({});  // late
  scheduler.run();
  EXPECT_EQ(outcomes.size(), 1u);
}

}  // namespace
}  // namespace vestnik::sms
