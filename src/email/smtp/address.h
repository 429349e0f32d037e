// Addresses as they go into the envelope. Users' addresses are checked by the grammar in users/; this guards
// the wire.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace vestnik::email::smtp {

enum class AddressError {
  unsafe,     // CR, LF, NUL, another control, space or angle bracket: could become a command or a parameter
  malformed,  // no @, an empty part, not UTF-8, a quoted local part that does not end
  too_long,   // local part over 64 octets, whole over 254 (RFC 5321 section 4.5.3.1, erratum 1690)
  domain,     // can't be written with A-labels (RFC 5891)
};

struct EnvelopeAddress {
  std::string local;     // as given, quotes included
  std::string domain;    // as given: U-labels, A-labels, or a literal in brackets
  std::string a_domain;  // the same in ASCII, lower case

  // Only the local part asks for it: a domain can always be written with A-labels.
  bool needs_smtputf8() const;
  // What stands between the angle brackets. With SMTPUTF8 the domain stays as given (RFC 6531 section 3.7.2).
  std::string wire() const;
};

// The message of an error never repeats the address.
Result<EnvelopeAddress, Failure<AddressError>> parse_envelope_address(std::string_view text);

// Is every byte part of well-formed UTF-8 (RFC 3629)?
bool is_utf8(std::string_view text);

}  // namespace vestnik::email::smtp
