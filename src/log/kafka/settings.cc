#include "log/kafka/settings.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "base/logging.h"

namespace vestnik::log::kafka {
namespace {

// What the log promises rests on these; a different value would break it silently.
constexpr std::array reserved_properties{std::string_view("bootstrap.servers"),
                                         std::string_view("metadata.broker.list"),
                                         std::string_view("acks"),
                                         std::string_view("request.required.acks"),
                                         std::string_view("enable.idempotence"),
                                         std::string_view("enable.auto.commit"),
                                         std::string_view("auto.commit.enable"),
                                         std::string_view("enable.auto.offset.store"),
                                         std::string_view("auto.offset.reset"),
                                         std::string_view("group.id"),
                                         std::string_view("group.protocol"),
                                         std::string_view("partition.assignment.strategy"),
                                         std::string_view("transactional.id"),
                                         std::string_view("message.timeout.ms"),
                                         std::string_view("delivery.timeout.ms"),
                                         std::string_view("delivery.report.only.error"),
                                         std::string_view("message.max.bytes"),
                                         std::string_view("partitioner"),
                                         std::string_view("max.in.flight"),
                                         std::string_view("max.in.flight.requests.per.connection"),
                                         std::string_view("enabled_events"),
                                         std::string_view("queue.buffering.max.messages")};

void set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> reason{};
  switch (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), reason.data(), reason.size())) {
    case RD_KAFKA_CONF_OK: return;
    case RD_KAFKA_CONF_UNKNOWN:
      throw std::invalid_argument(fmt::format("Kafka property '{}' is not one that librdkafka {} knows", name,
                                              rd_kafka_version_str()));
    case RD_KAFKA_CONF_INVALID: break;
  }
  // The reason may quote the value, which is nobody's business if it is a secret.
  const bool secret = name.find("password") != name.npos || name.find("secret") != name.npos ||
                      name.find("pem") != name.npos || name.find("key") != name.npos;
  throw std::invalid_argument(fmt::format("Kafka property '{}' has a bad value{}", name,
                                          secret ? "" : fmt::format(": {}", reason.data())));
}

void write_log(const rd_kafka_t*, int level, const char* facility, const char* text) {
  // syslog's levels: 3 is an error to librdkafka, but it goes on by itself; what stops us is told by
  // health(). Producer and consumer share the user's properties, and each warns of the other's (CONFWARN).
  const bool warn = level <= 4 && std::string_view(facility) != "CONFWARN";
  logging::write(warn ? logging::Level::warning : logging::Level::debug, "kafka", text,
                 {{"facility", facility}});
}

ConfHandle common_settings() {
  ConfHandle conf(rd_kafka_conf_new());
  set(conf.get(), "client.id", "vestnik");
  set(conf.get(), "log.connection.close", "false");  // a broker that restarts is told by health()
  set(conf.get(), "allow.auto.create.topics",
      "false");  // topics.h creates them, with our number of partitions
  set(conf.get(), "socket.nagle.disable", "true");
  set(conf.get(), "socket.keepalive.enable", "true");
  set(conf.get(), "socket.timeout.ms", "10000");
  set(conf.get(), "socket.connection.setup.timeout.ms", "5000");
  // 10 s between attempts, the default, would make us late by that much after an outage.
  set(conf.get(), "reconnect.backoff.ms", "50");
  set(conf.get(), "reconnect.backoff.max.ms", "1000");
  // With connections on demand, the default, whatever waits for a broker asks for its connection anew at each
  // change of state, and each such wish ends the backoff: one pending question (Topics, the lag) makes
  // librdkafka 2.15.1 reconnect 14,000 times a second to a broker that refuses.
  set(conf.get(), "enable.sparse.connections", "false");
  rd_kafka_conf_set_log_cb(conf.get(), &write_log);
  return conf;
}

void set_users_properties(rd_kafka_conf_t* conf, const Options& options) {
  for (const auto& [name, value] : options.properties) {
    if (std::ranges::find(reserved_properties, name) != reserved_properties.end())
      throw std::invalid_argument(
          fmt::format("Kafka property '{}' can't be changed: delivery guarantees rest on it", name));
    set(conf, name, value);
  }
  set(conf, "bootstrap.servers", options.brokers);
}

}  // namespace

ConfHandle producer_settings(const Options& options) {
  ConfHandle conf = common_settings();
  set(conf.get(), "enable.idempotence", "true");
  set(conf.get(), "acks", "all");
  // More than one loses records for good: a broker that has no state for our producer id (a new topic, a new
  // id) takes whatever sequence comes first. So if the first request of a partition fails for a moment and
  // the second is taken, the first is refused as a duplicate when it is repeated, and librdkafka reports it
  // as delivered (seen with 2.15.1 and Kafka 3.9.1 on fresh topics, about 1 run in 50). A broker answers one
  // request of a connection after the other anyway (its channel is muted meanwhile), so this costs the
  // network's round trip only.
  set(conf.get(), "max.in.flight.requests.per.connection", "1");
  // Of what is well, ProducerClient hears by an interceptor.
  set(conf.get(), "delivery.report.only.error", "true");
  // The lanes of producer.h batch by what is in flight; librdkafka shall not wait on top of that.
  set(conf.get(), "linger.ms", "0");
  set(conf.get(), "message.max.bytes", std::to_string(message_bytes_max));
  set(conf.get(), "message.timeout.ms", std::to_string(options.append_timeout.count()));
  set(conf.get(), "request.timeout.ms", std::to_string(options.append_timeout.count()));
  // Our own bounds are told to callers; librdkafka's must not be reached before them.
  set(conf.get(), "queue.buffering.max.messages", std::to_string(2 * options.append_records_max));
  set(conf.get(), "queue.buffering.max.kbytes", std::to_string(options.append_bytes_max / 1024 * 2));
  set(conf.get(), "retry.backoff.ms", "50");
  set(conf.get(), "topic.metadata.refresh.fast.interval.ms", "50");
  set_users_properties(conf.get(), options);
  rd_kafka_conf_set_events(conf.get(), RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
  return conf;
}

ConfHandle consumer_settings(const Options& options, const std::string& group) {
  ConfHandle conf = common_settings();
  set(conf.get(), "group.id", group);
  set(conf.get(), "auto.offset.reset", "earliest");
  set(conf.get(), "enable.auto.commit", "false");
  set(conf.get(), "enable.auto.offset.store", "false");
  // Partitions that stay with their member go on while others move.
  set(conf.get(), "partition.assignment.strategy", "cooperative-sticky");
  // A member killed with -9 keeps its partitions for this long; 6 s is the least that brokers allow by
  // default (group.min.session.timeout.ms), and the first delivery after a crash is due within 10 s.
  set(conf.get(), "session.timeout.ms", "6000");
  // Members hear of a rebalance with their next heartbeat.
  set(conf.get(), "heartbeat.interval.ms", "500");
  set(conf.get(), "queued.min.messages", "2000");
  set(conf.get(), "queued.max.messages.kbytes",
      std::to_string(std::max<std::size_t>(options.prefetch_bytes_max / 1024, 1)));
  set(conf.get(), "fetch.max.bytes",
      std::to_string(std::max(options.prefetch_bytes_max, 2 * message_bytes_max)));
  // How long the fetcher rests once it has read ahead enough; the default of 1 s would be felt as latency.
  set(conf.get(), "fetch.queue.backoff.ms", "20");
  set(conf.get(), "fetch.error.backoff.ms", "100");
  set(conf.get(), "topic.metadata.refresh.fast.interval.ms", "50");
  set_users_properties(conf.get(), options);
  rd_kafka_conf_set_events(conf.get(),
                           RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_OFFSET_COMMIT | RD_KAFKA_EVENT_ERROR);
  return conf;
}

ClientHandle make_client(ClientKind kind, ConfHandle settings) {
  std::array<char, 512> reason{};
  rd_kafka_t* client = rd_kafka_new(kind == ClientKind::producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER,
                                    settings.get(), reason.data(), reason.size());
  if (client == nullptr)
    throw std::runtime_error(fmt::format("the Kafka client can't start: {}", reason.data()));
  static_cast<void>(settings.release());  // the client owns it now
  return ClientHandle(client);
}

std::string property_of_variable(std::string_view suffix) {
  std::string name(suffix);
  for (char& c : name) c = c == '_' ? '.' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

}  // namespace vestnik::log::kafka
