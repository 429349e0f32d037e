// The body of POST /register.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"
#include "users/phone_number.h"

namespace vestnik::users {

struct RegistrationForm {
  std::string email;      // users/email_address.h, EmailAddress::address; empty: none
  std::string email_key;  // EmailAddress::key
  std::string phone;      // E.164; empty: none
  std::string name;       // empty: none
};

inline constexpr std::size_t name_characters_max = 200;

// {"email","phone","name"}: email or phone must be there; null counts as absent, other members are ignored.
// The error is what to answer: 400 not JSON, not an object or too deep; 422 with the member that is wrong.
Result<RegistrationForm, net::Problem> parse_registration(std::string_view body,
                                                          const PhoneNumbers& phone_numbers);

}  // namespace vestnik::users
