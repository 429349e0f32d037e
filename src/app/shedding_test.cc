#include "app/shedding.h"

#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vestnik::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint64_t MiB = 1 << 20;

class LogWithLag final : public log::Log {
 public:
  void append(std::string_view, std::vector<Record>, log::AppendDone done) override { done({}); }
  std::unique_ptr<log::Subscription> subscribe(log::SubscribeOptions, log::Consumer&, Executor&) override {
    return nullptr;
  }
  Health health() const override { return {}; }
  std::vector<log::GroupLag> lag() const override { return lags; }

  std::vector<log::GroupLag> lags;
};

class SheddingTest : public ::testing::Test {
 protected:
  void make(SheddingOptions options) {
    options.planning_group = "planning";
    options.email_group = "email";
    options.sms_group = "sms";
    shedding = std::make_unique<Shedding>(std::move(options), log, gate, metrics,
                                          [this](const std::filesystem::path&) { return space; });
  }
  void look_at(std::optional<sqlite::DiskSpace> now) {
    space = now;
    shedding->look();
  }
  void look_at_lag(std::int64_t planning, std::int64_t email, std::int64_t sms) {
    log.lags = {{"planning", "user-events", planning},
                {"email", "notification-events", email},
                {"sms", "notification-events", sms},
                {"analytics", "user-events", 1'000'000}};
    shedding->look();
  }
  double gauge(const std::string& name) {
    for (const auto& family : metrics.collect())
      if (family.name == name) return family.metric.at(0).gauge.value;
    return -1;
  }

  LogWithLag log;
  users::IntakeGate gate;
  Metrics metrics;
  std::optional<sqlite::DiskSpace> space = sqlite::DiskSpace{1000 * MiB, 10'000 * MiB};
  std::unique_ptr<Shedding> shedding;
};

TEST_F(SheddingTest, ADiskBelowItsReserveClosesTheIntakeUntilThereIsRoom) {
  make({.data_dir = "/data", .disk_reserve = 100 * MiB});
  EXPECT_FALSE(gate.closed());
  EXPECT_TRUE(shedding->health().at(0).well);
  look_at({{99 * MiB, 10'000 * MiB}});
  ASSERT_TRUE(gate.closed());
  EXPECT_EQ(gate.closed()->stop, users::IntakeStop::disk);
  EXPECT_THAT(gate.closed()->detail, Not(HasSubstr("/data"))) << "a client reads it";
  const Health health = shedding->health().at(0);
  EXPECT_EQ(health.part, "disk");
  EXPECT_FALSE(health.well);
  EXPECT_EQ(health.detail,
            "99 MiB of 9.8 GiB are free on the disk of /data, the reserve is 100 MiB (VESTNIK_DISK_RESERVE): "
            "nothing "
            "new is accepted, delivery goes on; make room, at 125 MiB it accepts again by itself");
  EXPECT_EQ(gauge("vestnik_disk_free_bytes"), 99 * MiB);
  EXPECT_EQ(gauge("vestnik_disk_reserve_bytes"), 100 * MiB);
  look_at({{110 * MiB, 10'000 * MiB}});
  EXPECT_TRUE(gate.closed());
  look_at({{125 * MiB, 10'000 * MiB}});
  EXPECT_FALSE(gate.closed());
  EXPECT_TRUE(shedding->health().at(0).well);
}

TEST_F(SheddingTest, ADiskThatIsShortAtTheStartIsSeenBeforeAnythingIsTaken) {
  space = {{1 * MiB, 10'000 * MiB}};
  make({.data_dir = "/data"});
  EXPECT_TRUE(gate.closed());
}

TEST_F(SheddingTest, FiguresThatCannotBeHadChangeNothing) {
  make({.data_dir = "/data", .disk_reserve = 100 * MiB});
  look_at(std::nullopt);
  EXPECT_FALSE(gate.closed());
  look_at({{1 * MiB, 10'000 * MiB}});
  look_at(std::nullopt);
  EXPECT_TRUE(gate.closed());
}

TEST_F(SheddingTest, WithoutAFileTheDiskIsNobodysBusiness) {
  space = {{0, 10'000 * MiB}};
  make({});
  EXPECT_FALSE(gate.closed());
  EXPECT_TRUE(shedding->health().empty());
  EXPECT_EQ(gauge("vestnik_disk_free_bytes"), -1) << "0 would read as a full disk";
}

TEST_F(SheddingTest, TooMuchLagClosesTheIntakeUntilMostOfItIsGone) {
  make({.lag_max = 1000});
  look_at_lag(400, 600, 300);
  EXPECT_FALSE(gate.closed()) << "each record of a topic counts once";
  EXPECT_EQ(gauge("vestnik_intake_lag_records"), 1000);
  look_at_lag(401, 300, 600);
  ASSERT_TRUE(gate.closed());
  EXPECT_EQ(gate.closed()->stop, users::IntakeStop::lag);
  const Health health = shedding->health().at(0);
  EXPECT_EQ(health.part, "lag");
  EXPECT_FALSE(health.well);
  EXPECT_EQ(
      health.detail,
      "1001 records are accepted and not yet in the ledger, at most 1000 may be (VESTNIK_INTAKE_LAG_MAX): "
      "nothing new is accepted until they are 900");
  look_at_lag(901, 0, 0);
  EXPECT_TRUE(gate.closed());
  look_at_lag(900, 0, 0);
  EXPECT_FALSE(gate.closed());
  EXPECT_TRUE(shedding->health().at(0).well);
}

TEST_F(SheddingTest, NoLimitIsNoLimit) {
  make({.lag_max = 0});
  look_at_lag(1'000'000'000, 0, 0);
  EXPECT_FALSE(gate.closed());
}

TEST_F(SheddingTest, StartedItLooksByItself) {
  std::promise<void> looked;
  int looks = 0;
  Shedding by_itself({.data_dir = "/data"}, log, gate, metrics, [&](const std::filesystem::path&) {
    if (++looks == 2) looked.set_value();
    return space;
  });
  by_itself.start();
  EXPECT_EQ(looked.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  by_itself.stop();
}

}  // namespace
}  // namespace vestnik::app
