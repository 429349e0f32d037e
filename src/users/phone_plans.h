// What the numbering plan of each calling code says of numbers that are written in full, asked of
// libphonenumber once: for most numbers this saves the library's regular expressions, which cost more than
// the rest of a registration's checks together.
#pragma once

#include <array>
#include <optional>
#include <phonenumbers/phonenumberutil.h>
#include <string_view>
#include <vector>

namespace vestnik::users {

class PhonePlans {
 public:
  using Util = i18n::phonenumbers::PhoneNumberUtil;

  explicit PhonePlans(const Util& library);

  // What the library's IsPossibleNumberWithReason would say after its Parse, and that its E.164 form is the
  // text itself. nullopt: that takes the library to say (other characters than + and digits, a national
  // number that may begin with a national prefix, an unknown calling code).
  std::optional<Util::ValidationResult> of(std::string_view text) const;

 private:
  static constexpr std::size_t national_digits_max = 14;  // E.164 section 6.1, less the calling code

  struct Plan {
    bool asked_of_library = true;
    std::string_view prefix_digits;  // what a national prefix may begin with, besides 0
    std::array<Util::ValidationResult, national_digits_max + 1> by_length{};
  };

  std::vector<Plan> plans_;  // by calling code
};

}  // namespace vestnik::users
