// What can't be compressed, so that no log is measured with less than it was given to write.
#pragma once

#include <cstddef>
#include <random>
#include <string>
#include <vector>

namespace vestnik::bench {

// As many that one may stand in for the next: no compression of batches looks back so far.
inline constexpr std::size_t noises = 4096;

// `count` values of `bytes` random bytes each, the same in every run.
inline std::vector<std::string> noise(std::size_t bytes, std::size_t count = noises) {
  std::mt19937 random;  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same in every run
  std::vector<std::string> values(count, std::string(bytes, '\0'));
  for (std::string& value : values)
    for (char& byte : value) byte = static_cast<char>(random() >> 24);
  return values;
}

}  // namespace vestnik::bench
