#include "trace/span.h"

#include <gtest/gtest.h>

#include "base/manual_scheduler.h"
#include "trace/testing.h"

namespace vestnik::trace {
namespace {

using namespace std::chrono_literals;

const std::string sampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const std::string unsampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

class SpanTest : public ::testing::Test {
 protected:
  Tracer tracer(Sampler sampler = {}) { return {sink_, sampler, system_random(), scheduler_.clock()}; }

  ManualScheduler scheduler_;
  KeepingSink sink_;
};

TEST_F(SpanTest, ATracerThatIsOffDoesNothing) {
  Span span = Tracer().start("append", SpanKind::producer, sampled);
  EXPECT_FALSE(span.is_recorded());
  EXPECT_EQ(span.traceparent(), "");
  Span child = span.child("more", SpanKind::client);
  child.set("key", "value");
  child.event("connected");
  child.fail("550");
  child.end();
  EXPECT_EQ(child.traceparent(), "");
}

TEST_F(SpanTest, ContinuesTheTraceItIsGiven) {
  Span server = tracer().start("POST /register", SpanKind::server, sampled);
  Span append = server.child("append", SpanKind::producer);
  scheduler_.advance(3ms);
  append.begin_now();
  scheduler_.advance(2ms);
  append.set("records", 7);
  append.event("written");
  append.fail("refused");
  append.end();
  server.end();

  ASSERT_EQ(sink_.spans.size(), 2U);
  const EndedSpan child = sink_.find("append"), parent = sink_.find("POST /register");
  EXPECT_EQ(parent.context.trace_id(), sampled.substr(3, 32));
  EXPECT_EQ(span_id_text(parent.parent_id), sampled.substr(36, 16));
  EXPECT_TRUE(parent.parent_is_remote);
  EXPECT_EQ(child.parent_id, parent.context.span_id);
  EXPECT_NE(child.context.span_id, parent.context.span_id);
  EXPECT_EQ(child.context.trace_id(), parent.context.trace_id());
  EXPECT_FALSE(child.parent_is_remote);
  EXPECT_EQ(child.end - child.begin, 2ms);
  EXPECT_EQ(parent.end - parent.begin, 5ms);
  EXPECT_EQ(attribute(child, "records"), "7");
  EXPECT_EQ(attribute(child, "error.type"), "refused");
  EXPECT_TRUE(child.failed);
  ASSERT_EQ(child.events.size(), 1U);
  EXPECT_EQ(child.events[0].at, child.end);
}

TEST_F(SpanTest, ATraceBeginsWhereThereIsNone) {
  Span span = tracer().start("POST /register", SpanKind::server, "nonsense");
  const auto context = parse_traceparent(span.traceparent());
  ASSERT_TRUE(context);
  EXPECT_TRUE(context->sampled);
  span.end();
  EXPECT_EQ(sink_.spans.at(0).parent_id, 0U);
  EXPECT_FALSE(sink_.spans.at(0).parent_is_remote);
  EXPECT_EQ(sink_.spans.at(0).context, *context) << "what comes next is its child";
}

TEST_F(SpanTest, WhatIsNotSampledPassesThrough) {
  Span span = tracer().start("plan", SpanKind::consumer, unsampled);
  EXPECT_FALSE(span.is_recorded());
  EXPECT_EQ(span.traceparent(), unsampled);
  Span child = span.child("append", SpanKind::producer);
  EXPECT_EQ(child.traceparent(), unsampled);
  child.end();
  span.end();
  EXPECT_TRUE(sink_.spans.empty());
}

TEST_F(SpanTest, OneThatIsNotEndedIsNotTold) {
  {
    Span span = tracer().start("plan", SpanKind::consumer, sampled);
  }
  EXPECT_TRUE(sink_.spans.empty());
}

TEST_F(SpanTest, AClockThatIsSetBackMakesNoNegativeSpan) {
  Span span = tracer().start("plan", SpanKind::consumer, sampled);
  scheduler_.set_wall_clock(-1h);
  span.end();
  EXPECT_EQ(sink_.spans.at(0).end, sink_.spans.at(0).begin);
}

TEST(Sampler, FollowsTheParentWhereItIsToldTo) {
  const auto yes = parse_traceparent(sampled), no = parse_traceparent(unsampled);
  EXPECT_TRUE((Sampler{.parent_based = true, .ratio = 0}.samples(yes, 1)));
  EXPECT_FALSE((Sampler{.parent_based = true, .ratio = 1}.samples(no, 1)));
  EXPECT_FALSE((Sampler{.parent_based = true, .ratio = 0}.samples({}, 1)));
  EXPECT_TRUE((Sampler{.parent_based = false, .ratio = 1}.samples(no, 1)));
  EXPECT_FALSE((Sampler{.parent_based = false, .ratio = 0}.samples(yes, 1)));
}

TEST(Sampler, TakesItsShareByTheTracesId) {
  const Sampler quarter{.parent_based = true, .ratio = 0.25};
  EXPECT_TRUE(quarter.samples({}, 0x3fffffff00000000));
  EXPECT_FALSE(quarter.samples({}, 0x4000000000000000));
  const Sampler all{.parent_based = false, .ratio = 1};
  EXPECT_TRUE(all.samples({}, ~0ULL));
}

}  // namespace
}  // namespace vestnik::trace
