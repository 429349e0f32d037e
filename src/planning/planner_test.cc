#include "planning/planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/option.h"

namespace vestnik::planning {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

const Configured& shipped() {
  static const Configured configured = load_configured(config::defaults()).value();
  return configured;
}

Configured configured_with(std::string_view workflow, std::map<std::string, std::string> templates) {
  SourceFiles files;
  for (auto& [name, content] : templates) files[name] = {name, content};
  return configure({{"user_registered.yaml", {"w", std::string(workflow)}}}, files, {}).value();
}

UserEvent registered(json::object data = {}) {
  return {.event_id = {"e-1"},
          .event_type = "user_registered",
          .user_id = {"user_1"},
          .email = "anna@example.org",
          .phone = "+79161234567",
          .accepted_at = from_unix_us(1'795'443'426'012'345),
          .data = std::move(data),
          .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"};
}

const Timestamp now = from_unix_us(1'795'443'427'000'000);

TEST(Plan, WelcomesByEmailAndSms) {
  const Plan planned = plan(registered({{"name", "Anna"}}), shipped(), now);
  ASSERT_EQ(planned.notifications.size(), 2u);
  EXPECT_TRUE(planned.has_workflow);
  EXPECT_TRUE(planned.steps.empty());
  const Notification& email = planned.notifications[0];
  EXPECT_EQ(email.id, notification_id({"e-1"}, {"user_1"}, Channel::email, "welcome_email"));
  EXPECT_EQ(email.to, "anna@example.org");
  EXPECT_EQ(email.subject, "Welcome, Anna!");
  EXPECT_THAT(email.text, HasSubstr("Welcome, Anna!\n\nYour account is ready."));
  EXPECT_THAT(email.text, HasSubstr("\n  anna@example.org\n  +79161234567\n"));
  EXPECT_THAT(email.html, HasSubstr(">Welcome, Anna!</h1>"));
  EXPECT_THAT(email.template_version, ::testing::StartsWith("welcome@"));
  EXPECT_EQ(email.category, "transactional");
  EXPECT_EQ(email.workflow, "user_registered");
  EXPECT_EQ(email.step, "welcome_email");
  EXPECT_EQ(email.accepted_at, registered().accepted_at);
  EXPECT_EQ(email.planned_at, now);
  EXPECT_FALSE(email.send_at);
  EXPECT_EQ(email.expires_at, registered().accepted_at + 24h);
  EXPECT_EQ(email.traceparent, registered().traceparent);
  const Notification& sms = planned.notifications[1];
  EXPECT_EQ(sms.to, "+79161234567");
  EXPECT_EQ(sms.subject + sms.html, "");
  EXPECT_EQ(sms.text, "Welcome, Anna! Your account is ready. Not you? Just ignore this message.");
  EXPECT_EQ(sms.expires_at, registered().accepted_at + 6h);
}

TEST(Plan, GreetsWithoutANameAndKeepsTheSmsShort) {
  const Plan nameless = plan(registered(), shipped(), now);
  EXPECT_EQ(nameless.notifications[0].subject, "Welcome!");
  EXPECT_THAT(nameless.notifications[1].text, ::testing::StartsWith("Welcome! Your"));
  const Plan longest = plan(registered({{"name", std::string(80, 'x')}}), shipped(), now);
  EXPECT_LE(longest.notifications[1].text.size(), 160u);
}

TEST(Plan, IsAPureFunctionOfTheEvent) {
  const Plan once = plan(registered({{"name", "Anna"}}), shipped(), now);
  Plan again = plan(registered({{"name", "Anna"}}), shipped(), now + 1h);
  ASSERT_EQ(again.notifications.size(), once.notifications.size());
  for (Notification& notification : again.notifications) notification.planned_at = now;
  EXPECT_EQ(again.notifications, once.notifications) << "planned later, it differs in planned_at only";
}

TEST(Plan, AMissingContactIsSkippedWithTheReason) {
  UserEvent event = registered();
  event.phone.clear();
  const Plan planned = plan(event, shipped(), now);
  ASSERT_EQ(planned.notifications.size(), 1u);
  EXPECT_THAT(planned.notifications[0].text, Not(HasSubstr("+7")));
  ASSERT_EQ(planned.steps.size(), 1u);
  EXPECT_EQ(planned.steps[0].kind, StepKind::skipped);
  EXPECT_EQ(planned.steps[0].answer, "the user has no phone number");
  EXPECT_EQ(planned.steps[0].notification_id,
            notification_id({"e-1"}, {"user_1"}, Channel::sms, "welcome_sms"));
  EXPECT_EQ(planned.steps[0].attempt, 0);
  EXPECT_EQ(planned.steps[0].at, now);
  event.email.clear();
  EXPECT_EQ(plan(event, shipped(), now).steps[0].answer, "the user has no e-mail address");
}

TEST(Plan, AnEventWithoutWorkflowPlansNothing) {
  UserEvent event = registered();
  event.event_type = "cat_fed";
  const Plan planned = plan(event, shipped(), now);
  EXPECT_FALSE(planned.has_workflow);
  EXPECT_TRUE(planned.notifications.empty());
  EXPECT_TRUE(planned.steps.empty());
}

TEST(Plan, AnUnfriendlyNameIsHarmlessEverywhere) {
  const Plan planned =
      plan(registered({{"name", "<script>x</script>\r\nBcc: all@example.org"}}), shipped(), now);
  EXPECT_EQ(planned.notifications[0].subject, "Welcome, <script>x</script> Bcc: all@example.org!");
  EXPECT_THAT(planned.notifications[0].html, Not(HasSubstr("<script")));
  EXPECT_THAT(planned.notifications[0].html, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(planned.notifications[0].text, HasSubstr("<script>x</script>"));
}

TEST(Plan, DataCannotPassForTheEventsOwnNames) {
  const Configured configured =
      configured_with("steps:\n  - {name: a, channel: sms, template: t}\n",
                      {{"t/sms.txt", "{{user_id}} {{email}} {{event_type}} {{code}}"}});
  UserEvent event =
      registered({{"user_id", "forged"}, {"email", "forged"}, {"event_type", "forged"}, {"code", 7}});
  event.email.clear();
  EXPECT_EQ(plan(event, configured, now).notifications[0].text, "user_1  user_registered 7");
}

TEST(Plan, TheCategorySaysHowItIsDelivered) {
  const SourceFiles workflow{
      {"user_registered.yaml",
       {"w",
        "steps:\n"
        "  - {name: code, channel: sms, template: code, category: otp}\n"
        "  - {name: own, channel: sms, template: code, category: otp, expires_after: 1h}\n"
        "  - {name: other, channel: sms, template: code, category: unlisted}\n"}}};
  const Configured configured =
      configure(workflow, {{"code/sms.txt", {"t", "1234"}}}, {},
                parse_categories({"otp in_doubt=hold attempts=3 expires_after=5m limit=3/10m"}).value())
          .value();
  const Plan planned = plan(registered(), configured, now);
  const Notification& code = planned.notifications.at(0);
  EXPECT_EQ(code.expires_at, registered().accepted_at + 5min);
  EXPECT_EQ(code.attempts_max, 3);
  EXPECT_TRUE(code.hold_in_doubt);
  EXPECT_EQ(code.recipient_limit, (Limit{3, 10min}));
  EXPECT_EQ(planned.notifications.at(1).expires_at, registered().accepted_at + 1h)
      << "the step has the last word";
  const Notification& other = planned.notifications.at(2);
  EXPECT_EQ(other.expires_at, registered().accepted_at + 6h);
  EXPECT_FALSE(other.hold_in_doubt || other.recipient_limit || other.attempts_max > 0);
}

TEST(Plan, DelayAndExpiryCountFromAcceptance) {
  const Configured configured = configured_with(
      "steps:\n  - {name: a, channel: sms, template: t, delay: 2h, expires_after: 30m, category: "
      "marketing}\n",
      {{"t/sms.txt", "x"}});
  const Notification n = plan(registered(), configured, now).notifications.at(0);
  EXPECT_EQ(n.send_at, registered().accepted_at + 2h);
  EXPECT_EQ(n.expires_at, registered().accepted_at + 2h + 30min);
  EXPECT_EQ(n.category, "marketing");
}

TEST(Plan, WhatCannotBeRenderedIsDeadWithTheReason) {
  const Configured configured = configured_with(
      "steps:\n  - {name: a, channel: sms, template: t}\n  - {name: b, channel: sms, template: u}\n",
      {{"t/sms.txt", "{{#l}}{{#l}}{{#l}}{{/l}}{{/l}}{{/l}}"}, {"u/sms.txt", "fine"}});
  const Plan planned = plan(registered({{"l", json::array(1000, json::value(1))}}), configured, now);
  ASSERT_EQ(planned.steps.size(), 1u);
  EXPECT_EQ(planned.steps[0].kind, StepKind::dead);
  EXPECT_THAT(planned.steps[0].answer,
              ::testing::MatchesRegex("template t@.{8}: sms.txt: more than 200000 steps"));
  ASSERT_EQ(planned.notifications.size(), 1u) << "the other step goes on";
  EXPECT_EQ(planned.notifications[0].text, "fine");
}

}  // namespace
}  // namespace vestnik::planning
