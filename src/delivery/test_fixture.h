// The engine on a real embedded log and store, with scripted providers and a clock that the test moves.
#pragma once

#include <algorithm>
#include <future>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include "delivery/engine.h"
#include "delivery/testing.h"
#include "log/sqlite/sqlite_log.h"
#include "sqlite/database.h"
#include "store/sqlite/store.h"
#include "trace/testing.h"

namespace vestnik::delivery {

// Reads `analytics-events`.
class StepReader final : public log::Consumer {
 public:
  StepReader(log::Log& log, Scheduler& scheduler)
      : subscription_(log.subscribe({.group = "test", .topics = {"analytics-events"}}, *this, scheduler)) {}
  void on_records(std::vector<log::ConsumedRecord> records) override {
    for (const log::ConsumedRecord& record : records) {
      const Step step = decode_step(record.record).value();
      told.push_back(step.notification_id.value + " " + std::to_string(step.attempt) + " " +
                     std::string(to_string(step.kind)));
      traceparents.push_back(step.traceparent);
      subscription_->done(record.position);
    }
  }
  std::vector<std::string> told;
  std::vector<std::string> traceparents;  // of the same steps

 private:
  std::unique_ptr<log::Subscription> subscription_;
};

class EngineTest : public testing::Test {
 public:
  // `log_joins`: as where both are in one file; else as with Kafka.
  explicit EngineTest(bool log_joins = false) : log_joins_(log_joins) { open(); }
  ~EngineTest() override {
    reader_.reset();
    engine_.reset();
  }

 protected:
  void open() {
    database_ = sqlite::Database::open({.directory = directory_.path()});
    log_ = std::make_unique<log::sqlite::SqliteLog>(*database_, system_clock(),
                                                    log::sqlite::Options{.partitions = 1});
    store_ = std::make_unique<store::sqlite::SqliteStore>(*database_, scheduler_.clock(),
                                                          log_joins_ ? log_in_file() : nullptr);
    ledger_ = std::make_unique<FailingLedger>(store_->ledger());
    reader_ = std::make_unique<StepReader>(*log_, scheduler_);
    start_engine();
  }

  store::sqlite::LogInFilePtr log_in_file() const {
    using log::sqlite::SqliteLog;
    return std::make_shared<const store::sqlite::LogInFile>(store::sqlite::LogInFile{
        .place_of =
            [&log = static_cast<const SqliteLog&>(*log_)](std::int32_t partition, std::int64_t offset) {
              return log.place_of("notification-events", partition, offset);
            },
        .record_at = SqliteLog::record_at});
  }

  void start_engine() {
    metrics_ = std::make_unique<Metrics>();
    provider_ = std::make_unique<ScriptedProvider>();
    backup_ = std::make_unique<ScriptedProvider>();
    std::vector<RoutedProvider> providers{{*provider_, route_}};
    if (with_backup_) providers.push_back({*backup_, {.name = "backup", .priority = 2}});
    engine_ = std::make_unique<Engine>(
        EngineOptions{
            .channel = Channel::email,
            .group = "email-service",
            .retry = {.attempts_max = 3,
                      .backoff = {.base = std::chrono::seconds(1), .cap = std::chrono::seconds(10)}},
            .held_max = held_max_,
            .held_bytes_max = held_bytes_max_,
            .tracer = tracer_,
            .traceparent_in_messages = traceparent_in_messages_},
        *log_, *ledger_, std::move(providers), scheduler_, system_random(), *metrics_);
    engine_->start();
  }

  // As after kill -9 and a restart: what the engine knew is gone.
  void crash() {
    engine_.reset();
    scheduler_.run();
    start_engine();
  }

  Notification notification(std::string id, std::string user = "user_1") {
    Notification n;
    n.id = {std::move(id)};
    n.event_id = {"event-" + n.id.value};
    n.user_id = {std::move(user)};
    n.to = "anna@example.org";
    n.text = "Hello";
    n.category = "transactional";
    n.accepted_at = n.planned_at = scheduler_.clock().now();
    return n;
  }

  void plan(std::vector<Notification> notifications) {
    std::vector<Record> records;
    for (const Notification& n : notifications) records.push_back(encode(n));
    append(std::move(records));
  }

  void append(std::vector<Record> records) {
    std::promise<bool> durable;
    log_->append("notification-events", std::move(records),
                 [&](Result<void, log::Error> result) { durable.set_value(result.has_value()); });
    ASSERT_TRUE(durable.get_future().get());
  }

  store::Delivery row(const std::string& id) {
    std::promise<std::optional<store::Delivery>> found;
    store_->ledger().find({id}, [&](auto result) { found.set_value(std::move(result.value())); });
    const auto delivery = found.get_future().get();
    return delivery.value_or(
        store::Delivery{.state = store::DeliveryState::suppressed, .answer = "no such row"});
  }

  // What the ledger holds of contents itself.
  std::int64_t copied_contents() {
    std::promise<std::int64_t> count;
    database_->read(
        [&](sqlite::Connection& connection) {
          auto select = connection.prepare(
              "SELECT (SELECT count(*) FROM ledger_content) + (SELECT count(content) FROM ledger)");
          select.step();
          count.set_value(select.integer(0));
        },
        [](auto) {});
    return count.get_future().get();
  }

  void restart() {
    engine_.reset();
    start_engine();
  }

  // As a person does it in another process; the engine is not told.
  store::Amended::Kind amend(const std::string& id, store::Decision decision) {
    std::promise<store::Amended::Kind> amended;
    store_->ledger().amend(
        {{.id = {id}, .decision = decision, .reason = "by hand", .at = scheduler_.clock().now()}},
        [&](auto result) { amended.set_value(result.value().front().kind); });
    return amended.get_future().get();
  }

  // The engine's own gauge.
  double metrics_held() {
    return metrics_->gauge("vestnik_delivery_held", "", {{"channel", "email"}}).Value();
  }

  // Until FailingLedger::release_due(); it has seen by now what it sees.
  void hold_next_read() {
    ledger_->hold_due = true;
    ASSERT_TRUE(scheduler_.run_until([&] { return ledger_->is_due_held(); }));
    ledger_->await_held_due();
  }

  bool told(const std::string& step) {
    return scheduler_.run_until([&] { return std::ranges::count(reader_->told, step) > 0; });
  }
  bool open_attempts(std::size_t count) {
    return scheduler_.run_until([&] { return provider_->open.size() == count; });
  }
  bool nothing_to_redeliver(std::chrono::seconds limit = std::chrono::seconds(20)) {
    return scheduler_.run_until(
        [&] {
          return std::ranges::none_of(log_->lag(), [](const log::GroupLag& lag) {
            return lag.group == "email-service" && lag.lag > 0;
          });
        },
        limit);
  }

  const bool log_joins_;
  TemporaryDirectory directory_;
  ManualScheduler scheduler_;
  std::size_t held_max_ = 1000;
  std::size_t held_bytes_max_ = 64 * 1024 * 1024;
  Route route_;
  trace::KeepingSink spans_;
  trace::Tracer tracer_;  // off
  bool traceparent_in_messages_ = true;
  bool with_backup_ = false;
  std::unique_ptr<sqlite::Database> database_;
  std::unique_ptr<log::sqlite::SqliteLog> log_;
  std::unique_ptr<store::sqlite::SqliteStore> store_;
  std::unique_ptr<FailingLedger> ledger_;
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<ScriptedProvider> provider_;
  std::unique_ptr<ScriptedProvider> backup_;  // used if with_backup_
  std::unique_ptr<StepReader> reader_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace vestnik::delivery
