#include "trace/otlp_json.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace vestnik::trace {
namespace {

EndedSpan span() {
  EndedSpan span;
  span.context = {0x0af7651916cd43dd, 0x8448eb211c80319c, 0xb7ad6b7169203331, true};
  span.parent_id = 1;
  span.parent_is_remote = true;
  span.name = "deliver \"email\"";
  span.kind = SpanKind::consumer;
  span.begin = from_unix_us(1'795'443'426'012'345);
  span.end = from_unix_us(1'795'443'426'112'345);
  span.attributes = {{"vestnik.provider", "smtp"}, {"vestnik.attempt", 3}};
  span.events = {{from_unix_us(1'795'443'426'052'345), "connected"}};
  span.failed = true;
  return span;
}

// Names and forms as in opentelemetry-proto's examples/trace.json.
TEST(OtlpJson, IsWhatTheProtocolWants) {
  const std::string expected = R"({"resourceSpans":[{"resource":{"attributes":[)"
                               R"({"key":"service.name","value":{"stringValue":"email-service"}}]},)"
                               R"("scopeSpans":[{"scope":{"name":"vestnik","version":"0.1.0"},"spans":[{)"
                               R"("traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331",)"
                               R"("parentSpanId":"0000000000000001","flags":769,)"
                               R"("name":"deliver \"email\"","kind":5,)"
                               R"("startTimeUnixNano":"1795443426012345000",)"
                               R"("endTimeUnixNano":"1795443426112345000","attributes":[)"
                               R"({"key":"vestnik.provider","value":{"stringValue":"smtp"}},)"
                               R"({"key":"vestnik.attempt","value":{"intValue":"3"}}],)"
                               R"("events":[{"timeUnixNano":"1795443426052345000","name":"connected"}],)"
                               R"("status":{"code":2}}]}]}]})";
  const EndedSpan one = span();
  const std::string json = to_otlp_json({{"service.name", "email-service"}}, "0.1.0", {&one, 1});
  EXPECT_EQ(json, expected);
  EXPECT_TRUE(parse_json_object(json));
}

TEST(OtlpJson, LeavesOutWhatASpanHasNot) {
  EndedSpan one = span();
  one.parent_id = 0;
  one.parent_is_remote = false;
  one.attributes.clear();
  one.events.clear();
  one.failed = false;
  const std::string json = to_otlp_json({}, "", {&one, 1});
  EXPECT_EQ(json.find("parentSpanId"), json.npos) << json;
  EXPECT_EQ(json.find("events"), json.npos) << json;
  EXPECT_EQ(json.find("status"), json.npos) << json;
  EXPECT_NE(json.find(R"("flags":257)"), json.npos) << json;
  EXPECT_NE(json.find(R"("attributes":[])"), json.npos) << json;
}

TEST(OtlpJson, ManySpansAreOneRequest) {
  const std::vector<EndedSpan> spans{span(), span(), span()};
  const auto parsed = parse_json_object(to_otlp_json({}, "", spans));
  ASSERT_TRUE(parsed);
  const auto& scope = parsed->at("resourceSpans").at(0).at("scopeSpans").at(0);
  EXPECT_EQ(scope.at("spans").as_array().size(), 3U);
}

}  // namespace
}  // namespace vestnik::trace
