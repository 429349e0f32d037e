#include "parts/embedded_file.h"

#include <filesystem>
#include <linux/magic.h>
#include <sys/vfs.h>

namespace vestnik::bench {

bool is_on_disk(benchmark::State& state) {
  struct statfs file_system{};
  const auto directory = std::filesystem::temp_directory_path();
  if (statfs(directory.c_str(), &file_system) == 0 && file_system.f_type != TMPFS_MAGIC) return true;
  state.SkipWithError("the temporary directory is not on a disk; set TMPDIR to a directory that is");
  return false;
}

}  // namespace vestnik::bench
