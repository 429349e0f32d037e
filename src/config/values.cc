#include "config/values.h"

#include <charconv>
#include <fmt/format.h>

#include "base/byte_size.h"

namespace vestnik::config {
namespace {

using std::chrono::milliseconds;

template <class Number>
std::optional<Number> whole_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

template <class Number>
Value whole_number_value(Number Config::* member, Number min, Number max) {
  Value value;
  value.accepts = fmt::format("a whole number from {} to {}", min, max);
  value.set = [=, accepts = value.accepts](Config& config,
                                           std::string_view text) -> Result<void, std::string> {
    const auto number = whole_number<std::uint64_t>(text);
    if (!number || *number < min || *number > max) return std::unexpected(accepts);
    config.*member = static_cast<Number>(*number);
    return {};
  };
  value.show = [=](const Config& config) { return std::to_string(config.*member); };
  return value;
}

std::vector<std::string_view> split_list(std::string_view text) {
  std::vector<std::string_view> items;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find_first_of(",\n", start), text.size());
    items.push_back(trimmed(text.substr(start, end - start)));
    start = end + 1;
  }
  return items;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  const std::size_t first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

std::string enumerate(const std::vector<std::string_view>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? " or " : ", ";
    out += names[i];
  }
  return out;
}

Value integer(std::uint16_t Config::* member, std::uint16_t min, std::uint16_t max) {
  return whole_number_value(member, min, max);
}

Value integer(std::uint64_t Config::* member, std::uint64_t min, std::uint64_t max) {
  return whole_number_value(member, min, max);
}

Value byte_size_or_auto(std::optional<std::uint64_t> Config::* member) {
  constexpr std::string_view by_itself = "auto";
  Value value;
  value.accepts = "auto or a size (B, KiB, MiB, GiB, TiB)";
  value.set = [=, accepts = value.accepts](Config& config,
                                           std::string_view text) -> Result<void, std::string> {
    const auto size = parse_byte_size(text);
    if (!size && text != by_itself) return std::unexpected(accepts);
    config.*member = size;
    return {};
  };
  value.show = [=](const Config& config) {
    return config.*member ? format_byte_size(*(config.*member)) : std::string(by_itself);
  };
  return value;
}

Value ratio(double Config::* member) {
  Value value;
  value.accepts = "a number from 0 to 1";
  value.set = [=, accepts = value.accepts](Config& config,
                                           std::string_view text) -> Result<void, std::string> {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || !(number >= 0 && number <= 1))
      return std::unexpected(accepts);
    config.*member = number;
    return {};
  };
  value.show = [=](const Config& config) { return fmt::format("{}", config.*member); };
  return value;
}

Value duration(milliseconds Config::* member, milliseconds min, milliseconds max) {
  Value value;
  value.accepts =
      fmt::format("a duration (ms, s, m, h, d) from {} to {}", format_duration(min), format_duration(max));
  value.set = [=, accepts = value.accepts](Config& config,
                                           std::string_view text) -> Result<void, std::string> {
    const auto parsed = parse_duration(text);
    if (!parsed || *parsed < min || *parsed > max) return std::unexpected(accepts);
    config.*member = *parsed;
    return {};
  };
  value.show = [=](const Config& config) { return format_duration(config.*member); };
  return value;
}

Value text(std::string Config::* member, Form form) {
  Value value;
  value.accepts = form.accepts;
  value.set = [=](Config& config, std::string_view given) -> Result<void, std::string> {
    if (!form.matches(given)) return std::unexpected(std::string(form.accepts));
    config.*member = given;
    return {};
  };
  value.show = [=](const Config& config) { return config.*member; };
  return value;
}

Value text_list(std::vector<std::string> Config::* member, Form form) {
  Value value;
  value.accepts = fmt::format("a list, each {}", form.accepts);
  value.is_list = true;
  value.set = [=, accepts = value.accepts](Config& config,
                                           std::string_view given) -> Result<void, std::string> {
    std::vector<std::string> items;
    for (const std::string_view item : split_list(given)) {
      if (!form.matches(item)) return std::unexpected(accepts);
      items.emplace_back(item);
    }
    config.*member = std::move(items);
    return {};
  };
  value.show = [=](const Config& config) { return fmt::format("{}", fmt::join(config.*member, ",")); };
  return value;
}

Value path(std::filesystem::path Config::* member) {
  Value value;
  value.accepts = "a directory";
  value.set = [=](Config& config, std::string_view given) -> Result<void, std::string> {
    if (given.find('\0') != std::string_view::npos) return std::unexpected("a directory");
    config.*member = given;
    return {};
  };
  value.show = [=](const Config& config) { return (config.*member).string(); };
  return value;
}

}  // namespace vestnik::config
