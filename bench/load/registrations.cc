#include "bench/load/registrations.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <stdexcept>

namespace vestnik::bench {
namespace {

// In the GSM alphabet: the welcome SMS stays one part. register.lua has the same.
constexpr std::array<std::string_view, 8> names = {"Anna Weber",   "Boris Petrov",   "Carla Rossi",
                                                   "Dmitri Orlov", "Elena Smirnova", "Frank Schulz",
                                                   "Greta Nilsen", "Hugo Martin"};
// Of several destinations: one alone does not get all of a provider (docs/delivery.md). register.lua has the
// same.
constexpr std::uint64_t domains = 10;
constexpr std::uint64_t phones = 1'000'000'000;

bool is_seed_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// Every step stays below 2^53, so that Lua's numbers follow.
std::uint64_t first_phone_of(std::string_view seed) {
  std::uint64_t hash = 0;
  for (const char c : seed) hash = (hash * 31 + static_cast<unsigned char>(c)) % phones;
  return hash * 1'000'003 % phones;
}

}  // namespace

Registrations::Registrations(std::string_view seed, Contacts contacts, std::uint16_t port)
    : seed_(seed),
      contacts_(contacts),
      first_phone_(first_phone_of(seed)),
      request_head_(fmt::format("POST /register HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: "
                                "application/json\r\nContent-Length: ",
                                port)) {
  if (seed.empty() || seed.size() > 32 || !std::all_of(seed.begin(), seed.end(), is_seed_character))
    throw std::invalid_argument("the seed must be 1 to 32 letters, digits, \"-\" or \"_\"");
}

std::string Registrations::email(std::uint64_t n) const {
  return contacts_ == Contacts::sms ? std::string()
                                    : fmt::format("{}.{}@d{}.example.org", seed_, n, n % domains);
}

std::string Registrations::phone(std::uint64_t n) const {
  return contacts_ == Contacts::email ? std::string()
                                      : fmt::format("+4915{:09}", (first_phone_ + n) % phones);
}

std::string Registrations::body(std::uint64_t n) const {
  std::string text = "{";
  if (contacts_ != Contacts::sms) text += fmt::format(R"("email":"{}",)", email(n));
  if (contacts_ != Contacts::email) text += fmt::format(R"("phone":"{}",)", phone(n));
  return text + fmt::format(R"("name":"{}"}})", names[n % names.size()]);
}

std::string Registrations::request(std::uint64_t n) const {
  const std::string text = body(n);
  return fmt::format("{}{}\r\n\r\n{}", request_head_, text.size(), text);
}

}  // namespace vestnik::bench
