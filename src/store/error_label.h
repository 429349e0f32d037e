// What failures are counted by: the peer's answer, or the reason, without what differs from one recipient to
// the next.
#pragma once

#include <string>
#include <string_view>

#include "model/step.h"

namespace vestnik::store {

// Steps of these kinds have a label: skipped, deferred, bounced, dead, in_doubt, expired, suppressed.
bool is_failure(StepKind kind);

// SMTP: code and enhanced code ("550 5.1.1"). SMPP: the status ("0x0000000b"), or a receipt's own words
// ("stat:UNDELIV err:001"). Else the words, with everything that holds a digit or an '@', and what stands in
// quotes, masked. At most 80 bytes of UTF-8, never empty.
std::string error_label(std::string_view answer);

}  // namespace vestnik::store
