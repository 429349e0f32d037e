#include "sms/smpp/status.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <string_view>

namespace vestnik::sms::smpp {
namespace {

struct Status {
  std::uint32_t code;
  std::string_view name;
  Verdict verdict;
};

using enum Verdict;

// SMPP 3.4 table 5-2. Permanent is what lies in the message itself (its addresses, lengths, flags); what lies
// in the link, the account or the SMSC may be other next time.
constexpr std::array table{
    Status{0x00, "ESME_ROK", taken},
    Status{0x01, "ESME_RINVMSGLEN", permanent},
    Status{0x02, "ESME_RINVCMDLEN", permanent},
    Status{0x03, "ESME_RINVCMDID", permanent},
    Status{0x04, "ESME_RINVBNDSTS", transient},
    Status{0x05, "ESME_RALYBND", transient},
    Status{0x06, "ESME_RINVPRTFLG", permanent},
    Status{0x07, "ESME_RINVREGDLVFLG", permanent},
    Status{0x08, "ESME_RSYSERR", transient},
    Status{0x0A, "ESME_RINVSRCADR", permanent},
    Status{0x0B, "ESME_RINVDSTADR", permanent},
    Status{0x0C, "ESME_RINVMSGID", permanent},
    Status{0x0D, "ESME_RBINDFAIL", transient},
    Status{0x0E, "ESME_RINVPASWD", transient},
    Status{0x0F, "ESME_RINVSYSID", transient},
    Status{0x11, "ESME_RCANCELFAIL", transient},
    Status{0x13, "ESME_RREPLACEFAIL", transient},
    Status{0x14, "ESME_RMSGQFUL", throttled},
    Status{0x15, "ESME_RINVSERTYP", permanent},
    Status{0x33, "ESME_RINVNUMDESTS", permanent},
    Status{0x34, "ESME_RINVDLNAME", permanent},
    Status{0x40, "ESME_RINVDESTFLAG", permanent},
    Status{0x42, "ESME_RINVSUBREP", permanent},
    Status{0x43, "ESME_RINVESMCLASS", permanent},
    Status{0x44, "ESME_RCNTSUBDL", permanent},
    Status{0x45, "ESME_RSUBMITFAIL", transient},
    Status{0x48, "ESME_RINVSRCTON", permanent},
    Status{0x49, "ESME_RINVSRCNPI", permanent},
    Status{0x50, "ESME_RINVDSTTON", permanent},
    Status{0x51, "ESME_RINVDSTNPI", permanent},
    Status{0x53, "ESME_RINVSYSTYP", permanent},
    Status{0x54, "ESME_RINVREPFLAG", permanent},
    Status{0x55, "ESME_RINVNUMMSGS", permanent},
    Status{0x58, "ESME_RTHROTTLED", throttled},
    Status{0x61, "ESME_RINVSCHED", permanent},
    Status{0x62, "ESME_RINVEXPIRY", permanent},
    Status{0x63, "ESME_RINVDFTMSGID", permanent},
    Status{0x64, "ESME_RX_T_APPN", transient},
    Status{0x65, "ESME_RX_P_APPN", permanent},
    Status{0x66, "ESME_RX_R_APPN", permanent},
    Status{0x67, "ESME_RQUERYFAIL", transient},
    Status{0xC0, "ESME_RINVOPTPARSTREAM", permanent},
    Status{0xC1, "ESME_ROPTPARNOTALLWD", permanent},
    Status{0xC2, "ESME_RINVPARLEN", permanent},
    Status{0xC3, "ESME_RMISSINGOPTPARAM", permanent},
    Status{0xC4, "ESME_RINVOPTPARAMVAL", permanent},
    Status{0xFE, "ESME_RDELIVERYFAILURE", transient},
    Status{0xFF, "ESME_RUNKNOWNERR", transient},
};
static_assert(std::ranges::is_sorted(table, {}, &Status::code));

const Status* find(std::uint32_t code) {
  const auto at = std::ranges::lower_bound(table, code, {}, &Status::code);
  return at != table.end() && at->code == code ? &*at : nullptr;
}

}  // namespace

Verdict verdict(std::uint32_t status) {
  const Status* known = find(status);
  return known ? known->verdict : Verdict::transient;
}

std::string describe_status(std::uint32_t status) {
  const Status* known = find(status);
  return known ? fmt::format("0x{:08X} {}", status, known->name) : fmt::format("0x{:08X}", status);
}

}  // namespace vestnik::sms::smpp
