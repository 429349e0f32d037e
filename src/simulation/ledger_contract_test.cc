// The simulated store is held to the contract that the real ones are held to. It has a ledger only: users,
// timeline and sandbox are the embedded store's here.
#include <mutex>

#include "base/temporary_directory.h"
#include "simulation/ledger_state.h"
#include "sqlite/database.h"
#include "sqlite/read_only.h"
#include "store/contract_test.h"
#include "store/sqlite/inventory.h"
#include "store/sqlite/store.h"

namespace vestnik::store {
namespace {

// Applies each call at once. The suite calls from several threads.
class DirectLedger final : public Ledger {
 public:
  explicit DirectLedger(const Clock& clock) : clock_(clock) {}

  void admit(std::vector<Admission> batch, Timestamp now, Done<std::vector<bool>> done) override {
    answer(done, [&] { return state_.admit(batch, now); });
  }
  void begin_attempts(std::vector<AttemptStart> batch, Done<std::vector<Beginning>> done) override {
    answer(done, [&] { return state_.begin_attempts(batch, clock_.now()); });
  }
  bool begins_new() const override { return true; }
  void begin_new(std::vector<NewAttempt> batch, Timestamp now, Done<std::vector<bool>> done) override {
    answer(done, [&] { return state_.begin_new(batch, now); });
  }
  void record(std::vector<Transition> batch, Done<Recorded> done) override {
    answer(done, [&] { return state_.record(batch); });
  }
  void apply_receipts(std::vector<Receipt> batch, Done<std::vector<Step>> done) override {
    answer(done, [&] { return state_.apply_receipts(batch, clock_.now()); });
  }
  void claim(Channel channel, std::vector<Owner> owners, Done<Claimed> done) override {
    answer(done, [&] { return state_.claim(channel, owners); });
  }
  void due(Channel channel, std::vector<std::int32_t> partitions, Timestamp before, std::size_t limit,
           Done<std::vector<Delivery>> done) override {
    answer(done, [&] { return state_.due(channel, partitions, before, limit); });
  }
  void next_due(Channel channel, std::vector<std::int32_t> partitions,
                Done<std::optional<Timestamp>> done) override {
    answer(done, [&] { return state_.next_due(channel, partitions); });
  }
  void told(std::vector<std::string> step_ids) override {
    const std::lock_guard lock(mutex_);
    state_.told(std::move(step_ids));
  }
  void untold(Channel channel, std::vector<std::int32_t> partitions, std::size_t limit,
              Done<std::vector<Step>> done) override {
    answer(done, [&] { return state_.untold(channel, partitions, limit); });
  }
  void find(const NotificationId& id, Done<std::optional<Delivery>> done) override {
    answer(done, [&] { return state_.find(id.value); });
  }
  void list(DeliveryFilter filter, std::int64_t before, std::size_t limit, Done<DeliveryPage> done) override {
    answer(done, [&] { return state_.list(filter, before, limit); });
  }
  void amend(std::vector<Amendment> batch, Done<std::vector<Amended>> done) override {
    answer(done, [&] { return state_.amend(batch); });
  }

  // Limits are all that a case counts.
  std::int64_t rows_of(const std::string& table) {
    EXPECT_EQ(table, "ledger_limits");
    return static_cast<std::int64_t>(state_.limits_kept());
  }

  // As an inventory goes through it.
  void each_delivery(const std::function<void(const LedgerItem&)>& take) {
    for (const auto& [id, row] : state_.rows()) {
      const Delivery& d = row.delivery;
      take({.id = d.notification.id,
            .event_id = d.notification.event_id,
            .channel = d.notification.channel,
            .partition = d.owner.partition,
            .state = d.state,
            .attempt = d.attempt,
            .updated_at = d.updated_at});
    }
  }
  void each_step(const std::function<void(const Step&)>& take) {
    std::vector<std::int32_t> partitions;
    for (const auto& [id, row] : state_.rows()) partitions.push_back(row.delivery.owner.partition);
    for (const Channel channel : all_channels)
      for (const Step& step : state_.untold(channel, partitions, 1'000'000)) take(step);
  }

 private:
  template <class T, class Apply>
  void answer(Done<T>& done, Apply apply) {
    std::unique_lock lock(mutex_);
    T result = apply();
    lock.unlock();
    done(std::move(result));
  }

  std::mutex mutex_;
  const Clock& clock_;
  simulation::LedgerState state_;
};

// The ledger's part of it simulated, the rest from the embedded file.
class MixedInventory final : public Inventory {
 public:
  MixedInventory(DirectLedger& ledger, const std::filesystem::path& directory)
      : ledger_(ledger), file_(directory), embedded_(file_) {}

  void deliveries(const std::function<void(const LedgerItem&)>& take) override {
    ledger_.each_delivery(take);
  }
  void outbox(const std::function<void(const Step&)>& take) override { ledger_.each_step(take); }
  void timeline(const std::function<void(const TimelineItem&)>& take) override { embedded_.timeline(take); }
  void events(const std::function<void(const EventId&)>& take) override { embedded_.events(take); }

 private:
  DirectLedger& ledger_;
  vestnik::sqlite::ReadOnlyFile file_;
  sqlite::SqliteInventory embedded_;
};

class SimulatedUnderTest final : public StoreUnderTest, private Store {
 public:
  SimulatedUnderTest() : ledger_(clock_) { open(); }

  Store& store() override { return *this; }
  ManualClock& clock() override { return clock_; }
  std::unique_ptr<Inventory> inventory() override {
    return std::make_unique<MixedInventory>(ledger_, directory_.path());
  }
  std::int64_t rows_of(const std::string& table) override { return ledger_.rows_of(table); }
  void reopen() override {
    embedded_.reset();
    database_.reset();
    open();
  }

 private:
  Users& users() override { return embedded_->users(); }
  Ledger& ledger() override { return ledger_; }
  Timeline& timeline() override { return embedded_->timeline(); }
  Sandbox& sandbox() override { return embedded_->sandbox(); }
  Health health() const override { return embedded_->health(); }
  void open() {
    database_ = vestnik::sqlite::Database::open({.directory = directory_.path()});
    embedded_ = std::make_unique<sqlite::SqliteStore>(*database_, clock_);
  }

  TemporaryDirectory directory_;
  ManualClock clock_;
  DirectLedger ledger_;
  std::unique_ptr<vestnik::sqlite::Database> database_;
  std::unique_ptr<sqlite::SqliteStore> embedded_;
};

INSTANTIATE_TEST_SUITE_P(Simulated, StoreContract,
                         testing::Values(StoreFactory([] { return std::make_unique<SimulatedUnderTest>(); })),
                         [](const auto&) { return std::string("Simulation"); });

}  // namespace
}  // namespace vestnik::store
