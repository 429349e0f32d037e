#include "analytics/queries.h"

#include <gtest/gtest.h>

namespace vestnik::analytics {
namespace {

using namespace std::chrono_literals;
using Query = std::vector<std::pair<std::string, std::string>>;

const Timestamp now = parse_rfc3339("2026-11-25T12:34:56Z").value();

auto report(Query query) { return read_report({.query = std::move(query)}, now); }
auto search(Query query) { return read_search({.query = std::move(query)}); }
std::string field(Query query) {
  const auto result = report(std::move(query));
  return result ? "" : result.error().field;
}

TEST(ReportQuery, NothingIsAskedForWithoutParameters) { EXPECT_EQ(report({})->has_value(), false); }

TEST(ReportQuery, TheLastHourByDefault) {
  const store::ReportQuery query = **report({{"group_by", "template"}});
  EXPECT_EQ(query.from, now - 1h);
  EXPECT_EQ(query.to, now);
  EXPECT_EQ(query.grain, store::Grain::minute);
  EXPECT_EQ(query.group_by, store::GroupBy::template_name);
}

TEST(ReportQuery, AnEndIsFoundForABeginningAndTheOtherWayRound) {
  EXPECT_EQ((*report({{"from", "2026-11-25T10:00:00Z"}}))->to, now);
  EXPECT_EQ((*report({{"from", "2026-11-26T10:00:00Z"}}))->to, parse_rfc3339("2026-11-26T11:00:00Z"));
  EXPECT_EQ((*report({{"to", "2026-11-25T10:00:00Z"}}))->from, parse_rfc3339("2026-11-25T09:00:00Z"));
}

TEST(ReportQuery, TheStepFollowsTheLengthOfTheRange) {
  const auto grain = [](const char* from) { return (*report({{"from", from}}))->grain; };
  EXPECT_EQ(grain("2026-11-25T06:35:00Z"), store::Grain::minute);
  EXPECT_EQ(grain("2026-11-25T06:30:00Z"), store::Grain::hour);
  EXPECT_EQ(grain("2026-10-26T00:00:00Z"), store::Grain::hour);
  EXPECT_EQ(grain("2026-10-20T00:00:00Z"), store::Grain::day);
  EXPECT_EQ((*report({{"step", "day"}}))->grain, store::Grain::day);
}

TEST(ReportQuery, FiltersArePassedOn) {
  const store::ReportQuery query = **report({{"channel", "sms"},
                                             {"provider", "smpp"},
                                             {"template", "welcome"},
                                             {"category", "transactional"},
                                             {"event_type", "user_registered"}});
  EXPECT_EQ(query.channel, Channel::sms);
  EXPECT_EQ(query.provider, "smpp");
  EXPECT_EQ(query.template_name, "welcome");
  EXPECT_EQ(query.category, "transactional");
  EXPECT_EQ(query.event_type, "user_registered");
}

TEST(ReportQuery, AtMostSoManyPoints) {
  // 1,499 minutes and two halves; then one more.
  EXPECT_EQ(field({{"from", "2026-11-24T11:34:30Z"}, {"to", "2026-11-25T12:33:30Z"}, {"step", "minute"}}),
            "");
  EXPECT_EQ(field({{"from", "2026-11-24T11:33:30Z"}, {"to", "2026-11-25T12:33:30Z"}, {"step", "minute"}}),
            "step");
  EXPECT_EQ(field({{"from", "2020-01-01T00:00:00Z"}}), "step");
  EXPECT_EQ(field({{"from", "0001-01-01T00:00:00Z"}, {"to", "9999-12-31T23:59:59Z"}}), "step");
  EXPECT_EQ(field({{"from", "1960-01-01T00:00:00Z"}, {"to", "1960-01-01T01:00:00Z"}}), "");
}

TEST(ReportQuery, WhatIsWrongIsNamed) {
  EXPECT_EQ(field({{"from", "yesterday"}}), "from");
  EXPECT_EQ(field({{"from", "2026-11-25T12:00:00Z"}, {"to", "2026-11-25T12:00:00Z"}}), "from");
  EXPECT_EQ(field({{"step", "week"}}), "step");
  EXPECT_EQ(field({{"step", ""}}), "step");
  EXPECT_EQ(field({{"group_by", "user"}}), "group_by");
  EXPECT_EQ(field({{"channel", "fax"}}), "channel");
  EXPECT_EQ(field({{"chanel", "sms"}}), "chanel");
}

TEST(SearchQuery, EveryFilterIsRead) {
  const auto form = search({{"user_id", "u1"},
                            {"recipient", "anna@example.org"},
                            {"event_id", "e1"},
                            {"channel", "email"},
                            {"state", "dead"},
                            {"state", "planned"},
                            {"provider", "smtp"},
                            {"template", "welcome"},
                            {"category", "marketing"},
                            {"event_type", "user_registered"},
                            {"error", "550 5.1.1"},
                            {"from", "2026-11-25T10:00:00Z"},
                            {"to", "2026-11-25T11:00:00Z"},
                            {"limit", "7"}});
  ASSERT_TRUE(form);
  EXPECT_EQ(form->filter.user_id.value, "u1");
  EXPECT_EQ(form->filter.recipient, "anna@example.org");
  EXPECT_EQ(form->filter.event_id.value, "e1");
  EXPECT_EQ(form->filter.channel, Channel::email);
  EXPECT_EQ(form->filter.states, (std::vector<std::string>{"dead", "planned"}));
  EXPECT_EQ(form->filter.provider, "smtp");
  EXPECT_EQ(form->filter.template_name, "welcome");
  EXPECT_EQ(form->filter.category, "marketing");
  EXPECT_EQ(form->filter.event_type, "user_registered");
  EXPECT_EQ(form->filter.error, "550 5.1.1");
  EXPECT_EQ(form->filter.from, parse_rfc3339("2026-11-25T10:00:00Z"));
  EXPECT_EQ(form->filter.before, parse_rfc3339("2026-11-25T11:00:00Z"));
  EXPECT_EQ(form->limit, 7u);
}

TEST(SearchQuery, WhatIsWrongIsNamed) {
  for (const auto& [name, value] : Query{{"state", "eaten"},
                                         {"cursor", "?"},
                                         {"cursor", ""},
                                         {"limit", "501"},
                                         {"recipient", std::string(321, 'a')},
                                         {"format", "csv"}}) {
    const auto form = search({{name, value}});
    ASSERT_FALSE(form) << name;
    EXPECT_EQ(form.error().field, name);
  }
}

TEST(ExportQuery, HasAFormat) {
  EXPECT_EQ(read_export({})->format, ExportFormat::ndjson);
  EXPECT_EQ(read_export({.query = {{"format", "csv"}}})->format, ExportFormat::csv);
  EXPECT_EQ(read_export({.query = {{"format", "xml"}}}).error().field, "format");
  EXPECT_EQ(read_export({.query = {{"limit", "1"}}}).error().field, "limit");
}

}  // namespace
}  // namespace vestnik::analytics
