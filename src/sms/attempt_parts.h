// One attempt at a notification of several parts: which of them the peer has, and what that makes of the
// whole.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/outcome.h"

namespace vestnik::sms {

class AttemptParts {
 public:
  // `progress`: what an earlier attempt's Transient said; parts named there are not sent again. Progress of
  // another number of parts, or none of ours, counts as none: the text would be incomplete otherwise.
  AttemptParts(std::size_t parts, std::string_view progress);

  // Parts that this attempt has to submit, in order.
  std::vector<std::size_t> to_submit() const;
  // The outcome of one of them; a Sent holds the part's id (normalised; empty if the peer gave none).
  void answered(std::size_t part, Outcome outcome);

  bool complete() const { return unanswered_ == 0; }
  // Once complete: InDoubt if any part is; else Permanent if any was refused for good; else Transient, with
  // the progress so far, if any was not taken; else Sent with the ids of all parts.
  Outcome outcome() const;

 private:
  std::string progress() const;

  std::vector<std::optional<std::string>> ids_;  // of the parts that the peer has
  std::size_t unanswered_ = 0;
  std::string answer_;  // of the last part that was taken
  std::optional<InDoubt> in_doubt_;
  std::optional<Permanent> permanent_;
  std::optional<Transient> transient_;
};

}  // namespace vestnik::sms
