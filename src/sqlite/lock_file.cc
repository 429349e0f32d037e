#include "sqlite/lock_file.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <stdexcept>
#include <string>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>

namespace vestnik::sqlite {
namespace {

std::string holder_of(int descriptor) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(descriptor, text.data(), text.size() - 1, 0);
  std::string pid;
  for (ssize_t i = 0;
       i < size && text[static_cast<std::size_t>(i)] >= '0' && text[static_cast<std::size_t>(i)] <= '9'; ++i)
    pid += text[static_cast<std::size_t>(i)];
  return pid.empty() ? "pid unknown" : "pid " + pid;
}

}  // namespace

LockFile::LockFile(const std::filesystem::path& directory) {
  const std::filesystem::path file = directory / "LOCK";
  descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor_ < 0)
    throw std::runtime_error(
        fmt::format("the data directory {} is not writable ({}): give this user the right to write there, or "
                    "set VESTNIK_DATA_DIR",
                    directory.string(), std::generic_category().message(errno)));
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    const std::string holder = holder_of(descriptor_);
    ::close(descriptor_);
    if (error == EWOULDBLOCK)
      throw std::runtime_error(
          fmt::format("the data directory {} is in use by another process ({}): stop that one, or "
                      "set VESTNIK_DATA_DIR to another directory",
                      directory.string(), holder));
    throw std::runtime_error(
        fmt::format("the data directory {} can't be locked ({}): use a local file system", directory.string(),
                    std::generic_category().message(error)));
  }
  const std::string pid = fmt::format("{}\n", ::getpid());
  // The pid is for people; a full disk must not keep the process from starting.
  [[maybe_unused]] const bool noted =
      ::ftruncate(descriptor_, 0) == 0 && ::pwrite(descriptor_, pid.data(), pid.size(), 0) > 0;
}

LockFile::~LockFile() {
  [[maybe_unused]] const bool cleared = ::ftruncate(descriptor_, 0) == 0;
  ::close(descriptor_);
}

}  // namespace vestnik::sqlite
