// The log contract against a real broker.
#include "log/contract_test.h"

#include "log/kafka/kafka_log.h"
#include "log/kafka/kafka_reader.h"
#include "log/kafka/test_broker.h"

namespace vestnik::log::test {
namespace {

class KafkaHarness final : public LogHarness {
 public:
  Log& log() override { return *log_; }
  void close() override { log_.reset(); }
  void reopen() override {
    log_.reset();
    log_ = open();
  }
  std::string topic(const std::string& name, std::int32_t partitions) override {
    std::string topic = kafka::test::unique_name(name);
    kafka::test::shared_broker().create_topic(topic, partitions);
    return topic;
  }
  std::unique_ptr<Reader> reader() override {
    return std::make_unique<kafka::KafkaReader>(
        kafka::Options{.brokers = kafka::test::shared_broker().address()});
  }
  std::string group(const std::string& name) override { return name + suffix_; }

 private:
  static std::unique_ptr<kafka::KafkaLog> open() {
    return std::make_unique<kafka::KafkaLog>(
        kafka::Options{.brokers = kafka::test::shared_broker().address()});
  }
  const std::string suffix_ = kafka::test::unique_name("");
  std::unique_ptr<kafka::KafkaLog> log_ = open();
};

std::unique_ptr<LogHarness> make_harness() { return std::make_unique<KafkaHarness>(); }

}  // namespace

INSTANTIATE_TEST_SUITE_P(Kafka, LogContract, testing::Values(LogFactory{"kafka", &make_harness}));

}  // namespace vestnik::log::test
