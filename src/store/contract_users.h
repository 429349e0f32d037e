// Part of contract_test.h: users and the sandbox.
#pragma once

#include <atomic>
#include <set>
#include <thread>

#include "store/contract_test.h"

namespace vestnik::store {

TEST_P(StoreContract, AUserIsCreatedOnceAndThenKnown) {
  const User ann = a_user(1, "Ann@Example.test", "+491701234567");
  const Registration first = registered(users(), ann, "ann@example.test");
  EXPECT_EQ(first.kind, Registration::Kind::created);
  EXPECT_EQ(first.user, ann);
  EXPECT_FALSE(first.event_durable);

  const User again = a_user(2, "ANN@example.test", "+491701234567");
  const Registration second = registered(users(), again, "ann@example.test");
  EXPECT_EQ(second.kind, Registration::Kind::known);
  EXPECT_EQ(second.user, ann) << "what was stored then, not what was given now";
}

TEST_P(StoreContract, TheSameAddressWithAnotherPhoneIsAConflict) {
  const User ann = a_user(1, "ann@example.test", "+491701234567");
  registered(users(), ann, "ann@example.test");
  for (const char* phone : {"+491709999999", ""}) {
    const Registration other = registered(users(), a_user(2, "ann@example.test", phone), "ann@example.test");
    EXPECT_EQ(other.kind, Registration::Kind::conflict);
    EXPECT_EQ(other.user, ann);
  }
}

TEST_P(StoreContract, WithoutAnAddressThePhoneIsTheIdentity) {
  const User phone_only = a_user(1, "", "+491701234567");
  EXPECT_EQ(registered(users(), phone_only, "").kind, Registration::Kind::created);
  const Registration again = registered(users(), a_user(2, "", "+491701234567"), "");
  EXPECT_EQ(again.kind, Registration::Kind::known);
  EXPECT_EQ(again.user, phone_only);
  EXPECT_EQ(registered(users(), a_user(3, "", "+491701234568"), "").kind, Registration::Kind::created);
  // An address makes it somebody else, and an address that reads like a phone does too.
  EXPECT_EQ(registered(users(), a_user(4, "bob@example.test", "+491701234567"), "bob@example.test").kind,
            Registration::Kind::created);
  EXPECT_EQ(registered(users(), a_user(5, "+491701234567", ""), "+491701234567").kind,
            Registration::Kind::created);
}

TEST_P(StoreContract, UsersSurviveReopeningWithAnyText) {
  User odd = a_user(1, awkward_text + "@example.test", "+1");
  odd.name = awkward_text;
  registered(users(), odd, awkward_text);
  reopen();
  const Registration again = registered(users(), a_user(2, odd.email, "+1"), awkward_text);
  EXPECT_EQ(again.kind, Registration::Kind::known);
  EXPECT_EQ(again.user, odd);
}

TEST_P(StoreContract, ADurableEventIsRememberedAfterReopening) {
  const User ann = a_user(1, "ann@example.test", "");
  const std::int64_t number = registered(users(), ann, "ann@example.test").number;
  registered(users(), a_user(4, "bob@example.test", ""), "bob@example.test");
  const Registration again = registered(users(), a_user(2, "ann@example.test", ""), "ann@example.test");
  EXPECT_FALSE(again.event_durable);
  EXPECT_EQ(again.number, number);
  users().event_is_durable(number);
  users().event_is_durable(number);
  users().event_is_durable(number + 1'000'000);  // nobody
  reopen();
  EXPECT_TRUE(registered(users(), a_user(3, "ann@example.test", ""), "ann@example.test").event_durable);
  EXPECT_FALSE(registered(users(), a_user(5, "bob@example.test", ""), "bob@example.test").event_durable);
}

TEST_P(StoreContract, DurableEventsAreRememberedOfThoseWhoseTheyAre) {
  const auto address = [](int i) { return fmt::format("u{}@example.test", i); };
  std::vector<std::int64_t> numbers;
  for (int i = 0; i < 30; ++i)
    numbers.push_back(registered(users(), a_user(i, address(i), ""), address(i)).number);
  const std::set<int> durable{0, 7, 8, 9, 15, 29};
  for (auto i = durable.rbegin(); i != durable.rend(); ++i)
    users().event_is_durable(numbers[static_cast<std::size_t>(*i)]);
  reopen();
  for (int i = 0; i < 30; ++i)
    EXPECT_EQ(registered(users(), a_user(100 + i, address(i), ""), address(i)).event_durable,
              durable.contains(i))
        << i;
}

TEST_P(StoreContract, RegistrationsOfOneAddressAtOnceGiveOneUser) {
  constexpr int threads_max = 16, rounds = 4;
  for (int round = 0; round < rounds; ++round) {
    const std::string address = fmt::format("round{}@example.test", round);
    std::vector<std::future<Registration>> results;
    for (int i = 0; i < threads_max; ++i)
      results.push_back(std::async(std::launch::async, [&, i] {
        return registered(users(), a_user(round * 100 + i, address, "+1"), address);
      }));
    int created = 0;
    std::set<std::string> ids;
    for (auto& result : results) {
      const Registration r = result.get();
      ids.insert(r.user.id.value);
      created += r.kind == Registration::Kind::created;
      EXPECT_NE(r.kind, Registration::Kind::conflict);
    }
    EXPECT_EQ(created, 1);
    EXPECT_EQ(ids.size(), 1U);
  }
}

TEST_P(StoreContract, ManyDifferentUsersAtOnce) {
  constexpr int count = 500;
  std::vector<std::future<Result<Registration, Error>>> results;
  for (int i = 0; i < count; ++i) {
    auto promise = std::make_shared<std::promise<Result<Registration, Error>>>();
    results.push_back(promise->get_future());
    const std::string address = fmt::format("user{}@example.test", i);
    users().register_user(a_user(i, address, ""), address,
                          [promise](auto r) { promise->set_value(std::move(r)); });
  }
  for (auto& result : results) {
    ASSERT_EQ(result.wait_for(std::chrono::seconds(20)), std::future_status::ready);
    const auto registration = result.get();
    ASSERT_TRUE(registration) << registration.error().message;
    EXPECT_EQ(registration->kind, Registration::Kind::created);
  }
}

TEST_P(StoreContract, TheStoreIsWell) {
  registered(users(), a_user(1, "ann@example.test", ""), "ann@example.test");
  EXPECT_TRUE(store().health().well) << store().health().detail;
  EXPECT_EQ(store().health().part, "store");
}

inline SandboxMessage a_message(int n, Timestamp at) {
  const Notification notification = a_notification(n);
  return {notification.id, Channel::email, notification.to,       "Welcome " + awkward_text,
          awkward_text,    "<p>hi",        "raw " + awkward_text, at};
}

inline std::optional<SandboxMessage> kept(Sandbox& sandbox, const NotificationId& id) {
  return get<std::optional<SandboxMessage>>([&](auto done) { sandbox.find(id, std::move(done)); });
}

TEST_P(StoreContract, SandboxMessagesAreKeptWholeAndReplaced) {
  SandboxMessage message = a_message(1, t0);
  get<void>([&](Done<void> done) { sandbox().keep({message}, std::move(done)); });
  reopen();
  auto found = kept(sandbox(), message.notification_id);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->notification_id, message.notification_id);
  EXPECT_EQ(found->channel, Channel::email);
  EXPECT_EQ(found->to, message.to);
  EXPECT_EQ(found->subject, message.subject);
  EXPECT_EQ(found->text, message.text);
  EXPECT_EQ(found->html, message.html);
  EXPECT_EQ(found->raw, message.raw);
  EXPECT_EQ(found->kept_at, t0);

  message.subject = "later";
  get<void>([&](Done<void> done) { sandbox().keep({message, message}, std::move(done)); });
  EXPECT_EQ(kept(sandbox(), message.notification_id)->subject, "later");
  EXPECT_FALSE(kept(sandbox(), {"unknown"}));
}

TEST_P(StoreContract, SandboxListsTheNewestFirstWithoutRaw) {
  std::vector<SandboxMessage> messages;
  for (int i = 0; i < 300; ++i) messages.push_back(a_message(i, after((i * 7) % 300)));
  get<void>([&](Done<void> done) { sandbox().keep(messages, std::move(done)); });
  get<void>([&](Done<void> done) { sandbox().keep({}, std::move(done)); });
  const auto newest =
      get<std::vector<SandboxMessage>>([&](auto done) { sandbox().newest(10, std::move(done)); });
  ASSERT_EQ(newest.size(), 10U);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(newest[i].kept_at, after(299 - i));
    EXPECT_EQ(newest[i].raw, "");
    EXPECT_EQ(newest[i].text, awkward_text);
  }
}

}  // namespace vestnik::store
