#include "app/backing.h"

#include <fmt/ranges.h>

#include "base/clock.h"
#include "log/kafka/kafka_log.h"
#include "log/sqlite/sqlite_log.h"
#include "store/postgres/store.h"
#include "store/sqlite/store.h"

namespace vestnik::app {
namespace {

using log::sqlite::SqliteLog;

// `log`: the one in use, if it is in the store's file.
store::sqlite::LogInFilePtr log_in_file(const SqliteLog* log, const std::string& topic) {
  store::sqlite::LogInFile in_file{.place_of = nullptr, .record_at = SqliteLog::record_at};
  if (log)
    in_file.place_of = [log, topic](std::int32_t partition, std::int64_t offset) {
      return log->place_of(topic, partition, offset);
    };
  return std::make_shared<const store::sqlite::LogInFile>(std::move(in_file));
}

}  // namespace

Backing open_backing(const config::Config& config) {
  Backing backing;
  if (!config.uses_kafka() || !config.uses_postgresql())
    backing.database = sqlite::Database::open({.directory = config.data_dir});
  const SqliteLog* embedded_log = nullptr;
  if (config.uses_kafka()) {
    backing.log = std::make_unique<log::kafka::KafkaLog>(log::kafka::Options{
        .brokers = fmt::format("{}", fmt::join(config.kafka_brokers, ",")),
        .properties = config.kafka_properties,
        .topics = {config.topic_user_events, config.topic_notification_events, config.topic_analytics_events},
        .partitions = config.topic_partitions});
  } else {
    auto log = std::make_unique<SqliteLog>(*backing.database, system_clock());
    embedded_log = log.get();
    backing.log = std::move(log);
  }
  if (config.uses_postgresql()) {
    backing.store = std::make_unique<store::postgres::PostgresStore>(
        store::postgres::Options{.url = config.database_url});
  } else {
    backing.store = std::make_unique<store::sqlite::SqliteStore>(
        *backing.database, system_clock(), log_in_file(embedded_log, config.topic_notification_events));
  }
  return backing;
}

}  // namespace vestnik::app
