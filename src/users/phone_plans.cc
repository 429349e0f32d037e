#include "users/phone_plans.h"

#include <algorithm>
#include <set>

namespace vestnik::users {
namespace {

using i18n::phonenumbers::PhoneNumber;

constexpr int calling_codes_end = 1000;
// No national number is as short; the library decides about those.
constexpr std::size_t national_digits_min = 2;

// With which digits a national number may begin that Parse takes for a national or carrier prefix and cuts
// off (nationalPrefixForParsing of the plan's main region, libphonenumber 8.12). 0 is left to the library
// everywhere. A test compares all of it with the library that is installed.
struct PrefixDigits {
  std::string_view digits;
  std::initializer_list<int> calling_codes;
};
constexpr std::string_view any_digit = "0123456789";
const PrefixDigits prefix_digits[] = {
    {"1", {1, 52, 61, 86, 298, 352, 423, 506, 692}},
    {"8", {7, 370, 375, 993, 998}},
    {"9", {55}},
    {"89", {378}},
    {"1258", {672}},
    {"2456789", {261}},
    {any_digit, {54}},
};

std::string_view prefix_digits_of(int calling_code) {
  for (const PrefixDigits& entry : prefix_digits)
    if (std::ranges::count(entry.calling_codes, calling_code) > 0) return entry.digits;
  return {};
}

}  // namespace

PhonePlans::PhonePlans(const Util& library) : plans_(calling_codes_end) {
  std::set<int> calling_codes;
  library.GetSupportedCallingCodes(&calling_codes);
  for (const int calling_code : calling_codes) {
    Plan& plan = plans_.at(static_cast<std::size_t>(calling_code));
    plan.asked_of_library = false;
    plan.prefix_digits = prefix_digits_of(calling_code);
    PhoneNumber number;
    number.set_country_code(calling_code);
    std::uint64_t national = 0;
    for (std::size_t digits = 1; digits <= national_digits_max; ++digits) {
      national = 10 * national + 2;
      number.set_national_number(national);
      plan.by_length[digits] = library.IsPossibleNumberWithReason(number);
    }
  }
}

std::optional<PhonePlans::Util::ValidationResult> PhonePlans::of(std::string_view text) const {
  if (!text.starts_with('+')) return std::nullopt;
  text.remove_prefix(1);
  if (!std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  // Calling codes have one to three digits, and none begins with another.
  std::size_t code = 0;
  for (std::size_t digits = 1; digits <= 3 && digits < text.size(); ++digits) {
    code = 10 * code + static_cast<std::size_t>(text[digits - 1] - '0');
    if (code == 0) return std::nullopt;
    const Plan& plan = plans_[code];
    if (plan.asked_of_library) continue;
    const std::string_view national = text.substr(digits);
    if (national.size() < national_digits_min || national.size() > national_digits_max ||
        national[0] == '0' || plan.prefix_digits.find(national[0]) != std::string_view::npos)
      return std::nullopt;
    return plan.by_length[national.size()];
  }
  return std::nullopt;
}

}  // namespace vestnik::users
