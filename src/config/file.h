// Reading a whole small file, with words for an operator when it can't be.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace vestnik::config {

// The error is a sentence that completes "<path>: …": "no such file", "is a directory", "larger than 10
// bytes" …
Result<std::string, std::string> read_small_file(const std::filesystem::path& path, std::size_t bytes_max);

}  // namespace vestnik::config
