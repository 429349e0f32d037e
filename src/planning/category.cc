#include "planning/category.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <sstream>
#include <utility>

#include "base/duration.h"
#include "planning/text.h"

namespace vestnik::planning {
namespace {

constexpr int attempts_max = 1000;
constexpr std::array<std::string_view, 4> settings{"in_doubt", "attempts", "expires_after", "limit"};

// What is wrong with the setting; none: it is applied.
std::optional<std::string> apply(std::string_view name, std::string_view value, Category& category) {
  if (name == "in_doubt") {
    if (value != "hold" && value != "resend") return "in_doubt is hold or resend";
    category.hold_in_doubt = value == "hold";
  } else if (name == "attempts") {
    const auto [end, error] =
        std::from_chars(value.data(), value.data() + value.size(), category.attempts_max);
    if (error != std::errc() || end != value.data() + value.size() || category.attempts_max < 1 ||
        category.attempts_max > attempts_max)
      return "attempts is a whole number from 1 to 1000";
  } else if (name == "expires_after") {
    category.expires_after = parse_duration(value);
    if (!category.expires_after || category.expires_after->count() < 1000 ||
        *category.expires_after > std::chrono::hours(24 * 366))
      return "expires_after is a duration (s, m, h, d) from 1s to 366d";
  } else if (name == "limit") {
    category.recipient_limit = parse_limit(value);
    if (!category.recipient_limit) return "limit is a number and a window, such as 3/1d or 10/m";
  } else {
    return fmt::format("unknown setting \"{}\"{}", name.substr(0, 80),
                       config::did_you_mean(name, {settings.begin(), settings.end()}));
  }
  return std::nullopt;
}

}  // namespace

Result<Categories, config::Problems> parse_categories(const std::vector<std::string>& texts) {
  Categories categories;
  config::Problems problems;
  for (const std::string& text : texts) {
    std::istringstream words(text);
    std::string name, setting;
    words >> name;
    const auto report = [&](std::string message) {
      problems.push_back(
          {.message = fmt::format("VESTNIK_CATEGORIES: category \"{}\": {}", name.substr(0, 80), message)});
    };
    if (!is_identifier(name)) report("a category's name is 1 to 64 letters, digits, '_', '-' or '.'");
    Category category;
    while (words >> setting) {
      const std::size_t equals = std::min(setting.find('='), setting.size());
      const std::string value = equals < setting.size() ? setting.substr(equals + 1) : "";
      if (auto wrong = apply(std::string_view(setting).substr(0, equals), value, category)) report(*wrong);
    }
    if (!categories.emplace(name, category).second) report("is there twice");
  }
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return categories;
}

}  // namespace vestnik::planning
