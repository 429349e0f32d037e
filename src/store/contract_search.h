// The store contract: searching in the timelines. Included by contract_test.h.
#pragma once

#include <algorithm>

#include "store/contract_test.h"
#include "store/search.h"

namespace vestnik::store {

// Fifty users with a notification on each channel and all kinds of fates, at different times.
inline std::vector<Fact> many_fates() {
  std::vector<Fact> facts;
  for (int i = 0; i < 50; ++i)
    for (const Channel channel : all_channels) {
      Notification n = a_notification(i, channel);
      n.accepted_at = n.planned_at = after(1000 * i);
      n.event_type = i % 5 == 0 ? "order_paid" : "user_registered";
      n.template_version = i % 5 == 0 ? "receipt@1" : i % 2 ? "welcome@1" : "welcome@2";
      n.category = i % 3 == 0 ? "news" : "transactional";
      n.to = channel == Channel::email ? fmt::format("User{}@example.test", i) : fmt::format("+79{:09}", i);
      UserEvent event = an_event(n);
      event.event_type = n.event_type;
      facts.emplace_back(event);
      const auto told = [&](StepKind kind, std::string answer, int ms) {
        Step step = a_step(n, kind, 1, after(1000 * i + ms));
        step.provider = channel == Channel::email ? (i % 2 ? "smtp-a" : "smtp-b") : "smpp";
        step.answer = std::move(answer);
        facts.emplace_back(std::move(step));
      };
      if (i % 10 == 9 && channel == Channel::sms) {
        Step skipped = a_step(n, StepKind::skipped, 0, after(1000 * i));
        skipped.provider = "";
        skipped.answer = "the user has no phone number";
        facts.emplace_back(std::move(skipped));
        continue;
      }
      facts.emplace_back(n);
      if (i % 7 == 0) continue;
      told(StepKind::sending, "", 1);
      if (i % 7 == 1) continue;
      if (i % 7 == 2) told(StepKind::deferred, "450 4.2.1 <a@b>: mailbox busy", 2);
      if (i % 7 == 3) told(StepKind::dead, fmt::format("550 5.1.1 <{}>: no such user", n.to), 2);
      if (i % 7 >= 4) told(StepKind::sent, "250 ok", 2);
      if (i % 7 == 5) told(StepKind::delivered, "stat:DELIVRD err:000", 3);
      if (i % 7 == 6) told(StepKind::bounced, "stat:UNDELIV err:001", 3);
    }
  return facts;
}

// What a filter asks for, said once more.
inline bool fits(const NotificationView& v, const NotificationFilter& f) {
  const auto is = [](const std::string& asked, std::string_view has) {
    return asked.empty() || asked == has;
  };
  return is(f.user_id.value, v.user_id.value) && is(f.event_id.value, v.event_id.value) &&
         (!f.channel || v.channel == *f.channel) &&
         (f.states.empty() || std::ranges::find(f.states, v.state) != f.states.end()) &&
         is(f.provider, v.provider) &&
         is(f.template_name, std::string_view(v.template_version).substr(0, v.template_version.find('@'))) &&
         is(f.category, v.category) && is(f.event_type, v.event_type) && is(f.error, v.error) &&
         (!f.from || v.accepted_at >= *f.from) && (!f.before || v.accepted_at < *f.before);
}

TEST_P(StoreContract, ASearchFindsWhatFitsAndNothingElse) {
  applied(timeline(), many_fates());
  const auto all = searched_through(timeline(), {});
  ASSERT_EQ(all.size(), 100u);
  const Notification some = a_notification(16);
  const std::vector<NotificationFilter> filters{
      {.user_id = some.user_id},
      {.event_id = some.event_id},
      {.user_id = some.user_id, .event_id = some.event_id},
      {.user_id = some.user_id, .event_id = a_notification(17).event_id},
      {.channel = Channel::sms},
      {.states = {"planned"}},
      {.states = {"sending", "deferred", "dead"}},
      {.states = {"sent"}},
      {.states = {"delivered", "bounced"}},
      {.provider = "smtp-a"},
      {.provider = "smtp-a", .template_name = "welcome"},
      {.template_name = "receipt"},
      {.category = "news"},
      {.event_type = "order_paid"},
      {.states = {"skipped"}, .event_type = "user_registered"},
      {.error = "550 5.1.1"},
      {.error = "the user has no phone number"},
      {.channel = Channel::email, .states = {"bounced"}, .error = "stat:UNDELIV err:001"},
      {.from = after(10'000), .before = after(20'000)},
      {.states = {"dead"}, .from = after(10'000), .before = after(40'000)},
      {.user_id = some.user_id, .from = after(16'000), .before = after(16'001)},
  };
  for (std::size_t i = 0; i < filters.size(); ++i) {
    std::vector<NotificationId> expected;
    for (const NotificationView& view : all)
      if (fits(view, filters[i])) expected.push_back(view.id);
    EXPECT_EQ(expected.empty(), i == 3) << "filter " << i << " should show something";
    for (const std::size_t limit : {1u, 7u, 1000u})
      EXPECT_EQ(ids_of(searched_through(timeline(), filters[i], limit)), expected) << "filter " << i;
  }
  const std::vector<NotificationFilter> nothing{{.user_id = {"nobody"}},   {.event_id = {"nothing"}},
                                                {.recipient = "nobody@x"}, {.states = {"lost"}},
                                                {.provider = "none"},      {.template_name = "welcome@1"},
                                                {.category = "none"},      {.event_type = "none"},
                                                {.error = "551"},          {.from = after(1'000'000)}};
  for (std::size_t i = 0; i < nothing.size(); ++i)
    EXPECT_TRUE(searched_through(timeline(), nothing[i]).empty()) << i;
}

TEST_P(StoreContract, ASearchByRecipientFindsAllOfItsUsers) {
  applied(timeline(), many_fates());
  Notification shared = a_notification(7);
  shared.event_id = {"another"};
  shared.user_id = {"user_other"};
  shared.id = {"00000000-0000-8000-8000-00000000abcd"};
  shared.to = "USER7@Example.test";
  shared.accepted_at = shared.planned_at = after(500'000);
  applied(timeline(), {shared});
  const auto found = searched_through(timeline(), {.recipient = "user7@EXAMPLE.test"}, 1);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].id, shared.id);
  EXPECT_EQ(found[0].recipient, "U•••@Example.test");
  EXPECT_EQ(found[1].id, a_notification(7).id);
  const auto by_phone = searched_through(timeline(), {.recipient = "+7 9000-000-016"});
  ASSERT_EQ(by_phone.size(), 1u);
  EXPECT_EQ(by_phone[0].channel, Channel::sms);
  EXPECT_EQ(by_phone[0].recipient, "+7•••••0016");
  EXPECT_EQ(
      searched_through(timeline(), {.user_id = {"user_other"}, .recipient = "user7@example.test"}).size(),
      1u);
  EXPECT_TRUE(
      searched_through(timeline(), {.user_id = {"user_nobody"}, .recipient = "user7@example.test"}).empty());
  EXPECT_TRUE(searched_through(timeline(),
                               {.event_id = a_notification(8).event_id, .recipient = "user7@example.test"})
                  .empty());
}

// A switchboard's number: its users are too many to be merged.
TEST_P(StoreContract, ASearchFindsARecipientOfAnyNumberOfUsers) {
  std::vector<Fact> facts;
  for (int i = 0; i < static_cast<int>(2 * recipient_users_max); ++i) {
    Notification n = a_notification(i, Channel::sms);
    n.to = i % 2 ? "+74950000000" : "+74951111111";
    facts.emplace_back(n);
    n = a_notification(1000 + i, Channel::sms);
    n.to = "+74950000000";
    facts.emplace_back(n);
  }
  applied(timeline(), facts);
  EXPECT_EQ(searched_through(timeline(), {.recipient = "+74950000000"}, 10).size(), 3 * recipient_users_max);
  EXPECT_EQ(searched_through(timeline(), {.recipient = "+74951111111"}, 10).size(), recipient_users_max);
}

TEST_P(StoreContract, PagesNeitherRepeatNorHideWhatWasThereWhileRowsComeIn) {
  const auto planned_at = [](int number, Timestamp at) {
    Notification n = a_notification(number);
    n.accepted_at = n.planned_at = at;
    return n;
  };
  std::vector<Fact> facts;
  for (int i = 0; i < 100; ++i) facts.emplace_back(planned_at(i, after(i / 10)));  // many of one moment
  applied(timeline(), facts);
  const auto before = ids_of(searched_through(timeline(), {}));
  std::vector<NotificationId> seen;
  std::string cursor;
  int number = 1000;
  do {
    const NotificationPage page = searched(timeline(), {}, 7, cursor);
    for (const NotificationView& view : page.notifications) seen.push_back(view.id);
    cursor = page.next;
    applied(timeline(), {planned_at(number, after(number))});
    ++number;
    if (number == 1005) reopen();
  } while (!cursor.empty());
  EXPECT_EQ(seen, before);
}

TEST_P(StoreContract, ACallLooksAtABoundedNumberOfRows) {
  std::vector<Fact> facts;
  const int count = static_cast<int>(looked_at_max) + 1000;
  for (int i = 0; i < count; ++i) {
    Notification n = a_notification(i);
    n.accepted_at = n.planned_at = after(i);
    facts.emplace_back(n);
    if (i > 0) facts.emplace_back(a_step(n, StepKind::sent, 1, after(i)));
  }
  Step old = a_step(a_notification(0), StepKind::sent, 1, t0);
  old.provider = "of old";
  facts.emplace_back(old);
  applied(timeline(), facts);
  const NotificationPage first = searched(timeline(), {.states = {"sent"}, .provider = "of old"}, 10);
  EXPECT_TRUE(first.notifications.empty());
  ASSERT_FALSE(first.next.empty());
  const NotificationPage second =
      searched(timeline(), {.states = {"sent"}, .provider = "of old"}, 10, first.next);
  ASSERT_EQ(second.notifications.size(), 1u);
  EXPECT_EQ(second.notifications[0].id, a_notification(0).id);
  EXPECT_TRUE(second.next.empty());
}

TEST_P(StoreContract, RowsChangeTheirPlaceInASearch) {
  const Notification n = a_notification(1);
  applied(timeline(), {a_step(n, StepKind::sending, 1, after(100))});
  EXPECT_EQ(searched_through(timeline(), {.states = {"sending"}}).size(), 1u);
  EXPECT_TRUE(searched_through(timeline(), {.recipient = n.to}).empty());
  applied(timeline(), {n, an_event(n)});  // moves it to an earlier time, and tells whose it is
  EXPECT_EQ(searched_through(timeline(), {.recipient = n.to}).size(), 1u);
  EXPECT_EQ(searched_through(timeline(), {.states = {"sending"}, .before = after(1)}).size(), 1u);
  EXPECT_EQ(searched_through(timeline(), {.template_name = "welcome"}).size(), 1u);
  Step deferred = a_step(n, StepKind::deferred, 1, after(200));
  deferred.answer = "450 4.2.1 busy";
  applied(timeline(), {deferred});
  EXPECT_TRUE(searched_through(timeline(), {.states = {"sending"}}).empty());
  EXPECT_EQ(searched_through(timeline(), {.error = "450 4.2.1"}).size(), 1u);
  Step dead = a_step(n, StepKind::dead, 1, after(300));
  dead.answer = "550 5.1.1 gone";
  applied(timeline(), {dead});
  EXPECT_TRUE(searched_through(timeline(), {.error = "450 4.2.1"}).empty());
  EXPECT_EQ(searched_through(timeline(), {.states = {"dead"}, .error = "550 5.1.1"}).size(), 1u);
  applied(timeline(), {a_step(n, StepKind::sent, 2, after(400))});
  EXPECT_EQ(searched_through(timeline(), {.states = {"sent"}, .error = "550 5.1.1"}).size(), 1u)
      << "what failed is still said of it";
}

// What comes beyond the numbers there are is `other`, and is found all the same.
TEST_P(StoreContract, GroupsAndErrorsBeyondTheirNumberAreFoundAndCountedAsOthers) {
  constexpr int groups = range_of(NameKind::group).end + 10;
  constexpr int labels = range_of(NameKind::label).end + 10;
  const auto word = [](int i) {  // without a digit, which would be masked
    std::string out;
    for (; i > 0; i /= 26) out += static_cast<char>('a' + i % 26);
    return "w" + out;
  };
  std::vector<Fact> facts{a_notification(labels - 1),
                          a_step(a_notification(labels - 1), StepKind::sent, 1, t0)};
  for (int i = 0; i < labels; ++i) {
    Notification n = a_notification(i, i < groups ? Channel::sms : Channel::email);
    if (i < groups) n.template_version = fmt::format("template{}@1", i);
    facts.emplace_back(n);
    Step dead = a_step(n, StepKind::dead, 1, after(10));
    dead.answer = word(i);
    facts.emplace_back(std::move(dead));
  }
  for (std::size_t at = 0; at < facts.size(); at += 1000)
    applied(timeline(), {facts.begin() + static_cast<std::ptrdiff_t>(at),
                         facts.begin() + static_cast<std::ptrdiff_t>(std::min(at + 1000, facts.size()))});
  applied(timeline(), facts);  // again
  for (const int i : {0, 100, groups - 1})
    EXPECT_EQ(ids_of(searched_through(timeline(), {.template_name = fmt::format("template{}", i)})),
              std::vector{a_notification(i, Channel::sms).id});
  for (const int i : {1000, labels - 2})
    EXPECT_EQ(ids_of(searched_through(timeline(), {.error = word(i)})), std::vector{a_notification(i).id});
  EXPECT_TRUE(searched_through(timeline(), {.error = "nothing of the kind"}).empty());

  const Report by_template = reported(timeline(), {t0, after(60'000), Grain::minute, GroupBy::template_name});
  std::int64_t planned = 0, other = 0;
  for (const ReportGroup& group : by_template.groups) {
    const auto total = group.totals.find("planned");
    if (total == group.totals.end()) continue;
    planned += total->second;
    if (group.name == "other") other = total->second;
  }
  EXPECT_EQ(planned, labels);
  EXPECT_GT(other, 0);
  EXPECT_LT(other, groups);
  const Report by_channel = reported(timeline(), {t0, after(60'000), Grain::minute, GroupBy::channel});
  ASSERT_EQ(by_channel.groups.size(), 2u);
  EXPECT_EQ(by_channel.groups[1].name, "sms");
  EXPECT_EQ(by_channel.groups[1].totals.at("dead"), groups) << "a channel is counted exactly even then";
}

TEST(Cursors, AreTold) {
  EXPECT_TRUE(is_cursor(""));
  EXPECT_TRUE(is_cursor(Cursor{-5, std::string("\0\xff", 2)}.text()));
  for (const char* text :
       {"x", ".", "1", "1.z", "1.abc", "1.AB", "99999999999999999999.00", "1 .00", "1.00 "})
    EXPECT_FALSE(is_cursor(text)) << text;
  EXPECT_FALSE(is_cursor("1." + std::string(2000, '0')));
  const auto cursor = Cursor::parse(Cursor{-5, std::string("\0\xff", 2)}.text());
  ASSERT_TRUE(cursor);
  EXPECT_EQ(cursor->first_at, -5);
  EXPECT_EQ(cursor->id, std::string("\0\xff", 2));
}

}  // namespace vestnik::store
