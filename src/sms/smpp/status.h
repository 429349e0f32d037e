// command_status: what a peer's verdict means for a message (SMPP 3.4 section 5.1.3).
#pragma once

#include <cstdint>
#include <string>

namespace vestnik::sms::smpp {

inline constexpr std::uint32_t status_ok = 0x00;
inline constexpr std::uint32_t status_invalid_length = 0x02;
inline constexpr std::uint32_t status_invalid_command = 0x03;
inline constexpr std::uint32_t status_queue_full = 0x14;
inline constexpr std::uint32_t status_throttled = 0x58;
// ESME_RX_T_APPN, a receiver's own word for "not now" in deliver_sm_resp (section 5.1.3, and 4.6.2): the SMSC
// keeps the message and delivers it again. 0x14 (queue full) is defined for the SMSC's queue, so that not
// every SMSC repeats after it.
inline constexpr std::uint32_t status_temporary_application_error = 0x64;

enum class Verdict {
  taken,
  throttled,  // the peer wants it later and slower
  transient,  // the same message may be taken another time
  permanent,  // the same message will be refused every time
};

// Codes that the standard doesn't define (reserved, vendors' 0x400 to 0x4FF) are transient: the attempts are
// bounded.
Verdict verdict(std::uint32_t status);

// "0x00000058 ESME_RTHROTTLED"; the number alone for codes the standard doesn't name.
std::string describe_status(std::uint32_t status);

}  // namespace vestnik::sms::smpp
