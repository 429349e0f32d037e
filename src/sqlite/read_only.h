// The embedded file as a command sees it that only looks: beside the process that writes it, or after that
// process has died. The data directory's lock is not taken.
//
// It never writes to the file or the WAL and never checkpoints, not even when it closes last, so the one
// writer of database.h stays the only one. What it may make is vestnik.db-shm, SQLite's index of the WAL,
// which holds no data: after a crash somebody has to read the WAL again.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>

#include "sqlite/database.h"

namespace vestnik::sqlite {

class SqliteConnection;

// Used by one thread at a time.
class ReadOnlyFile {
 public:
  // Opens <directory>/vestnik.db. Throws std::runtime_error with what to do: not there, not ours, damaged, or
  // not to be read by this user.
  explicit ReadOnlyFile(const std::filesystem::path& directory);
  ~ReadOnlyFile();

  // Whether `component` has tables of a version that this binary can read (1 to `newest`); false: the
  // component has none yet. Throws std::runtime_error when they are of a newer version.
  bool has(std::string_view component, std::size_t newest);

  // Runs `work` on one snapshot. While it runs the writer can't start the WAL over, so keep it to a page of
  // rows; read() first rests, in proportion to what the snapshot before took and to how long the WAL has
  // become, so that the writer gets its turn. What SQLite reports is thrown as std::runtime_error with what
  // to do, what `work` throws goes through.
  void read(const std::function<void(Connection&)>& work);

 private:
  void rest() const;

  std::filesystem::path file_;
  std::chrono::steady_clock::duration took_{};
  std::unique_ptr<SqliteConnection> connection_;
};

}  // namespace vestnik::sqlite
