// Errors that a healthy broker doesn't give on demand, from librdkafka's mock cluster.
#include <algorithm>
#include <chrono>
#include <future>
#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>  // wants rdkafka.h before it
#include <memory>
#include <vector>

#include "base/burst.h"
#include "log/kafka/kafka_log.h"
#include "log/kafka/settings.h"
#include "log/kafka/test_append.h"

namespace vestnik::log::kafka::test {
namespace {

using std::chrono::milliseconds;

constexpr std::int16_t produce_request = 0;  // Kafka's API keys
constexpr std::int16_t init_producer_id_request = 22;
constexpr const char* topic = "events";

class MockCluster : public testing::Test {
 protected:
  MockCluster() {
    rd_kafka_mock_topic_create(cluster.get(), topic, 2, 3);
    rd_kafka_mock_set_controller_id(cluster.get(), 3);
  }

  std::unique_ptr<KafkaLog> open(Options options = {}) {
    options.brokers = rd_kafka_mock_cluster_bootstraps(cluster.get());
    options.topics = {topic};
    return std::make_unique<KafkaLog>(std::move(options));
  }
  // The next `count` requests of this kind are answered with this error.
  void answer_with(std::int16_t request, rd_kafka_resp_err_t error, std::size_t count) {
    const std::vector<rd_kafka_resp_err_t> errors(count, error);
    rd_kafka_mock_push_request_errors_array(cluster.get(), request, count, errors.data());
  }
  void delay_answers(milliseconds delay) {
    for (int broker = 1; broker <= 3; ++broker)
      rd_kafka_mock_broker_set_rtt(cluster.get(), broker, static_cast<int>(delay.count()));
  }
  std::size_t produce_requests() {
    std::size_t count = 0;
    rd_kafka_mock_request_t** requests = rd_kafka_mock_get_requests(cluster.get(), &count);
    const auto produced = std::ranges::count_if(requests, requests + count, [](auto* request) {
      return rd_kafka_mock_request_api_key(request) == produce_request;
    });
    rd_kafka_mock_request_destroy_array(requests, count);
    return static_cast<std::size_t>(produced);
  }
  static std::string key_of_partition(std::int32_t partition) {
    for (int i = 0;; ++i)
      if (std::string key = "user_" + std::to_string(i); partition_of(key, 2) == partition) return key;
  }

  // The cluster lives in a client of its own.
  ClientHandle host =
      make_client(ClientKind::producer,
                  producer_settings({.brokers = "127.0.0.1:1", .properties = {{"log_level", "0"}}}));
  Handle<rd_kafka_mock_cluster_t, rd_kafka_mock_cluster_destroy> cluster{
      rd_kafka_mock_cluster_new(host.get(), 3)};
};

TEST_F(MockCluster, WhatPassesIsTriedAgain) {
  const auto log = open();
  for (const auto error :
       {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
        RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION}) {
    answer_with(produce_request, error, 2);
    EXPECT_EQ(append(*log, topic, "user_1", "x"), std::nullopt) << rd_kafka_err2name(error);
  }
}

TEST_F(MockCluster, WhatDoesNotPassIsToldInTime) {
  const auto log = open();
  ASSERT_EQ(append(*log, topic, "user_1", "x"), std::nullopt);
  answer_with(produce_request, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, 1000);
  Answer answer(*log, topic, {Record{"user_1", "x", {}}});
  EXPECT_EQ(answer.error(), ErrorKind::unavailable);
  EXPECT_LT(answer.took(), milliseconds(2000));
  rd_kafka_mock_clear_request_errors(cluster.get(), produce_request);
  EXPECT_TRUE(append_in_the_end(*log, topic, "user_1", "x"));
}

TEST_F(MockCluster, RefusalsAreTold) {
  const auto log = open();
  ASSERT_EQ(append(*log, topic, "user_1", "x"), std::nullopt);
  answer_with(produce_request, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, 1);
  EXPECT_EQ(append(*log, topic, "user_1", "x"), ErrorKind::too_large);
  EXPECT_EQ(append(*log, topic, "user_1", "x"), std::nullopt);
  answer_with(produce_request, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 1);
  EXPECT_EQ(append(*log, topic, "user_1", "x"), ErrorKind::unavailable);
  EXPECT_TRUE(append_in_the_end(*log, topic, "user_1", "x"));
}

TEST_F(MockCluster, FollowsALeaderThatMoves) {
  const auto log = open();
  for (int leader : {1, 2, 3, 1}) {
    rd_kafka_mock_partition_set_leader(cluster.get(), topic, 0, leader);
    EXPECT_TRUE(append_in_the_end(*log, topic, key_of_partition(0), "x"));
  }
}

TEST_F(MockCluster, APartitionWhoseLeaderIsAwayDelaysOnlyItself) {
  for (int partition : {0, 1})
    rd_kafka_mock_partition_set_leader(cluster.get(), topic, partition, partition + 1);
  const auto log = open();
  ASSERT_EQ(append(*log, topic, key_of_partition(0), "x"), std::nullopt);
  ASSERT_EQ(append(*log, topic, key_of_partition(1), "x"), std::nullopt);
  rd_kafka_mock_broker_set_down(cluster.get(), 1);
  Answer stuck(*log, topic, {Record{key_of_partition(0), "x", {}}});
  Answer other(*log, topic, {Record{key_of_partition(1), "x", {}}});
  EXPECT_EQ(other.error(), std::nullopt);
  EXPECT_FALSE(stuck.is_there());
  EXPECT_EQ(stuck.error(), ErrorKind::unavailable);
  EXPECT_LT(stuck.took(), milliseconds(2000));
}

TEST_F(MockCluster, AFatalErrorGetsANewProducer) {
  answer_with(init_producer_id_request, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, 1);
  const auto log = open();
  EXPECT_TRUE(append_in_the_end(*log, topic, "user_1", "x"));
  EXPECT_TRUE(log->health().well) << log->health().detail;
}

TEST_F(MockCluster, TheBoundIsToldAtOnce) {
  const auto log = open({.append_records_max = 10});
  ASSERT_EQ(append(*log, topic, "user_1", "x"), std::nullopt);
  delay_answers(milliseconds(300));
  std::vector<std::unique_ptr<Answer>> taken;
  for (int i = 0; i < 10; ++i)
    taken.push_back(std::make_unique<Answer>(*log, topic, std::vector{Record{"user_1", "x", {}}}));
  Answer refused(*log, topic, {Record{"user_1", "x", {}}});
  EXPECT_TRUE(refused.is_there());
  EXPECT_EQ(refused.error(), ErrorKind::overloaded);
  for (const auto& answer : taken) EXPECT_EQ(answer->error(), std::nullopt);
  EXPECT_EQ(append(*log, topic, "user_1", "x"), std::nullopt) << "there is room again";
}

TEST_F(MockCluster, BatchesByWhatIsInFlight) {
  constexpr int count = 1000;
  const auto log = open();
  ASSERT_EQ(append(*log, topic, "user_1", "x"), std::nullopt);
  delay_answers(milliseconds(100));
  rd_kafka_mock_start_request_tracking(cluster.get());
  std::vector<std::unique_ptr<Answer>> answers;
  for (int i = 0; i < count; ++i)
    answers.push_back(
        std::make_unique<Answer>(*log, topic, std::vector{Record{"user_1", std::to_string(i), {}}}));
  for (const auto& answer : answers) ASSERT_EQ(answer->error(), std::nullopt);
  // The first goes alone; the others collect behind it. librdkafka may cut what it is handed into a few
  // requests.
  EXPECT_LE(produce_requests(), 10u);
}

// A caller that answers many at once lets their appends gather; whether it ever comes to an end is its own
// affair.
TEST_F(MockCluster, ABurstThatGoesOnKeepsNobodyWaiting) {
  const auto log = open();
  ASSERT_EQ(append(*log, topic, "user_1", "x"), std::nullopt);
  const Burst burst;
  std::vector<std::unique_ptr<Answer>> answers;
  for (int i = 0; i < 10; ++i)
    answers.push_back(
        std::make_unique<Answer>(*log, topic, std::vector{Record{"user_1", std::to_string(i), {}}}));
  for (const auto& answer : answers) EXPECT_EQ(answer->error(), std::nullopt);
}

// It is told on a thread of librdkafka, from where librdkafka must not be called.
TEST_F(MockCluster, AConfirmationMayAppend) {
  const auto log = open();
  ASSERT_EQ(append(*log, topic, "user_1", "x"), std::nullopt);
  std::promise<bool> last;
  const auto told = [&last](Result<void, Error> result) { last.set_value(result.has_value()); };
  log->append(topic, {Record{"user_1", "first", {}}}, [&](Result<void, Error> first) {
    if (!first) return last.set_value(false);
    log->append(topic, {Record{"user_1", "second", {}}}, told);
  });
  auto done = last.get_future();
  ASSERT_EQ(done.wait_for(patience), std::future_status::ready);
  EXPECT_TRUE(done.get());
}

}  // namespace
}  // namespace vestnik::log::kafka::test
