#include "audit/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"

namespace vestnik::audit {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Findings some() {
  Findings findings;
  findings.accepted = 1'234'567;
  for (const Channel channel : all_channels) findings.channels[channel];
  ChannelCounts& mail = findings.channels[Channel::email];
  mail.planned = 1200;
  mail.on_the_way = 3;
  mail.states[static_cast<std::size_t>(store::DeliveryState::in_doubt)] = 7;
  return findings;
}

TEST(Report, ShowsCountsAndThatTheyAgree) {
  const std::string text = as_text(some(), {}, 20);
  EXPECT_THAT(text, AllOf(HasSubstr("1,234,567"), HasSubstr("in doubt"), HasSubstr("They agree"),
                          HasSubstr("as far as it has come"), Not(HasSubstr("DIFFERENT"))));
  const auto parsed = parse_json_object(as_json(some(), {}, 20));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->at("agree"), true);
  EXPECT_EQ(parsed->at("quiet"), false);
  EXPECT_EQ(parsed->at("accepted"), 1'234'567);
  const auto& mail = parsed->at("channels").at("email").as_object();
  EXPECT_EQ(mail.at("planned"), 1200);
  EXPECT_EQ(mail.at("on_the_way"), 3);
  EXPECT_EQ(mail.at("in_doubt"), 7);
  EXPECT_EQ(mail.at("sent"), 0);
}

TEST(Report, NamesWhatDiffersUpToALimit) {
  Ids ids;
  Findings findings = some();
  for (const char* id : {"01900000-0000-7000-8000-000000000001", "01900000-0000-7000-8000-000000000002",
                         "01900000-0000-7000-8000-000000000003"})
    findings.differences.push_back(
        {.kind = DifferenceKind::not_in_ledger, .id = ids.key(id), .channel = Channel::sms});
  findings.differences.push_back({.kind = DifferenceKind::state_differs,
                                  .id = ids.key("a client's key"),
                                  .channel = Channel::email,
                                  .in_ledger = store::DeliveryState::dead});
  const std::string text = as_text(findings, ids, 2);
  EXPECT_THAT(text, AllOf(HasSubstr("DIFFERENT, 3: planned, and the ledger does not have it"),
                          HasSubstr("000000000001  sms"), HasSubstr("000000000002"),
                          Not(HasSubstr("000000000003")), HasSubstr("and 1 more"),
                          HasSubstr("a client's key  email  ledger: dead, timeline: planned"),
                          Not(HasSubstr("They agree"))));
  const auto parsed = parse_json_object(as_json(findings, ids, 2));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->at("agree"), false);
  const auto& lost = parsed->at("differences").at("not_in_ledger").as_object();
  EXPECT_EQ(lost.at("count"), 3);
  EXPECT_EQ(lost.at("ids").as_array().size(), 2u);
  const auto& state = parsed->at("differences").at("state_differs").at("ids").at(0).as_object();
  EXPECT_EQ(state.at("ledger"), "dead");
  EXPECT_EQ(state.at("timeline"), "planned");
}

}  // namespace
}  // namespace vestnik::audit
