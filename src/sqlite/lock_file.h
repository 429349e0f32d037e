// Keeps a second process out of a data directory.
#pragma once

#include <filesystem>

namespace vestnik::sqlite {

// Holds <directory>/LOCK (flock, so the kernel lets it go when the process dies, whatever kills it). The file
// names the holder's pid. Throws std::runtime_error that names the directory, the holder and what to do.
class LockFile {
 public:
  explicit LockFile(const std::filesystem::path& directory);
  ~LockFile();
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;

 private:
  int descriptor_;
};

}  // namespace vestnik::sqlite
