// What the simulated SMTP and SMPP servers have in common: their moods, and who hears of what they do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/outcome.h"
#include "simulation/process.h"

namespace vestnik::delivery {
struct Attempt;
}

namespace vestnik::simulation {

// Chances, per command or message.
struct PeerMoods {
  double refuse_connection = 0.03;
  double transient = 0.06;
  double permanent = 0.02;
  double closing = 0.01;          // 421; unbind
  double hang = 0.01;             // no answer at all
  double drop = 0.01;             // the connection is gone, before it has taken the message
  double drop_after_take = 0.03;  // … after it
  double silent_after_take = 0.01;
  double throttle = 0.05;  // SMPP
  double receipt = 0.7;    // SMPP: it sends receipts for what it took
  double early_receipt = 0.2;
  double receipt_again = 0.2;
  double unknown_receipt = 0.05;
  Duration delay_max = 6ms;      // of the network
  Duration thinking_max = 10ms;  // of the server
};

inline PeerMoods calm(PeerMoods moods) {
  return {.refuse_connection = 0,
          .transient = 0,
          .permanent = 0,
          .closing = 0,
          .hang = 0,
          .drop = 0,
          .drop_after_take = 0,
          .silent_after_take = 0,
          .throttle = 0,
          .receipt = moods.receipt,
          .early_receipt = 0,
          .receipt_again = 0,
          .unknown_receipt = 0};
}

// One attempt as it travels: what the message says of itself. `life` is the checks' number of this very
// attempt.
struct Tag {
  std::uint64_t life = 0;
  std::size_t part = 0;
  std::string notification;

  std::string text() const;  // "<life> <part> <notification>"
  static std::optional<Tag> parse(std::string_view text);
};

// The checks: what was handed to a provider, what the peers took, what the provider was told.
class PeerWatcher {
 public:
  virtual ~PeerWatcher() = default;
  // An attempt begins. The number of its life.
  virtual std::uint64_t on_send(Process& process, const std::string& provider,
                                const delivery::Attempt& attempt) = 0;
  virtual void on_outcome(std::uint64_t life, const Outcome& outcome) = 0;
  // The peer has taken responsibility.
  virtual void on_taken(const Tag& tag, const std::string& message_id) = 0;
  // Its positive answer has reached the sender.
  virtual void on_answered(const Tag& tag) = 0;
  // The ledger is said to have a receipt, so that the peer may be told.
  virtual void on_receipt_recorded(const std::string& provider, const std::string& message_id) = 0;
};

}  // namespace vestnik::simulation
