#include "sqlite/disk_reserve.h"

#include <gtest/gtest.h>

#include "base/temporary_directory.h"

namespace vestnik::sqlite {
namespace {

constexpr std::uint64_t MiB = 1 << 20, GiB = 1 << 30;

TEST(DiskReserve, IsShortBelowTheReserveUntilAQuarterMoreIsFree) {
  DiskReserve reserve(100 * MiB);
  const auto short_with = [&](std::uint64_t free_bytes) {
    reserve.look({free_bytes, 10 * GiB});
    return reserve.is_short();
  };
  EXPECT_FALSE(short_with(100 * MiB));
  EXPECT_TRUE(short_with(100 * MiB - 1));
  EXPECT_TRUE(short_with(125 * MiB - 1)) << "it would flap";
  EXPECT_FALSE(short_with(125 * MiB));
  EXPECT_FALSE(short_with(100 * MiB));
  EXPECT_TRUE(short_with(0));
}

TEST(DiskReserve, ByItselfFitsTheDisk) {
  EXPECT_EQ(automatic_disk_reserve(1000 * GiB), 256 * MiB);
  EXPECT_EQ(automatic_disk_reserve(1000 * MiB), 50 * MiB);
  EXPECT_EQ(automatic_disk_reserve(100 * MiB), 16 * MiB);
  EXPECT_EQ(automatic_disk_reserve(32 * MiB), 8 * MiB);
  EXPECT_EQ(automatic_disk_reserve(0), 0u);
  DiskReserve reserve(std::nullopt);
  reserve.look({200 * MiB, 1000 * GiB});
  EXPECT_TRUE(reserve.is_short());
  EXPECT_EQ(reserve.resume_bytes(), 320 * MiB);
}

TEST(DiskReserve, NoneIsNeverShort) {
  DiskReserve reserve(0);
  reserve.look({0, 10 * GiB});
  EXPECT_FALSE(reserve.is_short());
}

TEST(DiskReserve, TheDisksFiguresAreRead) {
  const TemporaryDirectory directory;
  const auto space = disk_space(directory.path());
  ASSERT_TRUE(space);
  EXPECT_GT(space->total_bytes, 0u);
  EXPECT_LE(space->free_bytes, space->total_bytes);
  EXPECT_FALSE(disk_space(directory.path() / "missing"));
}

}  // namespace
}  // namespace vestnik::sqlite
