// The submits of one link: waiting, written, unanswered. Knows for each whether the peer can have it.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "model/outcome.h"
#include "sms/smpp/pdu.h"

namespace vestnik::sms::smpp {

// Chosen by the caller, unique among the submits it has open.
using SubmitToken = std::uint64_t;

struct Answered {
  SubmitToken token = 0;
  Outcome outcome;  // Sent: message_ids holds the one id as the peer wrote it; it may be empty
};

class SubmitWindow {
 public:
  // `size`: submits that may be unanswered. `response_limit` runs from when the transport has taken a
  // submit's last byte, `queue_limit` from push().
  SubmitWindow(std::size_t size, std::chrono::milliseconds response_limit,
               std::chrono::milliseconds queue_limit);

  // The queue has no bound of its own: the caller keeps to Session::free(), a notification's parts beyond it.
  void push(SubmitToken token, ShortMessage message, SteadyTime now);
  bool can_pop() const { return !queue_.empty() && unanswered_.size() < size_; }
  // The next message goes out as `sequence`, its last byte being byte `end_offset` of the link's output, set
  // by written_as() right after.
  ShortMessage pop(std::uint32_t sequence);
  void written_as(std::uint32_t sequence, std::uint64_t end_offset);
  // The transport has taken all bytes before `offset`.
  void transport_took(std::uint64_t offset, SteadyTime now);

  // The answer to `sequence` is there. None: no open submit has it.
  std::optional<SubmitToken> answered(std::uint32_t sequence);
  bool is_open(std::uint32_t sequence) const { return unanswered_.contains(sequence); }

  // Submits without an answer in time are InDoubt; those that waited too long for their turn are Transient,
  // unsent.
  std::vector<Answered> expire(SteadyTime now);
  // Nothing more goes out: what waits is Transient, unsent.
  std::vector<Answered> drop_queue(std::string_view reason, bool provider_failed = false);
  // The link is gone after `offset` bytes may have reached the peer: InDoubt up to there, beyond it
  // Transient, unsent.
  std::vector<Answered> lost(std::uint64_t offset, std::string_view reason);

  std::size_t free() const;
  std::size_t queued() const { return queue_.size(); }
  std::size_t unanswered() const { return unanswered_.size(); }
  // The earliest moment at which expire() has something to do.
  SteadyTime next_deadline();

 private:
  struct Queued {
    SubmitToken token;
    ShortMessage message;
    SteadyTime deadline;
  };
  struct Unanswered {
    SubmitToken token;
    std::uint64_t end_offset;
  };
  struct Deadline {
    SteadyTime at;
    std::uint32_t sequence;
    SubmitToken token;  // a sequence number may come round again
  };
  bool is_current(const Deadline& deadline) const;

  std::size_t size_;
  std::chrono::milliseconds response_limit_;
  std::chrono::milliseconds queue_limit_;
  std::deque<Queued> queue_;  // oldest first
  std::unordered_map<std::uint32_t, Unanswered> unanswered_;
  std::deque<std::uint32_t>
      not_taken_;  // sequences whose bytes the transport hasn't wholly taken, in output order
  std::deque<Deadline> deadlines_;  // earliest first; those of answered submits are skipped
};

}  // namespace vestnik::sms::smpp
