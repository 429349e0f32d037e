// Room that is kept on the file's disk: below it nothing new should be accepted, so that what is accepted can
// still be written to its end.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace vestnik::sqlite {

struct DiskSpace {
  std::uint64_t free_bytes = 0;  // that this process may use
  std::uint64_t total_bytes = 0;
};
// Of the file system that `directory` is on. None: it can't be told.
std::optional<DiskSpace> disk_space(const std::filesystem::path& directory);

// 256 MiB; on a disk where that is more than 5 %, 5 % of it. But not less than two checkpoints of the WAL
// (16 MiB) or, where the disk is as small as that, a quarter of it.
std::uint64_t automatic_disk_reserve(std::uint64_t total_bytes);

// Whether there is room, with hysteresis: it is short from below the reserve until a quarter more than the
// reserve is free.
class DiskReserve {
 public:
  // None: automatic_disk_reserve of the disk as it is at each look. 0: never short.
  explicit DiskReserve(std::optional<std::uint64_t> reserve_bytes) : wanted_(reserve_bytes) {}

  void look(const DiskSpace& space);

  bool is_short() const { return short_; }
  const DiskSpace& space() const { return space_; }  // at the last look
  std::uint64_t reserve_bytes() const { return wanted_.value_or(automatic_disk_reserve(space_.total_bytes)); }
  std::uint64_t resume_bytes() const { return reserve_bytes() + reserve_bytes() / 4; }

 private:
  const std::optional<std::uint64_t> wanted_;
  DiskSpace space_;
  bool short_ = false;
};

}  // namespace vestnik::sqlite
