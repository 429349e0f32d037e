#include "app/looking.h"

#include <fmt/ranges.h>

#include "log/kafka/kafka_reader.h"
#include "log/sqlite/sqlite_reader.h"
#include "store/postgres/inventory.h"
#include "store/sqlite/inventory.h"

namespace vestnik::app {
namespace {

// Of thousands of rows that may have to come from a disk.
constexpr std::chrono::seconds page_timeout{60};

}  // namespace

Looking open_log_to_look(const config::Config& config) {
  Looking looking;
  if (config.uses_kafka()) {
    looking.log = std::make_unique<log::kafka::KafkaReader>(
        log::kafka::Options{.brokers = fmt::format("{}", fmt::join(config.kafka_brokers, ",")),
                            .properties = config.kafka_properties});
  } else {
    looking.file = std::make_unique<sqlite::ReadOnlyFile>(config.data_dir);
    looking.log = std::make_unique<log::sqlite::SqliteReader>(*looking.file);
  }
  return looking;
}

Looking open_to_look(const config::Config& config) {
  Looking looking = open_log_to_look(config);
  if (config.uses_postgresql()) {
    looking.store = std::make_unique<store::postgres::PostgresInventory>(
        store::postgres::Options{.url = config.database_url, .operation_timeout = page_timeout});
  } else {
    if (!looking.file) looking.file = std::make_unique<sqlite::ReadOnlyFile>(config.data_dir);
    looking.store = std::make_unique<store::sqlite::SqliteInventory>(*looking.file);
  }
  return looking;
}

}  // namespace vestnik::app
