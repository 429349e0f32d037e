#include "store/timeline.h"

#include <algorithm>
#include <future>
#include <random>

#include "store/postgres/peer.h"
#include "store/postgres/store.h"
#include "store/report_test_support.h"

namespace vestnik::store::postgres {
namespace {

// One takes in facts, with groups and errors that are new all the time, while the other rebuilds from the
// log.
TEST(TwoTimelines, ARebuildInOneIsSeenByTheOther) {
  const Options options{.url = fresh_schema(shared_server_url()),
                        .operation_timeout = std::chrono::seconds(10)};
  PostgresStore one(options), two(options);  // two stores on one schema stand for two processes
  std::mt19937 random(5);
  std::vector<Fact> facts = random_facts(random, 60, std::chrono::minutes(40));
  for (int i = 0; i < 40; ++i) {
    Notification n = a_notification(500 + i);
    n.template_version = fmt::format("template{}@1", i);
    Step dead = a_step(n, StepKind::dead, 1, after(50));
    dead.answer = std::string("because of ") + static_cast<char>('a' + i % 26);
    facts.emplace_back(n);
    facts.emplace_back(dead);
  }
  const auto pieces = [&](std::size_t size, auto take) {
    for (std::size_t at = 0; at < facts.size(); at += size)
      take(std::vector(facts.begin() + static_cast<std::ptrdiff_t>(at),
                       facts.begin() + static_cast<std::ptrdiff_t>(std::min(at + size, facts.size()))));
  };
  auto intake = std::async(std::launch::async, [&] {
    for (int round = 0; round < 3; ++round)
      pieces(17, [&](std::vector<Fact> some) { applied(one.timeline(), std::move(some)); });
  });
  auto rebuilding = std::async(std::launch::async, [&] {
    for (int round = 0; round < 2; ++round) {
      const RebuildId rebuild = rebuild_begun(two.timeline());
      pieces(29, [&](std::vector<Fact> some) {
        EXPECT_TRUE(rebuilt_with(two.timeline(), rebuild, std::move(some)));
      });
      EXPECT_TRUE(rebuild_finished(two.timeline(), rebuild));
      shed_all(two.timeline());
    }
  });
  intake.get();
  rebuilding.get();
  EXPECT_EQ(rebuild_state(one.timeline()), RebuildState::none);
  const CountedByHand counted(facts);
  const Timestamp hour = std::chrono::floor<std::chrono::hours>(t0);
  for (const GroupBy by : {GroupBy::channel, GroupBy::template_name, GroupBy::error}) {
    const ReportQuery query{hour, hour + std::chrono::hours(2), Grain::minute, by};
    expect_counted(reported(one.timeline(), query), query, counted);
  }
}

}  // namespace
}  // namespace vestnik::store::postgres
