// bench-produce: the rate at which librdkafka gets records confirmed by Kafka, with nothing else to do.
// Settings as rdkafka_performance, librdkafka's own benchmark, has them for throughput: long queue, big
// batches, 5 ms to fill them.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <librdkafka/rdkafka.h>
#include <memory>
#include <stdexcept>

#include "base/json.h"
#include "bench/load/reactor.h"

namespace vestnik::bench {
namespace {

struct Options {
  std::string brokers, topic;
  double seconds = 5;
  std::size_t bytes = 200;  // a record's value
};

struct Confirmed {
  std::uint64_t records = 0, failed = 0;
  rd_kafka_resp_err_t first_error = RD_KAFKA_RESP_ERR_NO_ERROR;
};

using Producer = std::unique_ptr<rd_kafka_t, decltype(&rd_kafka_destroy)>;
using Topic = std::unique_ptr<rd_kafka_topic_t, decltype(&rd_kafka_topic_destroy)>;

constexpr int flush_patience_ms = 30'000;
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
  rd_kafka_conf_set_dr_msg_cb(settings, on_delivery);
  rd_kafka_conf_set_opaque(settings, &confirmed);
  Producer producer(rd_kafka_new(RD_KAFKA_PRODUCER, settings, reason, sizeof reason), &rd_kafka_destroy);
  if (!producer) throw std::runtime_error(reason);
  return producer;
}

json::object measure(const Options& options) {
  Confirmed confirmed;
  const Producer producer = make_producer(options, confirmed);
  const Topic topic(rd_kafka_topic_new(producer.get(), options.topic.c_str(), nullptr),
                    &rd_kafka_topic_destroy);
  std::string value(options.bytes, 'v');
  const std::uint64_t begun = now_ns(), until = begun + static_cast<std::uint64_t>(options.seconds * 1e9);
  for (int i = 1; now_ns() < until && confirmed.failed == 0; ++i) {
    while (rd_kafka_produce(topic.get(), RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, value.data(),
                            value.size(), nullptr, 0, nullptr) != 0) {
      if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
        throw std::runtime_error(rd_kafka_err2str(rd_kafka_last_error()));
      if (now_ns() > until) break;
      rd_kafka_poll(producer.get(), 10);
    }
    if (i % poll_every == 0) rd_kafka_poll(producer.get(), 0);
  }
  const auto flushed = rd_kafka_flush(producer.get(), flush_patience_ms);
  const double seconds = static_cast<double>(now_ns() - begun) / 1e9;
  if (confirmed.failed > 0)
    throw std::runtime_error(fmt::format("{} records were refused: {}", confirmed.failed,
                                         rd_kafka_err2str(confirmed.first_error)));
  if (flushed != RD_KAFKA_RESP_ERR_NO_ERROR)
    throw std::runtime_error(
        fmt::format("{} does not confirm: {}; is it running?", options.brokers, rd_kafka_err2str(flushed)));
  return {{"tool", "bench-produce"},
          {"librdkafka", rd_kafka_version_str()},
          {"bytes", options.bytes},
          {"seconds", seconds},
          {"records", confirmed.records},
          {"records_per_second", static_cast<double>(confirmed.records) / seconds},
          {"cpu_seconds", cpu_seconds()}};
}

}  // namespace
}  // namespace vestnik::bench

int main(int argc, char** argv) {
  using namespace vestnik::bench;
  Options options;
  CLI::App app(
      "Appends records to a Kafka topic for some seconds (acks=all, idempotent); prints one line of JSON.");
  app.add_option("--brokers", options.brokers, "host:port[,…]")->required();
  app.add_option("--topic", options.topic, "Must exist unless the broker makes topics itself")->required();
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
