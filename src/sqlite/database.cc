#include "sqlite/database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <future>
#include <optional>
#include <sqlite3.h>
#include <system_error>
#include <unistd.h>

#include "sqlite/condition.h"
#include "sqlite/connection.h"
#include "sqlite/lock_file.h"
#include "sqlite/reader_pool.h"
#include "sqlite/writer.h"

namespace vestnik::sqlite {
namespace {

namespace fs = std::filesystem;

// quick_check reads the whole file: about 1 ms a MiB.
constexpr std::uintmax_t quick_check_bytes_max = 8 * 1024 * 1024;

// Makes the directory, for this user only: the file holds people's addresses.
void make_directory(const fs::path& directory) {
  std::error_code error;
  if (fs::is_directory(directory, error)) return;
  if (fs::create_directories(directory, error)) fs::permissions(directory, fs::perms::owner_all, error);
  if (error || !fs::is_directory(directory, error))
    throw std::runtime_error(
        fmt::format("the data directory {} can't be made ({}): set VESTNIK_DATA_DIR to a place this "
                    "user may write",
                    directory.string(), error ? error.message() : "a file is in the way"));
}

// A new file's directory entry is durable only after this.
void sync_directory(const fs::path& directory) {
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  const int result = ::fsync(descriptor);
  const int error = errno;
  ::close(descriptor);
  if (result != 0)
    throw std::runtime_error(fmt::format("the data directory {} can't be synced ({}): check the disk",
                                         directory.string(), std::generic_category().message(error)));
}

std::runtime_error open_error(const fs::path& file, const SqliteError& error) {
  const std::string name = file.string();
  switch (error.code() & 0xff) {
    case SQLITE_NOTADB:
      return std::runtime_error(
          fmt::format("{} is not a database: move it away, or set VESTNIK_DATA_DIR", name));
    case SQLITE_CORRUPT: return damaged_error(file, error);
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return std::runtime_error(
          fmt::format("{} can't be opened for writing ({}): give this user the right to write it "
                      "and its directory, or set VESTNIK_DATA_DIR",
                      name, error.what()));
    case SQLITE_FULL:
      return std::runtime_error(fmt::format("the disk of {} is full: make room, then start again", name));
    case SQLITE_BUSY:
      return std::runtime_error(
          fmt::format("{} is locked by another program: end that one, then start again", name));
    default: return std::runtime_error(fmt::format("{} can't be opened: {}", name, error.what()));
  }
}

void check_content(SqliteConnection& connection, const fs::path& file, bool is_new) {
  if (!is_new) {
    const std::string id = connection.value_of("PRAGMA application_id");
    const bool empty = connection.value_of("SELECT count(*) FROM sqlite_schema") == "0";
    if (id != std::to_string(application_id) && !empty)
      throw std::runtime_error(
          fmt::format("{} belongs to another program: move it away, or set VESTNIK_DATA_DIR", file.string()));
  }
  std::error_code ignored;
  if (fs::file_size(file, ignored) > quick_check_bytes_max) return;
  if (const std::string verdict = connection.value_of("PRAGMA quick_check(1)"); verdict != "ok")
    throw SqliteError(SQLITE_CORRUPT, verdict);
}

std::unique_ptr<SqliteConnection> open_for_writing(const fs::path& file) {
  const bool is_new = !fs::exists(file);
  try {
    auto connection = std::make_unique<SqliteConnection>(file, Access::read_write);
    check_content(*connection, file, is_new);
    if (connection->value_of("PRAGMA journal_mode=WAL") != "wal")
      throw std::runtime_error(fmt::format("{} can't use a write-ahead log: use a local file system",
                                           file.parent_path().string()));
    connection->execute(
        "PRAGMA synchronous=FULL;"
        "PRAGMA journal_size_limit=67108864");
    if (connection->value_of("SELECT count(*) FROM sqlite_schema WHERE name = 'vestnik_probe'") == "0") {
      connection->execute(
          fmt::format("BEGIN IMMEDIATE;"
                      "PRAGMA application_id={};"
                      "CREATE TABLE vestnik_schema(component TEXT PRIMARY KEY, version INTEGER NOT NULL)"
                      " WITHOUT ROWID;"
                      "CREATE TABLE vestnik_probe(count INTEGER NOT NULL);"
                      "INSERT INTO vestnik_probe VALUES (0);"
                      "COMMIT",
                      application_id)
              .c_str());
      sync_directory(file.parent_path());
    }
    return connection;
  } catch (const SqliteError& error) {
    throw open_error(file, error);
  }
}

void apply_migrations(Connection& connection, std::string_view component,
                      std::span<const char* const> migrations) {
  const std::int64_t version = version_of(connection, component, migrations.size());
  const auto newest = static_cast<std::int64_t>(migrations.size());
  if (version == newest) return;
  for (const char* migration : migrations.subspan(static_cast<std::size_t>(version)))
    connection.execute(migration);
  connection
      .prepare(
          "INSERT INTO vestnik_schema VALUES (?, ?) ON CONFLICT(component) DO UPDATE SET version = "
          "excluded.version")
      .bind(1, component)
      .bind(2, newest)
      .run();
}

class FileDatabase final : public Database {
 public:
  explicit FileDatabase(const Options& options)
      : lock_((make_directory(options.directory), options.directory)),
        condition_((options.directory / "vestnik.db").string()),
        connection_(open_for_writing(options.directory / "vestnik.db")),
        readers_(options.directory / "vestnik.db", options.reader_threads, options.read_queue_max,
                 condition_),
        writer_(std::move(connection_), options.write_queue_max, readers_, condition_) {}

  // The last answers may still call write() and read(), so both refuse before either stops, and outlive both.
  ~FileDatabase() override {
    writer_.close();
    readers_.close();
    writer_.stop();
    readers_.stop();
  }

  void write(Work work, Done done) override { writer_.submit(std::move(work), std::move(done)); }
  bool in_work() const override { return writer_.in_work(); }
  void read(Work work, Done done) override {
    readers_.submit(ReaderPool::Kind::short_read, std::move(work), std::move(done));
  }
  void read_much(Work work, Done done) override {
    readers_.submit(ReaderPool::Kind::long_read, std::move(work), std::move(done));
  }
  void migrate(std::string_view component, std::span<const char* const> migrations) override;
  Health health() const override { return condition_.health(); }
  std::optional<Error> fatal() const override { return condition_.fatal(); }
  Counters counters() const override { return writer_.counters(); }

 private:
  LockFile lock_;
  Condition condition_;
  std::unique_ptr<SqliteConnection> connection_;  // handed to the writer
  ReaderPool readers_;
  Writer writer_;
};

void FileDatabase::migrate(std::string_view component, std::span<const char* const> migrations) {
  // Shared: the promise is still at work on the writer's thread when the future has its value.
  auto finished = std::make_shared<std::promise<Result<void, Error>>>();
  std::optional<std::string> reason;
  write(
      [&](Connection& connection) {
        try {
          apply_migrations(connection, component, migrations);
        } catch (const std::exception& error) {
          reason = error.what();
          throw;
        }
      },
      [finished](Result<void, Error> result) { finished->set_value(std::move(result)); });
  if (const Result<void, Error> result = finished->get_future().get(); !result)
    throw std::runtime_error(reason ? *reason : result.error().message);
}

}  // namespace

std::unique_ptr<Database> Database::open(const Options& options) {
  return std::make_unique<FileDatabase>(options);
}

}  // namespace vestnik::sqlite
