// A seeded, deterministic simulation of the whole delivery path under faults.
//
// It runs the real delivery::Engine (both channels), the real planning::NotificationService with the real
// planner, and the real protocol machines email::smtp::Session and sms::smpp::Session, in processes that are
// killed, put to sleep and stopped, against a simulated time, log, store, network, SMTP servers and SMSCs.
// The same seed gives the same run to the byte: see Report::trace_hash.
//
//   world.h       time, the queue of events, the trace        dice.h       all chance
//   process.h     a Scheduler whose tasks die with it         node.h       the services that run on one
//   broker.h      the log and its groups                      broker_client.h   log::Log on it
//   ledger_state.h  the store's contract, in memory           ledger_client.h   store::Ledger on it
//   wire.h        a byte stream                               smtp_*.h, smpp_*.h  servers, and providers in
//   front of them workload.h    requests, and what must come of them        scenario.h   what a seed makes of
//   a run system.h      all of it together, clients and faults      checks.h     the judge
//
// A step is one event: a task of a process, something that arrives, a fault. After the steps faults stop,
// everything is given time to come to rest, and the checks of the end are made.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "simulation/world.h"

namespace vestnik::simulation {

struct Options {
  std::uint64_t seed = 1;
  std::uint64_t steps = 2000;
  bool verbose = false;  // prints the trace
};

struct Report {
  std::uint64_t seed = 0;
  std::optional<Violation> violation;
  std::vector<std::string> last_lines;  // of the trace, with a violation
  std::uint64_t trace_hash = 0;
  std::uint64_t steps = 0;   // until all was at rest
  std::size_t accepted = 0;  // requests
  std::size_t taken = 0;     // messages, by the peers
  std::size_t copies = 0;    // of them, beyond the first
};

Report run(const Options& options);

}  // namespace vestnik::simulation
