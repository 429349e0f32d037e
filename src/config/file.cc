#include "config/file.h"

#include <cerrno>
#include <fmt/format.h>
#include <fstream>
#include <system_error>

namespace vestnik::config {

Result<std::string, std::string> read_small_file(const std::filesystem::path& path, std::size_t bytes_max) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) return std::unexpected("no such file");
  if (error) return std::unexpected("can't be read: " + error.message());
  if (std::filesystem::is_directory(status)) return std::unexpected("is a directory, a file is expected");

  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return std::unexpected("can't be read: " + std::generic_category().message(errno));
  std::string content(bytes_max + 1, '\0');
  stream.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (stream.bad()) return std::unexpected("can't be read: " + std::generic_category().message(errno));
  content.resize(static_cast<std::size_t>(stream.gcount()));
  if (content.size() > bytes_max) return std::unexpected(fmt::format("larger than {} bytes", bytes_max));
  return content;
}

}  // namespace vestnik::config
