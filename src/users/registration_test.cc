#include "users/registration.h"

#include <gtest/gtest.h>

#include "base/ids.h"

namespace vestnik::users {
namespace {

Result<RegistrationForm, net::Problem> parse(std::string_view body) {
  static const PhoneNumbers phone_numbers;
  return parse_registration(body, phone_numbers);
}

TEST(Registration, IsRead) {
  const auto form = parse(R"({"email":"Anna@Example.org","phone":"+7 916 123-45-67","name":"Анна","age":7})");
  ASSERT_TRUE(form);
  EXPECT_EQ(form->email, "Anna@example.org");
  EXPECT_EQ(form->email_key, "anna@example.org");
  EXPECT_EQ(form->phone, "+79161234567");
  EXPECT_EQ(form->name, "Анна");
}

TEST(Registration, OneContactIsEnough) {
  EXPECT_TRUE(parse(R"({"email":"a@b.org"})"));
  EXPECT_TRUE(parse(R"({"email":"a@b.org","phone":null})"));
  const auto phone_only = parse(R"({"phone":"+79161234567"})");
  ASSERT_TRUE(phone_only);
  EXPECT_EQ(phone_only->email_key, "");
}

TEST(Registration, WhatIsNotAJsonObjectIs400) {
  const std::string deep = R"({"a":)" + std::string(1000, '[') + std::string(1000, ']') + "}";
  for (std::string_view body :
       {std::string_view(""), std::string_view("email=a@b.org"), std::string_view("[]"),
        std::string_view("{\"email\":\"\xFF\"}"), std::string_view(deep)}) {
    const auto form = parse(body);
    ASSERT_FALSE(form);
    EXPECT_EQ(form.error().status, 400);
  }
}

TEST(Registration, AnInvalidValueIs422AndNamesItsField) {
  const std::string long_name(201, 'n');
  const struct {
    std::string body;
    const char* field;
  } cases[] = {
      {R"({})", "email"},
      {R"({"email":null,"phone":null})", "email"},
      {R"({"email":7})", "email"},
      {R"({"email":""})", "email"},
      {R"({"email":"nobody"})", "email"},
      {R"({"email":"a\r\nb@c.org"})", "email"},
      {R"({"email":"a\u0000b@c.org"})", "email"},
      {R"({"phone":79161234567})", "phone"},
      {R"({"phone":"123"})", "phone"},
      {R"({"email":"a@b.org","phone":"none"})", "phone"},
      {R"({"email":"a@b.org","name":["x"]})", "name"},
      {R"({"email":"a@b.org","name":"a\nb"})", "name"},
      {R"({"email":"a@b.org","name":")" + long_name + R"("})", "name"},
  };
  for (const auto& [body, field] : cases) {
    const auto form = parse(body);
    ASSERT_FALSE(form) << body;
    EXPECT_EQ(form.error().status, 422) << body;
    EXPECT_EQ(form.error().field, field) << body;
    EXPECT_EQ(form.error().detail.find("nobody"), std::string::npos);  // values are not repeated
  }
}

TEST(Registration, ANameIsCountedInCharacters) {
  std::string name;
  for (int i = 0; i < 200; ++i) name += "Я";
  EXPECT_TRUE(parse(R"({"email":"a@b.org","name":")" + name + R"("})"));
}

}  // namespace
}  // namespace vestnik::users
