// What the engine tells of its attempts: spans and metrics.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delivery/test_fixture.h"

namespace vestnik::delivery {
namespace {

using namespace std::chrono_literals;
using ::testing::SizeIs;

const std::string sampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const std::string unsampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

class SignalsTest : public EngineTest {
 protected:
  void trace(bool in_messages = true) {
    tracer_ = {spans_, {}, system_random(), scheduler_.clock()};
    traceparent_in_messages_ = in_messages;
    restart();
  }
  Notification traced(std::string id, std::string traceparent = sampled) {
    Notification n = notification(std::move(id));
    n.traceparent = std::move(traceparent);
    return n;
  }
  // Of the attempt that is open.
  const Attempt& open() { return provider_->open.at(0).attempt; }
  std::string traceparent_of(const std::string& step) {
    const auto found = std::ranges::find(reader_->told, step);
    return found == reader_->told.end() ? "not told"
                                        : reader_->traceparents.at(found - reader_->told.begin());
  }

  double attempts(const char* provider, const char* outcome) {
    return metrics_
        ->counter("vestnik_delivery_attempts_total", "",
                  {{"channel", "email"}, {"provider", provider}, {"outcome", outcome}})
        .Value();
  }
  prometheus::ClientMetric::Histogram histogram(const std::string& name, const std::string& provider) {
    for (const auto& family : metrics_->collect())
      for (const auto& metric : family.metric)
        if (family.name == name && metric.label.at(1).value == provider) return metric.histogram;
    return {};
  }
};

TEST_F(SignalsTest, AnAttemptIsASpanAndInItWhatTheProviderDoes) {
  trace();
  plan({traced("n1")});
  ASSERT_TRUE(open_attempts(1));
  ASSERT_TRUE(open().span);
  open().span->event("connected");
  const std::string carried = open().traceparent;
  scheduler_.advance(3s);
  provider_->answer(Sent{.answer = "250 2.0.0 taken for anna@example.org"});
  ASSERT_TRUE(told("n1 1 sent"));

  ASSERT_THAT(spans_.spans, SizeIs(2));
  const trace::EndedSpan deliver = spans_.find("deliver email"), send = spans_.find("send scripted");
  EXPECT_EQ(deliver.context.trace_id(), sampled.substr(3, 32));
  EXPECT_EQ(trace::span_id_text(deliver.parent_id), sampled.substr(36, 16));
  EXPECT_EQ(deliver.kind, trace::SpanKind::consumer);
  EXPECT_EQ(trace::attribute(deliver, "vestnik.notification_id"), "n1");
  EXPECT_EQ(trace::attribute(deliver, "vestnik.attempt"), "1");
  EXPECT_EQ(trace::attribute(deliver, "vestnik.outcome"), "sent");
  EXPECT_FALSE(deliver.failed);
  EXPECT_EQ(send.parent_id, deliver.context.span_id);
  EXPECT_EQ(send.kind, trace::SpanKind::client);
  EXPECT_EQ(send.end - send.begin, 3s);
  EXPECT_THAT(send.events, SizeIs(1));
  for (const auto& span : spans_.spans)
    for (const trace::Attribute& attribute : span.attributes)
      EXPECT_EQ(trace::attribute(span, attribute.key).find('@'), std::string::npos) << attribute.key;

  EXPECT_EQ(carried, send.context.traceparent()) << "whoever takes the message goes on from there";
  for (const char* step : {"n1 1 sending", "n1 1 sent"})
    EXPECT_EQ(traceparent_of(step), deliver.context.traceparent()) << step;
}

TEST_F(SignalsTest, EveryAttemptIsASpanOfItsOwn) {
  trace();
  plan({traced("n1")});
  ASSERT_TRUE(open_attempts(1));
  provider_->answer(Transient{.answer = "451 4.3.0 anna@example.org: later"});
  ASSERT_TRUE(told("n1 1 deferred"));
  EXPECT_EQ(trace::attribute(spans_.find("send scripted"), "error.type"), "451");
  EXPECT_EQ(trace::attribute(spans_.find("deliver email"), "vestnik.outcome"), "deferred");
  EXPECT_TRUE(spans_.find("deliver email").failed);
  spans_.spans.clear();
  ASSERT_TRUE(scheduler_.advance_until([&] { return provider_->open.size() == 1; }, 10ms));
  provider_->answer(Permanent{"no such user: anna@example.org"});
  ASSERT_TRUE(told("n1 2 dead"));
  ASSERT_THAT(spans_.spans, SizeIs(2));
  EXPECT_EQ(trace::attribute(spans_.find("deliver email"), "vestnik.attempt"), "2");
  EXPECT_EQ(trace::attribute(spans_.find("send scripted"), "error.type"), "permanent");
  EXPECT_EQ(trace::span_id_text(spans_.find("deliver email").parent_id), sampled.substr(36, 16));
}

TEST_F(SignalsTest, AnAttemptThatALimitPutsOffIsNone) {
  trace();
  std::vector<Notification> two{traced("n1"), traced("n2")};
  for (Notification& n : two) n.recipient_limit = Limit{1, 1h};
  plan(std::move(two));
  ASSERT_TRUE(open_attempts(1));
  provider_->answer(Sent{.answer = "250"});
  ASSERT_TRUE(told("n2 0 deferred"));
  EXPECT_THAT(spans_.spans, SizeIs(2));
  EXPECT_EQ(traceparent_of("n2 0 deferred"), sampled);
}

TEST_F(SignalsTest, WhatNobodyRecordsIsNotCarriedInTheMessage) {
  trace();
  plan({traced("n1", unsampled)});
  ASSERT_TRUE(open_attempts(1));
  EXPECT_EQ(open().traceparent, "");
  EXPECT_FALSE(open().span);
  provider_->answer(Sent{.answer = "250"});
  ASSERT_TRUE(told("n1 1 sent"));
  EXPECT_EQ(traceparent_of("n1 1 sent"), unsampled);
  EXPECT_TRUE(spans_.spans.empty());
}

TEST_F(SignalsTest, OffATraceThatOthersRecordIsOnlyCarried) {
  plan({traced("n1"), traced("n2", unsampled), traced("n3", ""),
        traced("n4", "cc" + sampled.substr(2) + "-\r\nBcc: b@example.org")});
  const std::vector<std::string> carried{sampled, "", "", sampled};
  for (const std::string& expected : carried) {
    ASSERT_TRUE(open_attempts(1));
    EXPECT_EQ(open().traceparent, expected) << open().notification->id.value;
    EXPECT_FALSE(open().span);
    provider_->answer(Sent{.answer = "250"});
  }
}

TEST_F(SignalsTest, MessagesCanBeKeptFreeOfIt) {
  trace(false);
  plan({traced("n1")});
  ASSERT_TRUE(open_attempts(1));
  EXPECT_TRUE(open().span);
  EXPECT_EQ(open().traceparent, "");
}

TEST_F(SignalsTest, OutcomesAndTimesAreCountedByProvider) {
  with_backup_ = true;
  restart();
  plan({notification("n1")});
  ASSERT_TRUE(open_attempts(1));
  scheduler_.advance(2s);
  provider_->answer(Transient{.answer = "451 later"});
  ASSERT_TRUE(scheduler_.run_until([&] { return backup_->open.size() == 1; }));
  scheduler_.advance(1s);
  backup_->answer(Sent{.answer = "250", .message_ids = {"m1"}});
  ASSERT_TRUE(told("n1 2 sent"));
  EXPECT_EQ(attempts("scripted", "deferred"), 1);
  EXPECT_EQ(attempts("scripted", "sent"), 0);
  EXPECT_EQ(attempts("backup", "sent"), 1);
  EXPECT_EQ(histogram("vestnik_delivery_exchange_seconds", "scripted").sample_sum, 2);
  EXPECT_EQ(histogram("vestnik_delivery_exchange_seconds", "backup").sample_sum, 1);
  EXPECT_EQ(histogram("vestnik_delivery_accepted_to_sent_seconds", "backup").sample_sum, 3);
  EXPECT_EQ(histogram("vestnik_delivery_accepted_to_sent_seconds", "scripted").sample_count, 0U);

  backup_->receipt_call({.provider = "backup", .message_id = "m1", .at = scheduler_.clock().now()}, [] {});
  ASSERT_TRUE(told("n1 2 delivered"));
  EXPECT_EQ(metrics_
                ->counter("vestnik_delivery_receipts_total", "",
                          {{"channel", "email"}, {"provider", "backup"}, {"status", "delivered"}})
                .Value(),
            1);
}

TEST_F(SignalsTest, WhatHadNoProviderIsCountedAllTheSame) {
  provider_->slots = 0;
  Notification late = notification("n1");
  late.expires_at = scheduler_.clock().now() + 1s;
  plan({late});
  ASSERT_TRUE(nothing_to_redeliver());
  scheduler_.advance(2s);
  provider_->slots = 1;
  provider_->capacity_call();
  ASSERT_TRUE(told("n1 0 expired"));
  EXPECT_EQ(attempts("none", "expired"), 1);
}

}  // namespace
}  // namespace vestnik::delivery
