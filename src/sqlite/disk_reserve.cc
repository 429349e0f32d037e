#include "sqlite/disk_reserve.h"

#include <algorithm>
#include <sys/statvfs.h>

namespace vestnik::sqlite {

std::optional<DiskSpace> disk_space(const std::filesystem::path& directory) {
  struct statvfs figures{};
  if (::statvfs(directory.c_str(), &figures) != 0) return std::nullopt;
  return DiskSpace{std::uint64_t{figures.f_bavail} * figures.f_frsize,
                   std::uint64_t{figures.f_blocks} * figures.f_frsize};
}

std::uint64_t automatic_disk_reserve(std::uint64_t total_bytes) {
  constexpr std::uint64_t most = 256 << 20, least = 16 << 20;
  return std::min(most, std::max(total_bytes / 20, std::min(least, total_bytes / 4)));
}

void DiskReserve::look(const DiskSpace& space) {
  space_ = space;
  short_ = space.free_bytes < (short_ ? resume_bytes() : reserve_bytes());
}

}  // namespace vestnik::sqlite
