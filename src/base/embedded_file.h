// A file of the source tree that is compiled into the binary (cmake/VestnikEmbed.cmake).
#pragma once

#include <span>
#include <string_view>

namespace vestnik {

struct EmbeddedFile {
  std::string_view path;  // relative to the project's root
  std::string_view content;
};

// The file at `path`; it must be among `files`, which the build decides.
constexpr std::string_view embedded_content(std::span<const EmbeddedFile> files, std::string_view path) {
  for (const EmbeddedFile& file : files)
    if (file.path == path) return file.content;
  return {};
}

}  // namespace vestnik
