// What a seed makes of a run: how many of everything, how moody the world is, which faults there are. Each
// run has some kinds of faults and not others, so that rare meetings of a few get their turn (swarm testing,
// Groce et al. 2012).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "simulation/broker.h"
#include "simulation/ledger_client.h"
#include "simulation/peer.h"
#include "simulation/smpp_client.h"
#include "simulation/smtp_client.h"

namespace vestnik::simulation {

enum class Fault {
  kill,        // SIGKILL of one process
  freeze,      // SIGSTOP, and SIGCONT later
  stop,        // SIGTERM with a short limit
  power_loss,  // all processes, log and store at once
  broker_away,
  broker_crash,
  store_away,
  store_crash,
  rebalance,
  peer_away,
  links_dropped,  // every SMPP link of a server, with its window
  clock_jump,
};
inline constexpr std::size_t fault_count = 12;

struct Scenario {
  std::int32_t partitions = 2;
  std::array<std::size_t, 3> processes{1, 1, 1};  // email, sms, notification
  std::size_t users = 4;
  Duration request_gap_max = 200ms;

  BrokerMoods broker;
  StoreMoods store;
  PeerMoods peers;
  SmtpClientOptions smtp;
  SmppClientOptions smpp;
  std::size_t email_providers = 1, sms_providers = 1;
  bool limits = false;

  int attempts_max = 5;
  std::chrono::milliseconds backoff_first{500}, backoff_max{8'000};
  std::size_t held_max = 1000, read_max = 1000;

  std::vector<Fault> faults;
  Duration fault_gap_max = 2s;
};

Scenario draw_scenario(Dice& dice);

}  // namespace vestnik::simulation
