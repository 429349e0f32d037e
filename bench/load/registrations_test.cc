// What the load says must be what Vestnik takes, or the benchmark measures refusals.
#include "bench/load/registrations.h"

#include <gtest/gtest.h>
#include <set>

#include "users/registration.h"

namespace vestnik::bench {
namespace {

TEST(Registrations, EveryOneIsTaken) {
  const users::PhoneNumbers phone_numbers;
  for (const Contacts contacts : {Contacts::email, Contacts::sms, Contacts::both}) {
    for (const char* seed : {"1", "2", "round-3_B", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"}) {
      const Registrations registrations(seed, contacts, 8080);
      for (std::uint64_t n = 0; n < 1'000'000; n += 3'331) {
        const auto form = users::parse_registration(registrations.body(n), phone_numbers);
        ASSERT_TRUE(form) << registrations.body(n) << form.error().detail;
        EXPECT_EQ(form->email, registrations.email(n));
        EXPECT_EQ(form->phone, registrations.phone(n));
        EXPECT_FALSE(form->name.empty());
      }
    }
  }
}

TEST(Registrations, NoTwoShareAContact) {
  std::set<std::string> contacts;
  for (const char* seed : {"1", "2", "1-0", "1-1"}) {
    const Registrations registrations(seed, Contacts::both, 8080);
    for (std::uint64_t n = 0; n < 10'000; ++n) {
      EXPECT_TRUE(contacts.insert(registrations.email(n)).second);
      EXPECT_TRUE(contacts.insert(registrations.phone(n)).second);
    }
  }
}

TEST(Registrations, RequestIsWhole) {
  EXPECT_EQ(Registrations("s", Contacts::email, 81).request(9),
            "POST /register HTTP/1.1\r\nHost: 127.0.0.1:81\r\nContent-Type: application/json\r\n"
            "Content-Length: 52\r\n\r\n"
            R"({"email":"s.9@d9.example.org","name":"Boris Petrov"})");
}

TEST(Registrations, SeedMustFitAnAddress) {
  for (const char* seed : {"", "a b", "a@b", "a.b", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"})
    EXPECT_THROW(Registrations(seed, Contacts::email, 80), std::invalid_argument) << seed;
}

}  // namespace
}  // namespace vestnik::bench
