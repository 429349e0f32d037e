// The body of POST /register: parsed and checked.
#include "users/registration.h"

#include "parts/part.h"
#include "parts/samples.h"

namespace vestnik::bench {

Work registration() {
  return [bodies = InTurn(samples(registration_body)), numbers = users::PhoneNumbers()]() mutable {
    const auto form = users::parse_registration(bodies.next(), numbers);
    require(form.has_value(), "the sample registration is valid");
    keep(*form);
  };
}

}  // namespace vestnik::bench
