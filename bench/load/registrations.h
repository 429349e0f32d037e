// The registrations that load consists of: the n-th of a seed is always the same, and no two have a contact
// in common.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vestnik::bench {

enum class Contacts { email, sms, both };

class Registrations {
 public:
  // `seed`: letters, digits, '-' and '_', 1 to 32 of them; it is part of each e-mail address. Throws
  // std::invalid_argument for another. `port` stands in the request's Host.
  Registrations(std::string_view seed, Contacts contacts, std::uint16_t port);

  // "<seed>.<n>@example.org"; empty where contacts are sms.
  std::string email(std::uint64_t n) const;
  // "+4915" and nine digits, as German mobile numbers have them; empty where contacts are email. A thousand
  // million of them differ. Seeds begin at different places among them, numeric neighbours a million apart.
  std::string phone(std::uint64_t n) const;
  // {"email":…,"phone":…,"name":…}: the contacts there are, and one of a few names.
  std::string body(std::uint64_t n) const;
  // The whole of `POST /register`.
  std::string request(std::uint64_t n) const;

 private:
  std::string seed_;
  Contacts contacts_;
  std::uint64_t first_phone_;
  std::string request_head_;  // up to the length of the body
};

}  // namespace vestnik::bench
