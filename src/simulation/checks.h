// The judge: hears of everything that the clients, the log, the store and the peers saw, and says when an
// invariant of docs ("Always true", I1 to I6) is broken. It believes nothing that the services say of
// themselves except where their own bound is the matter (I5).
//
// Copies are counted exactly. Each attempt that the ledger let begin has a life. A second taking of the same
// message is allowed only if each earlier life that was taken had its answer lost by a fault: its process was
// killed, slept or had its partition taken by force while it was open, or the peer's answer never came.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "simulation/broker.h"
#include "simulation/ledger_client.h"
#include "simulation/peer.h"
#include "simulation/workload.h"

namespace vestnik::simulation {

struct CheckOptions {
  int attempts_max = 8;                          // the channel's own
  bool order = true;                             // I4: not where rate limits of a provider put some off
  std::map<std::string, Limit> provider_limits;  // by provider
  std::map<std::string, Limit> domain_limits;    // by provider, for every domain
  std::map<Channel, std::size_t> places;         // of one provider: connections, or links times window
};

class Checks final : public BrokerWatcher, public StoreWatcher, public PeerWatcher {
 public:
  Checks(World& world, const Broker& broker, const LedgerState& ledger, CheckOptions options)
      : world_(world), broker_(broker), ledger_(ledger), options_(std::move(options)) {}

  // The client's side.
  void on_request(const Request& request);
  void on_accepted(const Request& request);

  // The faults' side: what is open in the process is in flight at a fault.
  void on_fault(const Process& process);

  void on_appended(const std::string& topic, std::int32_t partition, const Record& record) override;
  void on_moved(const std::string& group, std::int32_t partition, Process* from, bool forced) override;

  void on_admitted(Process& process, const store::Admission& admission, bool fresh) override;
  void on_begin(Process& process, const store::AttemptStart& start,
                const store::Beginning& beginning) override;
  void on_recorded(Process& process, const store::Transition& transition, bool applied) override;

  std::uint64_t on_send(Process& process, const std::string& provider,
                        const delivery::Attempt& attempt) override;
  void on_outcome(std::uint64_t life, const Outcome& outcome) override;
  void on_taken(const Tag& tag, const std::string& message_id) override;
  void on_answered(const Tag& tag) override;
  void on_receipt_recorded(const std::string& provider, const std::string& message_id) override;

  void on_held(const std::string& process, double held, std::size_t bound);

  // Everything accepted is in a final state.
  bool all_is_final() const;
  // Once all faults are over and all is quiet.
  void at_the_end();

  std::size_t accepted() const { return accepted_; }
  std::size_t taken() const;
  std::size_t copies() const { return copies_; }

 private:
  struct Life {
    std::uint64_t number = 0;
    std::string notification;
    std::string user;
    Channel channel = Channel::email;
    int attempt = 0;
    std::string process;
    std::string provider;
    std::int32_t partition = 0;
    bool sent = false;
    bool ended = false;     // the provider gave its outcome
    bool recorded = false;  // the ledger has it, or somebody's word that it is in doubt
    bool faulted = false;
    std::set<std::size_t> answered;  // parts whose positive answer arrived
  };
  using Taking = std::pair<std::string, std::size_t>;  // notification, part

  void check_places(const Life& life);
  void check_limits(const Life& life);
  void count_use(const std::string& key, const Limit& limit, const std::string& id);
  void check_order(const Expected& expected, const Process& process);
  void check_times(const Life& life, const Notification& notification);
  Life* open_life(const std::string& notification);
  bool is_excused(const Life& life, std::size_t part) const;
  Life* find(std::uint64_t life);

  void check_states();
  void check_row(const Expected& expected, const LedgerState::Row& row);
  void check_receipts();
  void check_steps();

  World& world_;
  const Broker& broker_;
  const LedgerState& ledger_;
  CheckOptions options_;

  std::map<std::string, Expected> expected_;                                      // by notification id
  std::map<std::pair<std::size_t, Channel>, std::vector<std::string>> in_order_;  // accepted, not for later
  std::map<std::string, Timestamp> expires_;
  std::set<std::string> admitted_late_;  // by one who had lost the partition: I4 can't be had
  std::uint64_t requests_ = 0;
  std::size_t accepted_ = 0;

  std::vector<Life> lives_;                                        // number - 1 is the place
  std::map<std::string, std::vector<std::uint64_t>> lives_of_;     // by notification id
  std::set<std::pair<std::string, std::int32_t>> taken_by_force_;  // process, partition
  std::map<Taking, std::vector<std::uint64_t>> takings_;
  std::map<std::string, std::string> message_ids_;  // provider's id → notification
  std::map<std::string, std::uint64_t> life_of_message_;
  std::set<std::string> recorded_receipts_;
  std::map<std::string, std::vector<Duration>> uses_;  // by limit
  std::set<std::string> told_;
  std::size_t copies_ = 0;
};

}  // namespace vestnik::simulation
