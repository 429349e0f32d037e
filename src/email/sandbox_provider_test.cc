#include "email/sandbox_provider.h"

#include <gtest/gtest.h>

#include "base/manual_scheduler.h"
#include "email/mime.h"

namespace vestnik::email {
namespace {

using namespace std::chrono_literals;

class HeldSandbox final : public store::Sandbox {
 public:
  void keep(std::vector<store::SandboxMessage> messages, store::Done<void> done) override {
    batches.push_back(std::move(messages));
    waiting.push_back(std::move(done));
  }
  void find(const NotificationId&, store::Done<std::optional<store::SandboxMessage>>) override {}
  void newest(std::size_t, store::Done<std::vector<store::SandboxMessage>>) override {}

  std::vector<std::vector<store::SandboxMessage>> batches;
  std::vector<store::Done<void>> waiting;
};

class EmailSandboxTest : public testing::Test {
 protected:
  void send(std::string to = "a@example.org") {
    auto n = std::make_shared<Notification>();
    n->id = {"id-" + std::to_string(sent_++)};
    n->to = std::move(to);
    n->subject = "s";
    n->text = "t";
    provider_.send({.notification = n}, [this](Outcome outcome) { outcomes_.push_back(std::move(outcome)); });
  }
  void answer(std::size_t batch, Result<void, store::Error> result = {}) {
    store_.waiting.at(batch)(std::move(result));
    scheduler_.run();
  }

  ManualScheduler scheduler_;
  HeldSandbox store_;
  Mailbox from_ = *parse_mailbox("Vestnik <no-reply@localhost>");
  EmailSandbox provider_{scheduler_, store_, from_};
  std::vector<Outcome> outcomes_;
  int sent_ = 0;
};

TEST_F(EmailSandboxTest, OneTurnIsOneBatchAndSentOnlyOnceDurable) {
  send();
  send();
  EXPECT_TRUE(store_.batches.empty());
  scheduler_.run();
  ASSERT_EQ(store_.batches.size(), 1U);
  ASSERT_EQ(store_.batches[0].size(), 2U);
  const auto& kept = store_.batches[0][0];
  EXPECT_EQ(kept.notification_id.value, "id-0");
  EXPECT_EQ(kept.to, "a@example.org");
  EXPECT_NE(kept.raw.find("Message-Id: <id-0@localhost>\r\n"), std::string::npos);
  EXPECT_EQ(kept.kept_at, scheduler_.clock().now());
  EXPECT_TRUE(outcomes_.empty());
  answer(0);
  ASSERT_EQ(outcomes_.size(), 2U);
  EXPECT_EQ(std::get<Sent>(outcomes_[0]).answer, "kept in the sandbox");
  EXPECT_TRUE(provider_.is_sandbox());
  EXPECT_EQ(provider_.name(), "sandbox");
}

TEST_F(EmailSandboxTest, WhatTheStoreDoesNotTakeIsTransient) {
  send();
  scheduler_.run();
  answer(0, fail(store::ErrorKind::unavailable, "gone"));
  send();
  scheduler_.run();
  EXPECT_FALSE(provider_.health().well);
  answer(1, fail(store::ErrorKind::overloaded, "full"));
  ASSERT_EQ(outcomes_.size(), 2U);
  EXPECT_FALSE(std::get<Transient>(outcomes_[0]).throttled);
  EXPECT_TRUE(std::get<Transient>(outcomes_[1]).throttled);
  send();
  scheduler_.run();
  answer(2);
  EXPECT_TRUE(provider_.health().well);
}

TEST_F(EmailSandboxTest, AnAddressThatCannotGoOverSmtpIsPermanentHereToo) {
  send("a@b\r\nBcc: x@y");
  EXPECT_TRUE(outcomes_.empty());
  scheduler_.run();
  ASSERT_EQ(outcomes_.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<Permanent>(outcomes_[0]));
  EXPECT_TRUE(store_.batches.empty());
}

TEST_F(EmailSandboxTest, CapacityIsBoundedAndItsReturnIsTold) {
  int told = 0;
  provider_.on_capacity([&] { ++told; });
  while (provider_.capacity() > 0) send();
  EXPECT_EQ(sent_, static_cast<int>(EmailSandbox::attempts_max));
  scheduler_.run();
  EXPECT_EQ(told, 0);
  answer(0);
  EXPECT_EQ(told, 1);
  EXPECT_EQ(provider_.capacity(), EmailSandbox::attempts_max);
}

TEST_F(EmailSandboxTest, StopWaitsForWhatIsOpen) {
  send();
  scheduler_.run();
  bool stopped = false;
  provider_.stop(1s, [&] { stopped = true; });
  scheduler_.run();
  EXPECT_FALSE(stopped);
  EXPECT_EQ(provider_.capacity(), 0U);
  answer(0);
  EXPECT_TRUE(stopped);
  EXPECT_TRUE(std::holds_alternative<Sent>(outcomes_.at(0)));
}

TEST_F(EmailSandboxTest, StopGivesUpAtItsLimit) {
  send();
  scheduler_.run();
  send();
  bool stopped = false;
  provider_.stop(1s, [&] { stopped = true; });
  scheduler_.advance(1s);
  EXPECT_TRUE(stopped);
  ASSERT_EQ(outcomes_.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<Transient>(outcomes_[0]));
  answer(0);  // too late
  EXPECT_EQ(outcomes_.size(), 2U);
}

TEST_F(EmailSandboxTest, StopWithNothingOpenEndsAtOnce) {
  bool stopped = false;
  provider_.stop(1s, [&] { stopped = true; });
  EXPECT_FALSE(stopped);
  scheduler_.run();
  EXPECT_TRUE(stopped);
}

}  // namespace
}  // namespace vestnik::email
