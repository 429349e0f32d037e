// Any bytes give a form or a problem; a form is fit to be stored and sent.
#include <cstdint>
#include <cstdlib>

#include "users/registration.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const vestnik::users::PhoneNumbers phone_numbers;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto form = vestnik::users::parse_registration(body, phone_numbers);
  if (!form) {
    if (form.error().status != 400 && form.error().status != 422) std::abort();
    return 0;
  }
  for (const std::string& text : {form->email, form->phone, form->name})
    for (char c : text)
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) std::abort();
  if (form->email.size() > 254 || form->phone.size() > 16) std::abort();
  if (form->email.empty() != form->email_key.empty()) std::abort();
  // What was normalised once stays as it is.
  if (!form->phone.empty() && phone_numbers.to_e164(form->phone).value_or("") != form->phone) std::abort();
  return 0;
}
