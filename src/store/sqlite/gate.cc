#include "store/sqlite/gate.h"

#include <iterator>

namespace vestnik::store::sqlite {

Error seam_error(vestnik::sqlite::Error error) {
  switch (error.kind) {
    case vestnik::sqlite::ErrorKind::unavailable:
    case vestnik::sqlite::ErrorKind::fatal: return {ErrorKind::unavailable, std::move(error.message)};
    case vestnik::sqlite::ErrorKind::overloaded: return {ErrorKind::overloaded, std::move(error.message)};
    case vestnik::sqlite::ErrorKind::closed: return {ErrorKind::closed, std::move(error.message)};
  }
  return {ErrorKind::unavailable, std::move(error.message)};
}

bool Notes::told(std::vector<std::string> step_ids) {
  const std::lock_guard lock(mutex_);
  std::ranges::move(step_ids, std::back_inserter(told_));
  return told_.size() >= waiting_max;
}

bool Notes::event_is_durable(std::string user_id_packed) {
  const std::lock_guard lock(mutex_);
  durable_.push_back(std::move(user_id_packed));
  return durable_.size() >= waiting_max;
}

bool Notes::empty() const {
  const std::lock_guard lock(mutex_);
  return told_.empty() && durable_.empty();
}

void Notes::write_all(Connection& connection) {
  std::vector<std::string> told, durable;
  {
    const std::lock_guard lock(mutex_);
    told.swap(told_);
    durable.swap(durable_);
  }
  if (!told.empty()) {
    Statement forget = connection.prepare("DELETE FROM outbox WHERE step_id = ?1");
    for (const std::string& id : told) forget.bind_blob(1, id).run();
  }
  if (!durable.empty()) {
    Statement mark =
        connection.prepare("UPDATE users SET event_durable = 1 WHERE id = ?1 AND event_durable = 0");
    for (const std::string& id : durable) mark.bind_blob(1, id).run();
  }
}

void Gate::write_notes() {
  database_.write([notes = notes_](Connection& connection) { notes->write_all(connection); },
                  [](Result<void, vestnik::sqlite::Error>) {});
}

}  // namespace vestnik::store::sqlite
