// Words of protocols that don't tell capitals from small letters.
#pragma once

#include <algorithm>
#include <string_view>

namespace vestnik::bench {

inline bool equal_without_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [lower](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace vestnik::bench
