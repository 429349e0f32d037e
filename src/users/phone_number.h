// Phone numbers: libphonenumber reads them, E.164 is what is stored.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace vestnik::users {

enum class PhoneFault {
  not_a_number,       // other characters than digits and their usual separators
  no_country_code,    // not in international form, and no default region is configured
  unknown_country,    // no country has this calling code
  impossible_length,  // no subscriber has so many digits
};

class PhoneNumbers {
 public:
  // `default_region`: ISO 3166 code ("RU") of the country that numbers without "+" belong to; empty: they are
  // refused. Throws std::invalid_argument for an unknown one. Loads libphonenumber's tables (some 10 ms).
  explicit PhoneNumbers(std::string default_region = "");

  // "+7 (916) 123-45-67" → "+79161234567". Safe from any thread. The message is for the client, without the
  // number.
  //
  // Decided by length, not by the tables of assigned ranges: those are as old as the installed library, and a
  // number assigned since must not be refused (the library's own advice: IsPossibleNumber for input,
  // IsValidNumber for hints). For the same reason, and because "+1234567890" stands in everybody's examples,
  // an international number of at least international_digits_min digits is taken even where the country's
  // numbers are usually longer.
  Result<std::string, Failure<PhoneFault>> to_e164(std::string_view text) const;

 private:
  std::string default_region_;
};

inline constexpr std::size_t international_digits_min = 10;

}  // namespace vestnik::users
