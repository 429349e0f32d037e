// bench-produce: the rate at which librdkafka gets records confirmed by Kafka, with nothing else to do.
// Settings as rdkafka_performance, librdkafka's own benchmark, has them for throughput: long queue, big
// batches, 5 ms to fill them.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <librdkafka/rdkafka.h>
#include <memory>
#include <stdexcept>

#include "base/json.h"
#include "bench/load/noise.h"
#include "bench/load/reactor.h"

namespace vestnik::bench {
namespace {

struct Options {
  std::string brokers, topic;
  double seconds = 5;
  std::size_t bytes = 200;  // a record's value
  int partitions = 8;       // of a topic that isn't there yet
};

struct Confirmed {
  std::uint64_t records = 0, failed = 0;
  rd_kafka_resp_err_t first_error = RD_KAFKA_RESP_ERR_NO_ERROR;
};

using Producer = std::unique_ptr<rd_kafka_t, decltype(&rd_kafka_destroy)>;
using Topic = std::unique_ptr<rd_kafka_topic_t, decltype(&rd_kafka_topic_destroy)>;

constexpr int patience_ms = 30'000;
constexpr int poll_every = 1000;  // records; rd_kafka_poll() takes a lock

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  Confirmed& confirmed = *static_cast<Confirmed*>(opaque);
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    ++confirmed.records;
  } else if (confirmed.failed++ == 0) {
    confirmed.first_error = message->err;
  }
}

Producer make_producer(const Options& options, Confirmed& confirmed) {
  char reason[512];
  rd_kafka_conf_t* settings = rd_kafka_conf_new();
  const auto set = [&](const char* name, const std::string& value) {
    if (rd_kafka_conf_set(settings, name, value.c_str(), reason, sizeof reason) != RD_KAFKA_CONF_OK)
      throw std::runtime_error(fmt::format("{}: {}", name, reason));
  };
  set("bootstrap.servers", options.brokers);
  set("enable.idempotence", "true");
  set("acks", "all");
  set("linger.ms", "5");
  set("batch.num.messages", "10000");
  set("batch.size", "1000000");
  set("queue.buffering.max.messages", "500000");
  set("log_level", "2");  // its warnings repeat at 20 a second; what matters ends the program with an error
  rd_kafka_conf_set_dr_msg_cb(settings, on_delivery);
  rd_kafka_conf_set_opaque(settings, &confirmed);
  Producer producer(rd_kafka_new(RD_KAFKA_PRODUCER, settings, reason, sizeof reason), &rd_kafka_destroy);
  if (!producer) throw std::runtime_error(reason);
  return producer;
}

// One that exists is as good, whatever its partitions.
void make_topic(rd_kafka_t* client, const Options& options) {
  char reason[512];
  const std::unique_ptr<rd_kafka_NewTopic_t, decltype(&rd_kafka_NewTopic_destroy)> topic(
      rd_kafka_NewTopic_new(options.topic.c_str(), options.partitions, -1, reason, sizeof reason),
      &rd_kafka_NewTopic_destroy);
  if (!topic) throw std::runtime_error(reason);
  const std::unique_ptr<rd_kafka_queue_t, decltype(&rd_kafka_queue_destroy)> queue(rd_kafka_queue_new(client),
                                                                                   &rd_kafka_queue_destroy);
  rd_kafka_NewTopic_t* topics[] = {topic.get()};
  rd_kafka_CreateTopics(client, topics, 1, nullptr, queue.get());
  const std::unique_ptr<rd_kafka_event_t, decltype(&rd_kafka_event_destroy)> event(
      rd_kafka_queue_poll(queue.get(), patience_ms), &rd_kafka_event_destroy);
  if (!event) throw std::runtime_error(options.brokers + " does not answer; is it running?");
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR)
    throw std::runtime_error(fmt::format("can't make topic {} at {}: {}", options.topic, options.brokers,
                                         rd_kafka_event_error_string(event.get())));
  std::size_t count = 0;
  rd_kafka_topic_result_t const* const* const results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto error = rd_kafka_topic_result_error(results[i]);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR && error != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
      throw std::runtime_error(
          fmt::format("can't make topic {}: {}", options.topic, rd_kafka_err2str(error)));
  }
}

// Throws where a record was refused or not confirmed in time.
void confirm_all(rd_kafka_t* producer, const Options& options, const Confirmed& confirmed) {
  const auto flushed = rd_kafka_flush(producer, patience_ms);
  if (confirmed.failed > 0)
    throw std::runtime_error(fmt::format("{} records were refused: {}", confirmed.failed,
                                         rd_kafka_err2str(confirmed.first_error)));
  if (flushed != RD_KAFKA_RESP_ERR_NO_ERROR)
    throw std::runtime_error(
        fmt::format("{} does not confirm: {}; is it running?", options.brokers, rd_kafka_err2str(flushed)));
}

json::object measure(const Options& options) {
  Confirmed confirmed;
  const Producer producer = make_producer(options, confirmed);
  make_topic(producer.get(), options);
  const Topic topic(rd_kafka_topic_new(producer.get(), options.topic.c_str(), nullptr),
                    &rd_kafka_topic_destroy);
  std::vector<std::string> pool = noise(options.bytes);
  std::size_t next = 0;
  const auto produce = [&] {
    std::string& value = pool[next++ % pool.size()];
    return rd_kafka_produce(topic.get(), RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, value.data(),
                            value.size(), nullptr, 0, nullptr) == 0;
  };
  // Connecting, and the producer's id, which a broker that has just started gives only after some seconds,
  // don't count.
  produce();
  confirm_all(producer.get(), options, confirmed);
  confirmed = {};

  const double cpu_begun = cpu_seconds();
  const std::uint64_t begun = now_ns(), until = begun + static_cast<std::uint64_t>(options.seconds * 1e9);
  for (int i = 1; now_ns() < until && confirmed.failed == 0; ++i) {
    while (!produce()) {
      if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
        throw std::runtime_error(rd_kafka_err2str(rd_kafka_last_error()));
      if (now_ns() > until) break;
      rd_kafka_poll(producer.get(), 10);
    }
    if (i % poll_every == 0) rd_kafka_poll(producer.get(), 0);
  }
  confirm_all(producer.get(), options, confirmed);
  const double seconds = static_cast<double>(now_ns() - begun) / 1e9;
  return {{"tool", "bench-produce"},
          {"librdkafka", rd_kafka_version_str()},
          {"bytes", options.bytes},
          {"seconds", seconds},
          {"records", confirmed.records},
          {"records_per_second", static_cast<double>(confirmed.records) / seconds},
          {"cpu_seconds", cpu_seconds() - cpu_begun}};
}

}  // namespace
}  // namespace vestnik::bench

int main(int argc, char** argv) {
  using namespace vestnik::bench;
  Options options;
  CLI::App app(
      "Appends records to a Kafka topic for some seconds (acks=all, idempotent); prints one line of JSON.");
  app.add_option("--brokers", options.brokers, "host:port[,…]")->required();
  app.add_option("--topic", options.topic, "Made if it is missing")->required();
  app.add_option("--partitions", options.partitions, "Of a topic that is made")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--seconds", options.seconds, "How long")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--bytes", options.bytes, "Of one record's value")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    fmt::print("{}\n", vestnik::json::serialize(measure(options)));
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench-produce: {}\n", error.what());
    return 1;
  }
}
