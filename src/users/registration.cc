#include "users/registration.h"

#include <optional>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "base/json.h"
#include "net/http_api.h"
#include "users/email_address.h"

namespace vestnik::users {
namespace {

net::Problem invalid(std::string field, const std::string& what) {
  std::string detail = field + " " + what + ".";
  return net::invalid_value(std::move(field), std::move(detail));
}

// The member's text; nullopt: absent or null.
Result<std::optional<std::string_view>, net::Problem> text_member(const json::object& object,
                                                                  std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (!value || value->is_null()) return std::nullopt;
  if (!value->is_string()) return std::unexpected(invalid(std::string(name), "must be a string"));
  const std::string_view text = value->get_string();
  if (text.empty()) return std::unexpected(invalid(std::string(name), "is empty; leave it out instead"));
  return text;
}

// Boost.JSON has checked that it is UTF-8.
bool is_name(std::string_view text) {
  std::size_t characters = 0;
  for (std::int32_t i = 0, size = static_cast<std::int32_t>(text.size()); i < size;) {
    UChar32 c;
    U8_NEXT(text.data(), i, size, c);
    if (c < 0 || (U_GET_GC_MASK(c) & (U_GC_CC_MASK | U_GC_ZL_MASK | U_GC_ZP_MASK))) return false;
    if (++characters > name_characters_max) return false;
  }
  return true;
}

}  // namespace

Result<RegistrationForm, net::Problem> parse_registration(std::string_view body,
                                                          const PhoneNumbers& phone_numbers) {
  const auto object = parse_json_object(body);
  if (!object) return std::unexpected(net::not_json(object.error().message));

  RegistrationForm form;
  const auto email = text_member(*object, "email");
  if (!email) return std::unexpected(email.error());
  if (*email) {
    auto address = parse_email_address(**email);
    if (!address) return std::unexpected(invalid("email", address.error().message));
    form.email = std::move(address->address);
    form.email_key = std::move(address->key);
  }
  const auto phone = text_member(*object, "phone");
  if (!phone) return std::unexpected(phone.error());
  if (*phone) {
    auto number = phone_numbers.to_e164(**phone);
    if (!number) return std::unexpected(invalid("phone", number.error().message));
    form.phone = std::move(*number);
  }
  const auto name = text_member(*object, "name");
  if (!name) return std::unexpected(name.error());
  if (*name) {
    if (!is_name(**name))
      return std::unexpected(invalid("name", "is longer than 200 characters or holds control characters"));
    form.name = **name;
  }
  if (form.email.empty() && form.phone.empty())
    return std::unexpected(invalid("email", "or phone is needed"));
  return form;
}

}  // namespace vestnik::users
