// What the contract can't show: a server that dies, hangs or cuts connections, and several processes at once.
#include <algorithm>
#include <random>
#include <set>

#include "store/ledger_test_support.h"
#include "store/postgres/ledger.h"
#include "store/postgres/peer.h"
#include "store/postgres/store.h"

namespace vestnik::store::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Ends every session but the one that asks.
constexpr char cut_all[] =
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
    "AND application_name = 'vestnik'";

std::unique_ptr<PostgresStore> open(const std::string& url, milliseconds operation_timeout = seconds(10)) {
  return std::make_unique<PostgresStore>(Options{.url = url, .operation_timeout = operation_timeout});
}

Result<std::optional<Delivery>, Error> look(Store& store) {
  return outcome<std::optional<Delivery>>([&](auto done) { store.ledger().find({"x"}, std::move(done)); });
}

std::string why(const std::function<void()>& action) {
  try {
    action();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

TEST(PostgresFaults, AStoppedServerIsUnavailableAndHeals) {
  Peer server;
  const auto store = open(server.url(), milliseconds(1500));
  ASSERT_TRUE(look(*store));
  server.command("stop");
  const auto begin = std::chrono::steady_clock::now();
  const auto failed = look(*store);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::unavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(4)) << "1.5 s, and a busy machine";
  EXPECT_FALSE(store->health().well);
  EXPECT_NE(store->health().detail, "");
  EXPECT_EQ(store->health().detail.find("not-a-secret"), std::string::npos);
  server.command("start");
  // Connects are at most a second apart; two calls of 1.5 s each must find the server.
  EXPECT_TRUE(look(*store) || look(*store) || look(*store));
  EXPECT_TRUE(store->health().well) << store->health().detail;
}

TEST(PostgresFaults, AFrozenServerIsUnavailableInTimeAndHeals) {
  Peer server;
  const auto store = open(server.url(), milliseconds(1000));
  ASSERT_TRUE(look(*store));
  server.command("freeze");
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::future<bool>> calls;
  for (int i = 0; i < 20; ++i)
    calls.push_back(std::async(std::launch::async, [&] { return look(*store).has_value(); }));
  for (auto& call : calls) EXPECT_FALSE(call.get());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(4)) << "1 s, and a busy machine";
  EXPECT_FALSE(store->health().well);
  server.command("thaw");
  EXPECT_TRUE(look(*store) || look(*store) || look(*store) || look(*store));
}

TEST(PostgresFaults, CutConnectionsAreMendedWithoutAnError) {
  Peer server;
  const auto store = open(server.url());
  Session session(server.url());
  for (int round = 0; round < 5; ++round) {
    ASSERT_TRUE(look(*store));
    session.run(cut_all);
    const auto found = look(*store);
    EXPECT_TRUE(found) << found.error().message;
  }
  server.command("restart");
  EXPECT_TRUE(look(*store));
}

TEST(PostgresFaults, AStatementUnderWayWhenItsConnectionIsCutIsDoneOnce) {
  Peer server;
  const auto store = open(server.url(), seconds(20));
  Ledger& ledger = store->ledger();
  const Notification n = a_notification(1);
  admitted(ledger, {{n, owner_now}});
  Session holder(server.url()), session(server.url());
  holder.run("BEGIN; LOCK TABLE ledger IN EXCLUSIVE MODE");
  auto begin = std::async(std::launch::async, [&] { return begun(ledger, {start(n, 1)}); });
  ASSERT_TRUE(session.becomes("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'", "1"));
  session.run(cut_all);
  holder.run("COMMIT");
  EXPECT_EQ(begin.get(), std::vector{true});
  EXPECT_EQ(begun(ledger, {start(n, 1)}), std::vector{false});
  EXPECT_EQ(untold(ledger).size(), 1U);
}

TEST(PostgresFaults, AFullQueueIsOverloadedAndTheRestIsClosedAtTheEnd) {
  const std::string url = fresh_schema(shared_server_url());
  auto store = std::make_unique<PostgresStore>(Options{.url = url, .connections = 1, .queue_rows_max = 3});
  Session holder(url), session(url);
  holder.run("BEGIN; LOCK TABLE ledger IN EXCLUSIVE MODE");
  const auto admit = [&](int from, int to) {
    std::vector<Admission> batch;
    for (int i = from; i < to; ++i) batch.push_back({a_notification(i), owner_now});
    auto promise = std::make_shared<std::promise<Result<std::vector<bool>, Error>>>();
    store->ledger().admit(batch, t0, [promise](auto result) { promise->set_value(std::move(result)); });
    return promise->get_future();
  };
  auto under_way = admit(0, 1);
  ASSERT_TRUE(session.becomes(
      "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'ledger'::regclass", "1"));
  auto waiting = admit(1, 4);
  EXPECT_EQ(admit(4, 5).get().error().kind, ErrorKind::overloaded);
  holder.run("COMMIT");
  store.reset();  // carries out what waits
  EXPECT_TRUE(under_way.get());
  EXPECT_TRUE(waiting.get());
}

TEST(PostgresStart, SeveralProcessesMayStartAtOnce) {
  const std::string url = fresh_schema(shared_server_url());
  std::vector<std::future<bool>> starts;
  for (int i = 0; i < 5; ++i)
    starts.push_back(std::async(std::launch::async, [&] { return look(*open(url)).has_value(); }));
  for (auto& start : starts) EXPECT_TRUE(start.get());
  EXPECT_EQ(Session(url).run("SELECT count(*) FROM vestnik_schema"), "1");
}

TEST(PostgresStart, ANewerSchemaIsRefused) {
  const std::string url = fresh_schema(shared_server_url());
  open(url);
  Session session(url);
  session.run("UPDATE vestnik_schema SET version = 99");
  EXPECT_THAT(why([&] { open(url); }), testing::AllOf(testing::HasSubstr("99"), testing::HasSubstr("newer")));
  EXPECT_EQ(session.run("SELECT version FROM vestnik_schema"), "99");
}

TEST(PostgresStart, ErrorsHoldNoCredentials) {
  std::string url = shared_server_url();
  const auto start_with = [](std::string bad) {
    return why(
        [&] { PostgresStore store(Options{.url = std::move(bad), .start_timeout = milliseconds(100)}); });
  };
  const auto clean =
      testing::AllOf(testing::Not(testing::IsEmpty()), testing::Not(testing::HasSubstr("hunter2")),
                     testing::Not(testing::HasSubstr("some-role")));
  const std::string host = url.substr(url.find('@'));
  EXPECT_THAT(start_with("postgresql://some-role:hunter2" + host), clean);
  EXPECT_THAT(start_with("postgresql://some-role:hunter2@127.0.0.1:1/x"), clean);
  EXPECT_THAT(start_with("postgresql://some-role:hunter2@127.0.0.1:notaport[/x"), clean);
  EXPECT_THAT(start_with("hunter2"), clean);
}

// A batch that was committed although its connection died is run again with the same token.
class SecondGo : public testing::Test {
 protected:
  SecondGo() {
    connection_.connect(std::chrono::steady_clock::now() + seconds(10), [] { return SteadyTime::max(); });
  }

  Try go(std::int64_t token, bool again) {
    return {connection_, std::chrono::steady_clock::now() + seconds(10), token, again};
  }

  std::vector<std::vector<bool>> begun_of(const Try& one,
                                          const std::vector<std::vector<AttemptStart>>& starts) {
    std::vector<std::vector<bool>> marks;
    for (const auto& beginnings : begin_all(one, starts, clock_)) {
      marks.emplace_back();
      for (const Beginning& b : beginnings) marks.back().push_back(b.kind == Beginning::Kind::begun);
    }
    return marks;
  }

  ManualClock clock_;
  std::string url_ = fresh_schema(shared_server_url());
  std::unique_ptr<PostgresStore> store_ = open(url_);
  Connection connection_{url_, seconds(10)};
};

TEST_F(SecondGo, CountsWhatTheFirstHasDoneAndNothingElse) {
  const Notification n = a_notification(1), m = a_notification(2);
  const std::vector<PostgresLedger::Admissions> admissions{
      {{{n, owner_now}, {n, owner_now}, {m, owner_now}}, t0}};
  const std::vector<bool> taken{true, false, true}, none{false, false, false};
  EXPECT_EQ(admit_all(go(0x1000, false), admissions)[0], taken);
  EXPECT_EQ(admit_all(go(0x1000, true), admissions)[0], taken);
  EXPECT_EQ(admit_all(go(0x2000, true), admissions)[0], none);

  const std::vector<std::vector<AttemptStart>> starts{{start(n, 1)}, {start(m, 1), start(n, 1)}};
  const std::vector<std::vector<bool>> begun_first{{true}, {true, false}}, begun_not{{false}, {false, false}};
  EXPECT_EQ(begun_of(go(0x3000, false), starts), begun_first);
  EXPECT_EQ(begun_of(go(0x3000, true), starts), begun_first);
  EXPECT_EQ(begun_of(go(0x4000, true), starts), begun_not);
  EXPECT_EQ(begun_of(go(0x4000, false), starts), begun_not);

  received(store_->ledger(), {receipt("m1")});
  const std::vector<std::vector<Transition>> ends{{sent(n, 1, {"m1"})}, {sent(m, 1, {"m2"})}};
  for (const bool again : {false, true}) {
    const auto answers = record_all(go(0x5000, again), ends);
    EXPECT_EQ(answers[0].applied, std::vector{true});
    EXPECT_EQ(answers[1].applied, std::vector{true});
    EXPECT_EQ(answers[0].receipt_steps.size(), 1U) << again;
    EXPECT_EQ(answers[1].receipt_steps.size(), 0U);
  }
  const std::vector<PostgresLedger::Receipts> receipts{{{receipt("m9")}, t0}, {{receipt("m2")}, t0}};
  for (const bool again : {false, true}) {
    const auto answers = apply_receipts_all(go(0x6000, again), receipts);
    EXPECT_EQ(answers[0].size(), 0U);
    EXPECT_EQ(answers[1].size(), 1U) << again;
  }
  EXPECT_EQ(apply_receipts_all(go(0x7000, true), receipts)[1].size(), 0U);
  EXPECT_EQ(untold(store_->ledger()).size(), 6U);
}

TEST_F(SecondGo, CountsALimitOnce) {
  clock_.set(t0);
  const std::vector<LimitUse> two{a_use("k", 2)};
  const auto starts = first_starts(store_->ledger(), 0, 4, t0, two);
  const std::vector<std::vector<AttemptStart>> requests{{starts[0], starts[0]}, {starts[1], starts[2]}};
  using enum Beginning::Kind;
  for (const bool again : {false, true}) {
    const auto answers = begin_all(go(0x3000, again), requests, clock_);
    EXPECT_EQ(kinds_of(answers[0]), (std::vector{begun, refused})) << again;
    EXPECT_EQ(kinds_of(answers[1]), (std::vector{begun, limited})) << again;
  }
  EXPECT_EQ(kinds_of(begin_all(go(0x4000, true), requests, clock_)[0]), (std::vector{refused, refused}));
  EXPECT_EQ(untold(store_->ledger()).size(), 2U);
}

TEST_F(SecondGo, DecidesOnce) {
  const Notification n = dead(store_->ledger(), 1), m = in_doubt(store_->ledger(), 2);
  const auto told_before = untold(store_->ledger()).size();
  const std::vector<std::vector<Amendment>> requests{
      {an_amendment(n, Decision::discard), an_amendment(n, Decision::discard)},
      {an_amendment(m, Decision::retry), an_amendment(n, Decision::retry)}};
  using enum Amended::Kind;
  for (const bool again : {false, true}) {
    const auto answers = amend_all(go(0x3000, again), requests);
    EXPECT_EQ(answers[0][0].kind, done) << again;
    EXPECT_EQ(answers[0][1].kind, refused) << again;
    EXPECT_EQ(answers[1][0].kind, done) << again;
    EXPECT_EQ(answers[1][0].state, DeliveryState::pending);
    EXPECT_EQ(answers[1][1].kind, refused) << again;
  }
  EXPECT_EQ(amend_all(go(0x4000, true), requests)[0][0].kind, refused);
  EXPECT_EQ(untold(store_->ledger()).size(), told_before + 2);
}

// Two stores on one schema stand for two processes.
class TwoProcesses : public testing::Test {
 protected:
  std::string url_ = fresh_schema(shared_server_url());
  std::unique_ptr<PostgresStore> one_ = open(url_), two_ = open(url_);
};

TEST_F(TwoProcesses, OneAddressGivesOneUser) {
  for (int round = 0; round < 10; ++round) {
    std::vector<std::future<Registration>> results;
    for (int i = 0; i < 8; ++i)
      results.push_back(std::async(std::launch::async, [&, i] {
        const std::string address = fmt::format("r{}@example.test", round);
        return registered((i % 2 ? one_ : two_)->users(), a_user(round * 10 + i, address, ""), address);
      }));
    std::set<std::string> ids;
    int created = 0;
    for (auto& result : results) {
      const Registration r = result.get();
      ids.insert(r.user.id.value);
      created += r.kind == Registration::Kind::created;
    }
    EXPECT_EQ(ids.size(), 1U);
    EXPECT_EQ(created, 1);
  }
}

TEST_F(TwoProcesses, AReceiptElsewhereThanTheSubmitCountsOnce) {
  for (int i = 0; i < 30; ++i) {
    const Notification n = a_notification(i);
    admitted(one_->ledger(), {{n, owner_now}});
    begun(one_->ledger(), {start(n, 1)});
    const std::string a = fmt::format("a{}", i), b = fmt::format("b{}", i);
    auto record =
        std::async(std::launch::async, [&] { return recorded(one_->ledger(), {sent(n, 1, {a, b})}); });
    auto first = std::async(std::launch::async, [&] { return received(two_->ledger(), {receipt(a)}); });
    auto second = std::async(std::launch::async, [&] { return received(one_->ledger(), {receipt(b)}); });
    EXPECT_EQ(record.get().receipt_steps.size() + first.get().size() + second.get().size(), 1U);
    EXPECT_EQ(found(two_->ledger(), n.id)->state, DeliveryState::delivered);
  }
}

// Whatever a claim doesn't see in `sending` can't begin under the old epoch afterwards.
TEST_F(TwoProcesses, NoAttemptSlipsPastAClaim) {
  for (int round = 0; round < 20; ++round) {
    std::vector<Admission> batch;
    std::vector<AttemptStart> starts;
    const Owner old{round, 5};
    for (int i = 0; i < 20; ++i) {
      const Notification n = a_notification(round * 100 + i);
      batch.push_back({n, old});
      starts.push_back(start(n, 1, old));
    }
    admitted(one_->ledger(), batch);
    auto begin = std::async(std::launch::async, [&] { return begun(one_->ledger(), starts); });
    auto claim = std::async(std::launch::async, [&] { return claimed(two_->ledger(), {{round, 6}}); });
    const std::vector<bool> moved = begin.get();
    EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(moved, true)), claim.get().size());
  }
}

TEST_F(TwoProcesses, TheSameFactsAppliedAtOnceCountOnce) {
  constexpr int count = 120;
  const auto apply = [&](Timeline& timeline, int seed) {
    std::vector<Fact> facts;
    for (int i = 0; i < count; ++i) {
      const Notification n = a_notification(i);
      facts.push_back(n);
      facts.push_back(an_event(n));
      facts.push_back(a_step(n, StepKind::sent, 1, after(100)));
    }
    std::shuffle(facts.begin(), facts.end(), std::mt19937(seed));
    for (std::size_t at = 0; at < facts.size(); at += 40)
      applied(timeline, {facts.begin() + at, facts.begin() + std::min(at + 40, facts.size())});
  };
  auto one = std::async(std::launch::async, [&] { apply(one_->timeline(), 1); });
  auto two = std::async(std::launch::async, [&] { apply(two_->timeline(), 2); });
  one.get();
  two.get();
  const Stats s = stats(one_->timeline());
  EXPECT_EQ(s.events_accepted, count);
  EXPECT_EQ(s.channels.at(Channel::email).states, (std::map<std::string, std::int64_t>{{"sent", count}}));
  EXPECT_EQ(s.channels.at(Channel::email).accepted_to_sent.count, count);
}

// Many starts in both at once under limits that they share, the keys in any order; one of them is restarted
// in between. Exactly `max` begin.
TEST_F(TwoProcesses, NoLimitIsPassedTogether) {
  const LimitUse wide = a_use("wide", 60, 3'600'000), narrow = a_use("narrow", 30, 3'600'000);
  constexpr int threads = 4, each = 15;
  int begun_count = 0, number = 0;
  for (int round = 0; round < 3; ++round) {
    std::vector<std::vector<AttemptStart>> starts;
    for (int t = 0; t < 2 * threads; ++t, number += each)
      starts.push_back(first_starts(one_->ledger(), number, each, t0,
                                    t % 3 == 0   ? std::vector{wide}
                                    : t % 3 == 1 ? std::vector{narrow, wide}
                                                 : std::vector{wide, narrow}));
    std::vector<std::future<int>> counts;
    for (int t = 0; t < 2 * threads; ++t)
      counts.push_back(std::async(std::launch::async, [&, t] {
        int n = 0;
        for (const AttemptStart& s : starts[t])
          n += began((t % 2 ? one_ : two_)->ledger(), {s})[0].kind == Beginning::Kind::begun;
        return n;
      }));
    for (auto& count : counts) begun_count += count.get();
    EXPECT_EQ(begun_count, 60) << "round " << round;
    two_ = open(url_);
  }
}

TEST_F(TwoProcesses, ADecisionAndAnAttemptElsewhere) {
  for (int i = 0; i < 20; ++i) {
    const Notification n = dead(one_->ledger(), i);
    auto decide = std::async(std::launch::async, [&] {
      return amended(two_->ledger(), {an_amendment(n, Decision::retry)})[0].kind;
    });
    auto discard = std::async(std::launch::async, [&] {
      return amended(one_->ledger(), {an_amendment(n, Decision::discard)})[0].kind;
    });
    const bool retried = decide.get() == Amended::Kind::done;
    EXPECT_NE(retried, discard.get() == Amended::Kind::done);
    EXPECT_EQ(begun(one_->ledger(), {start(n, 2)}), std::vector{retried});
  }
}

}  // namespace
}  // namespace vestnik::store::postgres
