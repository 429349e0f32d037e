#include "users/phone_number.h"

#include <algorithm>
#include <phonenumbers/logger.h>
#include <phonenumbers/phonenumberutil.h>
#include <set>
#include <stdexcept>

#include "users/phone_plans.h"

namespace vestnik::users {
namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

constexpr std::size_t e164_digits_max = 15;
constexpr std::size_t text_bytes_max = 40;  // so many digits with generous separators

const PhoneNumberUtil& library() {
  static const PhoneNumberUtil& instance = [] -> const PhoneNumberUtil& {
    PhoneNumberUtil* util = PhoneNumberUtil::GetInstance();
    util->SetLogger(new i18n::phonenumbers::NullLogger);  // the library owns it; its words would hold numbers
    return *util;
  }();
  return instance;
}

const PhonePlans& plans() {
  static const PhonePlans instance(library());
  return instance;
}

bool is_written_as_number(std::string_view text) {
  if (text.empty() || text.size() > text_bytes_max) return false;
  const auto allowed = [](char c) {
    return (c >= '0' && c <= '9') ||
           (c != '\0' && std::string_view("+-. ()/").find(c) != std::string_view::npos);
  };
  return std::all_of(text.begin(), text.end(), allowed) && text.find('+', 1) == text.npos;
}

Result<std::string, Failure<PhoneFault>> judged(std::string e164, PhoneNumberUtil::ValidationResult possible,
                                                bool international) {
  // The library lets a national number alone have as many digits as E.164 section 6.1 gives to the whole.
  if (e164.size() > 1 + e164_digits_max)
    return fail(PhoneFault::impossible_length, "has more than 15 digits");
  switch (possible) {
    case PhoneNumberUtil::IS_POSSIBLE: return e164;
    case PhoneNumberUtil::INVALID_COUNTRY_CODE:
      return fail(PhoneFault::unknown_country, "no country has this calling code");
    case PhoneNumberUtil::IS_POSSIBLE_LOCAL_ONLY:
    case PhoneNumberUtil::TOO_SHORT:
      if (international && e164.size() > international_digits_min) return e164;  // e164 counts the "+"
      break;
    case PhoneNumberUtil::INVALID_LENGTH:
    case PhoneNumberUtil::TOO_LONG: break;
  }
  return fail(PhoneFault::impossible_length,
              "has a number of digits that no phone number of its country has");
}

}  // namespace

PhoneNumbers::PhoneNumbers(std::string default_region) : default_region_(std::move(default_region)) {
  plans();  // before the first request
  std::set<std::string> regions;
  library().GetSupportedRegions(&regions);
  if (!default_region_.empty() && !regions.contains(default_region_))
    throw std::invalid_argument("unknown phone region \"" + default_region_ +
                                "\"; use an ISO 3166 code such as RU");
}

Result<std::string, Failure<PhoneFault>> PhoneNumbers::to_e164(std::string_view text) const {
  if (!is_written_as_number(text)) return fail(PhoneFault::not_a_number, "is not a phone number");
  const bool international = text.starts_with('+');
  if (const auto possible = plans().of(text)) return judged(std::string(text), *possible, international);
  if (!international && default_region_.empty())
    return fail(PhoneFault::no_country_code, "must begin with + and the country code");
  PhoneNumber number;
  switch (library().Parse(std::string(text), default_region_.empty() ? "ZZ" : default_region_, &number)) {
    case PhoneNumberUtil::NO_PARSING_ERROR: break;
    case PhoneNumberUtil::INVALID_COUNTRY_CODE_ERROR:
      return fail(PhoneFault::unknown_country, "no country has this calling code");
    case PhoneNumberUtil::TOO_SHORT_AFTER_IDD:
    case PhoneNumberUtil::TOO_SHORT_NSN:
    case PhoneNumberUtil::TOO_LONG_NSN:
      return fail(PhoneFault::impossible_length, "has a number of digits that no phone number has");
    case PhoneNumberUtil::NOT_A_NUMBER: return fail(PhoneFault::not_a_number, "is not a phone number");
  }
  std::string e164;
  library().Format(number, PhoneNumberUtil::E164, &e164);
  return judged(std::move(e164), library().IsPossibleNumberWithReason(number), international);
}

}  // namespace vestnik::users
