#include "email/smtp_pool.h"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "email/smtp_connection.h"

namespace vestnik::email {
namespace {

using namespace std::chrono_literals;

class FixedRandom final : public Random {
 public:
  std::uint64_t next() override { return value; }
  std::uint64_t value = 0;
};

class SmtpPoolTest : public testing::Test {
 protected:
  ConnectionPtr connection(int idle_since_s = 0) {
    auto made = std::make_shared<SmtpConnection>(context_.get_executor(), target_, smtp::TlsMode::never,
                                                 system_clock());
    made->idle_since = SteadyTime(std::chrono::seconds(idle_since_s));
    return made;
  }
  // An attempt that opens its connection and succeeds.
  ConnectionPtr one_opened() {
    EXPECT_EQ(pool_.begin(), nullptr);
    pool_.opening_ended();
    return connection();
  }

  boost::asio::io_context context_;
  SmtpTarget target_;
  std::vector<ConnectionPtr> idle_;
  FixedRandom random_;
  SmtpPool pool_{3, random_};
};

TEST_F(SmtpPoolTest, OpensUpToItsBoundAndReusesTheLastUsed) {
  EXPECT_EQ(pool_.capacity(), 3U);
  const auto a = one_opened();
  const auto b = one_opened();
  EXPECT_EQ(pool_.capacity(), 1U);
  pool_.end(a, true);
  pool_.end(b, true);
  EXPECT_EQ(pool_.capacity(), 3U);
  EXPECT_EQ(pool_.begin(), b);
  EXPECT_EQ(pool_.begin(), a);
  EXPECT_EQ(pool_.begin(), nullptr);
  EXPECT_EQ(pool_.capacity(), 0U);
}

TEST_F(SmtpPoolTest, AfterAFailureOneAttemptTriesAtATime) {
  EXPECT_EQ(pool_.begin(), nullptr);
  EXPECT_EQ(pool_.begin(), nullptr);
  pool_.opening_ended();
  EXPECT_TRUE(pool_.failed("refused").has_value());
  pool_.end(nullptr, false);
  EXPECT_EQ(pool_.capacity(), 0U);
  EXPECT_FALSE(pool_.well());
  pool_.opening_ended();
  EXPECT_FALSE(pool_.failed("refused").has_value());  // the pause runs already
  pool_.end(nullptr, false);
  pool_.backoff_ended();
  EXPECT_EQ(pool_.capacity(), 1U);
  EXPECT_EQ(pool_.begin(), nullptr);
  EXPECT_EQ(pool_.capacity(), 0U);
  pool_.opening_ended();
  pool_.end(connection(), true);
  EXPECT_EQ(pool_.capacity(), 3U);
  EXPECT_TRUE(pool_.well());
}

TEST_F(SmtpPoolTest, OpenConnectionsServeWhileNewOnesArePutOff) {
  const auto a = one_opened();
  EXPECT_EQ(pool_.begin(), nullptr);
  pool_.opening_ended();
  pool_.failed("421 too many");
  pool_.end(nullptr, false);
  EXPECT_EQ(pool_.capacity(), 0U);
  pool_.end(a, false);
  EXPECT_EQ(pool_.capacity(), 1U);
  EXPECT_TRUE(pool_.well());
}

TEST_F(SmtpPoolTest, ThePauseGrowsToItsBoundWithFullJitter) {
  random_.value = 500;
  std::vector<std::chrono::milliseconds> pauses;
  for (int i = 0; i < 12; ++i) {
    EXPECT_EQ(pool_.begin(), nullptr);
    pool_.opening_ended();
    random_.value = i % 2 == 0 ? 0 : (backoff_first.count() << std::min(i, 10));
    const auto pause = pool_.failed("refused");
    ASSERT_TRUE(pause.has_value());
    EXPECT_GE(*pause, 0ms);
    EXPECT_LE(*pause, std::min(backoff_max, backoff_first * (1 << std::min(i, 10))));
    pauses.push_back(*pause);
    pool_.end(nullptr, false);
    pool_.backoff_ended();
  }
  EXPECT_EQ(pauses[0], 0ms);
  EXPECT_EQ(pauses[1], 1000ms);
  EXPECT_EQ(pauses[3], 4000ms);
}

TEST_F(SmtpPoolTest, TakesOutWhatWasIdleTooLong) {
  for (const int since : {1, 5, 9}) {
    EXPECT_EQ(pool_.begin(), nullptr);
    pool_.opening_ended();
    idle_.push_back(connection(since));
  }
  for (const auto& c : idle_) pool_.end(c, true);
  EXPECT_EQ(pool_.oldest_idle(), SteadyTime(1s));
  EXPECT_EQ(pool_.take_idle(SteadyTime(5s)).size(), 2U);
  EXPECT_EQ(pool_.oldest_idle(), SteadyTime(9s));
  EXPECT_EQ(pool_.take_idle().size(), 1U);
  EXPECT_EQ(pool_.oldest_idle(), std::nullopt);
}

}  // namespace
}  // namespace vestnik::email
