// What one process has of the simulated store: store::Ledger.
//
// Legal faults: a call is applied late or not at all, and told as unavailable or overloaded; it is applied
// and told as unavailable all the same; reads and writes overtake each other; a crash of the store loses what
// is on its way and what nobody waits for; a killed process's last calls may be applied or not. Never: a part
// of a batch.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "simulation/ledger_state.h"
#include "simulation/process.h"

namespace vestnik::simulation {

struct StoreMoods {
  double lost = 0.01;         // not applied
  double answer_lost = 0.02;  // applied, told as unavailable
  double overloaded = 0.005;
  Duration delay_max = 6ms;
  bool begins_new = true;  // store::Ledger::begins_new(): the embedded one does, PostgreSQL doesn't
};

// What the checks hear of it, in the moment it is applied.
class StoreWatcher {
 public:
  virtual ~StoreWatcher() = default;
  virtual void on_admitted(Process& process, const store::Admission& admission, bool fresh) = 0;
  virtual void on_begin(Process& process, const store::AttemptStart& start,
                        const store::Beginning& beginning) = 0;
  virtual void on_recorded(Process& process, const store::Transition& transition, bool applied) = 0;
};

// The store itself, which outlives processes.
class StoreServer {
 public:
  StoreServer(World& world, StoreMoods moods) : world_(world), moods_(moods) {}

  void watch(StoreWatcher& watcher) { watcher_ = &watcher; }
  void calm() { moods_.lost = moods_.answer_lost = moods_.overloaded = 0; }
  void go_away(Duration how_long);
  void crash();
  LedgerState& state() { return state_; }
  const LedgerState& state() const { return state_; }

 private:
  friend class LedgerClient;

  bool is_away() const { return world_.elapsed() < away_until_; }
  Duration delay() { return world_.dice.between(Duration(20), moods_.delay_max); }

  World& world_;
  StoreMoods moods_;
  StoreWatcher* watcher_ = nullptr;
  LedgerState state_;
  Duration away_until_{0};
  std::uint64_t life_ = 0;  // as the broker's
};

class LedgerClient final : public store::Ledger {
 public:
  // Both outlive it.
  LedgerClient(StoreServer& server, ProcessPtr process) : server_(server), process_(std::move(process)) {}

  void admit(std::vector<store::Admission> batch, Timestamp now,
             store::Done<std::vector<bool>> done) override;
  void begin_attempts(std::vector<store::AttemptStart> batch,
                      store::Done<std::vector<store::Beginning>> done) override;
  bool begins_new() const override;
  void begin_new(std::vector<store::NewAttempt> batch, Timestamp now,
                 store::Done<std::vector<bool>> done) override;
  void record(std::vector<store::Transition> batch, store::Done<Recorded> done) override;
  void apply_receipts(std::vector<Receipt> batch, store::Done<std::vector<Step>> done) override;
  void claim(Channel channel, std::vector<store::Owner> owners, store::Done<Claimed> done) override;
  void due(Channel channel, std::vector<std::int32_t> partitions, Timestamp due_before, std::size_t limit,
           store::Done<std::vector<store::Delivery>> done) override;
  void next_due(Channel channel, std::vector<std::int32_t> partitions,
                store::Done<std::optional<Timestamp>> done) override;
  void told(std::vector<std::string> step_ids) override;
  void untold(Channel channel, std::vector<std::int32_t> partitions, std::size_t limit,
              store::Done<std::vector<Step>> done) override;
  void find(const NotificationId& id, store::Done<std::optional<store::Delivery>> done) override;
  void list(store::DeliveryFilter filter, std::int64_t before, std::size_t limit,
            store::Done<store::DeliveryPage> done) override;
  void amend(std::vector<store::Amendment> batch, store::Done<std::vector<store::Amended>> done) override;

 private:
  // `apply` runs at the store, once, if the call gets there.
  template <class T>
  void call(const char* what, std::move_only_function<T()> apply, store::Done<T> done);

  StoreServer& server_;
  ProcessPtr process_;
};

}  // namespace vestnik::simulation
