// The store contract: going through what is there (inventory.h). Included by contract_test.h.
#pragma once

#include <algorithm>
#include <map>
#include <stdexcept>

#include "store/contract_test.h"

namespace vestnik::store {

inline std::map<std::string, LedgerItem> deliveries_of(Inventory& inventory) {
  std::map<std::string, LedgerItem> items;
  inventory.deliveries([&](const LedgerItem& item) {
    EXPECT_TRUE(items.emplace(item.id.value, item).second) << item.id.value << " is given twice";
  });
  return items;
}
inline std::map<std::string, std::string> states_of(Inventory& inventory) {
  std::map<std::string, std::string> states;
  inventory.timeline([&](const TimelineItem& item) {
    EXPECT_TRUE(states.emplace(item.id.value, item.state).second) << item.id.value << " is given twice";
  });
  return states;
}

TEST_P(StoreContract, AnInventoryOfAnEmptyStoreIsEmpty) {
  const auto inventory = this->inventory();
  EXPECT_TRUE(deliveries_of(*inventory).empty());
  EXPECT_TRUE(states_of(*inventory).empty());
  inventory->outbox([](const Step&) { ADD_FAILURE(); });
  inventory->events([](const EventId&) { ADD_FAILURE(); });
}

TEST_P(StoreContract, AnInventoryGivesEachDeliveryAsItIs) {
  Notification mail = a_notification(1), sms = a_notification(2, Channel::sms);
  sms.event_id.value = "a client's own key: " + awkward_text;
  admitted(ledger(), {{mail, owner_now}, {sms, {.partition = 7, .epoch = 1}}});
  begun(ledger(), {start(mail, 1)});
  recorded(ledger(), {sent(mail, 1)});
  const auto items = deliveries_of(*inventory());
  ASSERT_EQ(items.size(), 2u);
  const LedgerItem& first = items.at(mail.id.value);
  EXPECT_EQ(first.event_id, mail.event_id);
  EXPECT_EQ(first.channel, Channel::email);
  EXPECT_EQ(first.partition, 0);
  EXPECT_EQ(first.state, DeliveryState::sent);
  EXPECT_EQ(first.attempt, 1);
  EXPECT_EQ(first.updated_at, after(15));
  const LedgerItem& second = items.at(sms.id.value);
  EXPECT_EQ(second.event_id, sms.event_id);
  EXPECT_EQ(second.channel, Channel::sms);
  EXPECT_EQ(second.partition, 7);
  EXPECT_EQ(second.state, DeliveryState::pending);
}

TEST_P(StoreContract, AnInventoryGivesTheOutboxUntilItIsTold) {
  const Notification n = a_notification(1);
  admitted(ledger(), {{n, owner_now}});
  begun(ledger(), {start(n, 1)});
  const Step begins = a_step(n, StepKind::sending, 1, after(10));
  std::vector<std::string> ids;
  const auto look = [&] {
    ids.clear();
    inventory()->outbox([&](const Step& step) { ids.push_back(step.id()); });
    return ids;
  };
  EXPECT_EQ(look(), std::vector{begins.id()});
  ledger().told({begins.id()});
  recorded(ledger(), {sent(n, 1)});
  EXPECT_TRUE(untold(ledger()).size() == 1) << "and what was told is gone by then";
  EXPECT_EQ(look(), std::vector{a_step(n, StepKind::sent, 1, after(15)).id()});
}

TEST_P(StoreContract, AnInventoryGivesTheTimelineAndItsEvents) {
  const Notification planned = a_notification(1), under_way = a_notification(2, Channel::sms),
                     skipped = a_notification(3);
  applied(timeline(),
          {an_event(planned), planned, an_event(under_way), under_way,
           a_step(under_way, StepKind::sending, 1, after(10)), a_step(skipped, StepKind::skipped, 0, t0)});
  const auto inventory = this->inventory();
  EXPECT_EQ(states_of(*inventory), (std::map<std::string, std::string>{{planned.id.value, "planned"},
                                                                       {under_way.id.value, "sending"},
                                                                       {skipped.id.value, "skipped"}}));
  inventory->timeline([&](const TimelineItem& item) {
    const Notification& n = item.id == planned.id ? planned : item.id == under_way.id ? under_way : skipped;
    EXPECT_EQ(item.event_id, n.event_id);
    EXPECT_EQ(item.channel, n.channel);
  });
  std::vector<EventId> events;
  inventory->events([&](const EventId& event) { events.push_back(event); });
  EXPECT_THAT(events, testing::UnorderedElementsAre(planned.event_id, under_way.event_id));
}

// More than any page holds, and more rows come while it goes on.
TEST_P(StoreContract, AnInventoryLeavesNothingOutAndRepeatsNothing) {
  constexpr int before = 11'000;
  const auto admit = [&](int first, int count) {
    std::vector<Admission> batch;
    std::vector<Fact> facts;
    for (int n = first; n < first + count; ++n) {
      batch.push_back({a_notification(n), owner_now});
      facts.emplace_back(batch.back().notification);
      facts.emplace_back(an_event(batch.back().notification));
    }
    admitted(ledger(), std::move(batch));
    applied(timeline(), std::move(facts));
  };
  for (int n = 0; n < before; n += 500) admit(n, 500);

  const auto inventory = this->inventory();
  std::map<std::string, int> deliveries, timelines, events;
  int came = before;
  inventory->deliveries([&](const LedgerItem& item) {
    if (++deliveries[item.id.value] == 1 && deliveries.size() % 4000 == 0)
      admit(std::exchange(came, came + 50), 50);
  });
  inventory->timeline([&](const TimelineItem& item) {
    if (++timelines[item.id.value] == 1 && timelines.size() % 4000 == 0)
      admit(std::exchange(came, came + 50), 50);
  });
  inventory->events([&](const EventId& event) { ++events[event.value]; });
  for (const auto* seen : {&deliveries, &timelines, &events})
    for (const auto& [id, times] : *seen) ASSERT_EQ(times, 1) << id;
  for (int n = 0; n < before; ++n) {
    const Notification one = a_notification(n);
    ASSERT_TRUE(deliveries.contains(one.id.value)) << n;
    ASSERT_TRUE(timelines.contains(one.id.value)) << n;
    ASSERT_TRUE(events.contains(one.event_id.value)) << n;
  }
}

TEST_P(StoreContract, WhatIsThrownEndsAnInventoryAndAnotherMayFollow) {
  admitted(ledger(), {{a_notification(1), owner_now}, {a_notification(2), owner_now}});
  const auto inventory = this->inventory();
  int given = 0;
  EXPECT_THROW(inventory->deliveries([&](const LedgerItem&) {
    ++given;
    throw std::logic_error("enough");
  }),
               std::logic_error);
  EXPECT_EQ(given, 1);
  EXPECT_EQ(deliveries_of(*inventory).size(), 2u);
}

}  // namespace vestnik::store
