// The store's way into the file: results and errors in the seam's own terms, and the notes that nobody waits
// for.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sqlite/database.h"
#include "store/result.h"

namespace vestnik::store::sqlite {

using vestnik::sqlite::Connection;
using vestnik::sqlite::Database;
using vestnik::sqlite::Statement;

Error seam_error(vestnik::sqlite::Error error);

// What may be written whenever something else is: steps that were told, registrations whose event is durable.
// They ride in the next write's transaction, so they cost no fsync of their own; a crash loses what has not
// ridden yet, which the seam allows. Any thread.
class Notes {
 public:
  // More than this many waiting is worth a write of its own.
  static constexpr std::size_t waiting_max = 512;

  // True: waiting_max has been reached.
  bool told(std::vector<std::string> step_ids);
  bool event_is_durable(std::int64_t user_seq);
  void write_all(Connection& connection);
  bool empty() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> told_;
  std::vector<std::int64_t> durable_;
};

class Gate {
 public:
  explicit Gate(Database& database) : database_(database) {}

  // `work` (Connection& → T) runs in a write or a read; `done` gets what it returned once that is durable.
  template <class T, class Work>
  void write(Work work, Done<T> done) {
    auto value = std::make_shared<Slot<T>>();
    database_.write(
        [notes = notes_, value, work = std::move(work)](Connection& connection) mutable {
          notes->write_all(connection);
          value->run(work, connection);
        },
        answer<T>(value, std::move(done)));
  }
  template <class T, class Work>
  void read(Work work, Done<T> done) {
    auto value = std::make_shared<Slot<T>>();
    database_.read(
        [value, work = std::move(work)](Connection& connection) mutable { value->run(work, connection); },
        answer<T>(value, std::move(done)));
  }

  Notes& notes() { return *notes_; }
  void write_notes();
  Database& database() { return database_; }

 private:
  template <class T>
  struct Slot {
    std::optional<T> value;
    template <class Work>
    void run(Work& work, Connection& connection) {
      value = work(connection);
    }
    Result<T, Error> take() { return std::move(*value); }
  };

  template <class T>
  static Database::Done answer(std::shared_ptr<Slot<T>> value, Done<T> done) {
    return [value, done = std::move(done)](Result<void, vestnik::sqlite::Error> result) mutable {
      if (result)
        done(value->take());
      else
        done(std::unexpected(seam_error(std::move(result.error()))));
    };
  }

  Database& database_;
  std::shared_ptr<Notes> notes_ = std::make_shared<Notes>();  // shared with the works that are queued
};

template <>
struct Gate::Slot<void> {
  template <class Work>
  void run(Work& work, Connection& connection) {
    work(connection);
  }
  Result<void, Error> take() { return {}; }
};

}  // namespace vestnik::store::sqlite
