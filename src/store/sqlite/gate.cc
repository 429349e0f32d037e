#include "store/sqlite/gate.h"

#include <algorithm>
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

bool Notes::event_is_durable(std::int64_t user_seq) {
  const std::lock_guard lock(mutex_);
  durable_.push_back(user_seq);
  return durable_.size() >= waiting_max;
}

bool Notes::empty() const {
  const std::lock_guard lock(mutex_);
  return told_.empty() && durable_.empty();
}

void Notes::write_all(Connection& connection) {
  std::vector<std::string> told;
  std::vector<std::int64_t> durable;
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
    // Users of one moment stand one after the other, so a few ranges are all of them.
    Statement mark = connection.prepare(
        "UPDATE users SET event_durable = 1 WHERE seq BETWEEN ?1 AND ?2 AND event_durable = 0");
    std::ranges::sort(durable);
    for (std::size_t first = 0; first < durable.size();) {
      std::size_t last = first;
      while (last + 1 < durable.size() && durable[last + 1] <= durable[last] + 1) ++last;
      mark.bind(1, durable[first]).bind(2, durable[last]).run();
      first = last + 1;
    }
  }
}

void Gate::write_notes() {
  database_.write([notes = notes_](Connection& connection) { notes->write_all(connection); },
                  [](Result<void, vestnik::sqlite::Error>) {});
}

}  // namespace vestnik::store::sqlite
