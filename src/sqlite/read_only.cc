#include "sqlite/read_only.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fstream>
#include <optional>
#include <sqlite3.h>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "sqlite/connection.h"

namespace vestnik::sqlite {
namespace {

namespace fs = std::filesystem;

// The writer moves the WAL's content into the file every 8 MiB (writer.cc), and starts the WAL over if it
// finds no reader at that moment. For each such step that it didn't, a reader rests once more.
constexpr std::int64_t wal_bytes_step = 10 * 1024 * 1024;
constexpr std::chrono::milliseconds rest_max{500};

// How much of the WAL has been written since it was started over; the file itself keeps its largest size.
// SQLite's file format, section 4.1: a header of 32 bytes, then frames of 24 bytes and a page, those in use
// with the header's salts. SQLite keeps no locks on this file, so that closing it lets none go.
std::int64_t wal_bytes_in_use(const fs::path& wal) {
  constexpr std::int64_t header_bytes = 32, frame_bytes = 24 + 4096, salt_bytes = 8;
  std::ifstream file(wal, std::ios::binary);
  const auto salts_at = [&](std::int64_t offset) {
    std::array<char, salt_bytes> salts{};
    file.clear();
    file.seekg(offset);
    file.read(salts.data(), salts.size());
    return file ? std::optional(salts) : std::nullopt;
  };
  const auto current = salts_at(16);
  if (!current) return 0;
  std::error_code ignored;
  std::int64_t in_use = 0,
               beyond = (static_cast<std::int64_t>(fs::file_size(wal, ignored)) - header_bytes) / frame_bytes;
  while (in_use < beyond) {
    const std::int64_t middle = in_use + (beyond - in_use) / 2;
    if (salts_at(header_bytes + middle * frame_bytes + 8) == current)
      in_use = middle + 1;
    else
      beyond = middle;
  }
  return in_use * frame_bytes;
}

std::runtime_error read_error(const fs::path& file, const SqliteError& error) {
  const std::string name = file.string();
  switch (error.code() & 0xff) {
    case SQLITE_NOTADB:
      return std::runtime_error(
          fmt::format("{} is not a database: set VESTNIK_DATA_DIR to the data directory of a Vestnik", name));
    case SQLITE_CORRUPT: return damaged_error(file, error);
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      // Without vestnik.db-shm the WAL can be read only by somebody who may make that file.
      return std::runtime_error(
          fmt::format("{} can't be read ({}): run this as the user that Vestnik runs as, or copy the whole "
                      "directory to a place where this user may write",
                      name, error.what()));
    case SQLITE_BUSY:
      return std::runtime_error(
          fmt::format("{} is locked by another program: end that one, then try again", name));
    default: return std::runtime_error(fmt::format("{} can't be read: {}", name, error.what()));
  }
}

}  // namespace

ReadOnlyFile::ReadOnlyFile(const fs::path& directory) : file_(directory / "vestnik.db") {
  std::error_code error;
  if (!fs::exists(file_, error))
    throw std::runtime_error(
        error ? fmt::format("{} can't be looked at ({}): run this as the user that Vestnik runs as",
                            file_.string(), error.message())
              : fmt::format(
                    "{} is not there: set VESTNIK_DATA_DIR to the data directory of a Vestnik that has run",
                    file_.string()));
  try {
    connection_ = std::make_unique<SqliteConnection>(file_, Access::read_only);
    connection_->execute("PRAGMA query_only=1");
    if (connection_->value_of("PRAGMA application_id") != std::to_string(application_id))
      throw std::runtime_error(fmt::format(
          "{} belongs to another program: set VESTNIK_DATA_DIR to the data directory of a Vestnik",
          file_.string()));
  } catch (const SqliteError& failure) {
    throw read_error(file_, failure);
  }
}

ReadOnlyFile::~ReadOnlyFile() = default;

bool ReadOnlyFile::has(std::string_view component, std::size_t newest) {
  std::int64_t version = 0;
  read([&](Connection& connection) { version = version_of(connection, component, newest); });
  return version > 0;
}

void ReadOnlyFile::rest() const {
  const auto steps = wal_bytes_in_use(file_.string() + "-wal") / wal_bytes_step;
  if (steps > 0)
    std::this_thread::sleep_for(std::min<std::chrono::steady_clock::duration>(took_ * steps, rest_max));
}

void ReadOnlyFile::read(const std::function<void(Connection&)>& work) {
  rest();
  const auto began = std::chrono::steady_clock::now();
  try {
    connection_->prepare("BEGIN").run();
    try {
      work(*connection_);
    } catch (...) {
      if (connection_->in_transaction()) connection_->execute("ROLLBACK");
      throw;
    }
    connection_->prepare("COMMIT").run();
    took_ = std::chrono::steady_clock::now() - began;
  } catch (const SqliteError& error) {
    throw read_error(file_, error);
  }
}

}  // namespace vestnik::sqlite
