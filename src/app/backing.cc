#include "app/backing.h"

#include <fmt/ranges.h>

#include "base/clock.h"
#include "log/kafka/kafka_log.h"
#include "log/sqlite/sqlite_log.h"
#include "store/postgres/store.h"
#include "store/sqlite/store.h"

namespace vestnik::app {

Backing open_backing(const config::Config& config) {
  Backing backing;
  if (!config.uses_kafka() || !config.uses_postgresql())
    backing.database = sqlite::Database::open({.directory = config.data_dir});
  if (config.uses_postgresql()) {
    backing.store = std::make_unique<store::postgres::PostgresStore>(
        store::postgres::Options{.url = config.database_url});
  } else {
    backing.store =
        std::make_unique<store::sqlite::SqliteStore>(*backing.database, system_clock(), !config.uses_kafka());
  }
  if (config.uses_kafka()) {
    backing.log = std::make_unique<log::kafka::KafkaLog>(log::kafka::Options{
        .brokers = fmt::format("{}", fmt::join(config.kafka_brokers, ",")),
        .properties = config.kafka_properties,
        .topics = {config.topic_user_events, config.topic_notification_events, config.topic_analytics_events},
        .partitions = config.topic_partitions});
  } else {
    backing.log = std::make_unique<log::sqlite::SqliteLog>(*backing.database, system_clock());
  }
  return backing;
}

}  // namespace vestnik::app
