#include "store/sqlite/step_book.h"

#include <utility>

#include "store/codes.h"
#include "store/packed.h"

namespace vestnik::store::sqlite {

using vestnik::sqlite::Connection;
using vestnik::sqlite::Database;
using vestnik::sqlite::Statement;

void StepWays::set(Channel channel, Ledger::AppendSteps append) {
  const std::lock_guard lock(mutex_);
  ways_[channel] = std::move(append);
}

bool StepWays::has(Channel channel) const {
  const std::lock_guard lock(mutex_);
  const auto way = ways_.find(channel);
  return way != ways_.end() && way->second;
}

bool StepWays::append(Channel channel, std::vector<Record> steps,
                      std::move_only_function<void(bool)> ended) const {
  const std::lock_guard lock(mutex_);
  const auto way = ways_.find(channel);
  if (way == ways_.end() || !way->second) return false;
  way->second(std::move(steps), std::move(ended));
  return true;
}

void StepBook::note(Step step, std::int64_t partition, Record encoded) {
  const Channel channel = step.channel;
  noted_[channel].push_back({std::move(step), partition, std::move(encoded)});
}

void StepBook::keep(Connection& connection, const StepWays& ways) {
  for (auto& [channel, steps] : noted_) {
    if (!ways.has(channel)) {
      keep_in_outbox(connection, steps);
      continue;
    }
    std::vector<Record> records;
    records.reserve(steps.size());
    for (Noted& noted : steps)
      records.push_back(noted.encoded.value.empty() ? encode(noted.step) : std::move(noted.encoded));
    const auto appended = std::make_shared<Appended>();
    appended->steps = std::move(steps);
    const bool there =
        ways.append(channel, std::move(records), [appended](bool durable) { answered(appended, durable); });
    if (there && !appended->refused)
      appended_.push_back(appended);
    else
      keep_in_outbox(connection, appended->steps);
  }
  noted_.clear();
}

void StepBook::durable(Database& database) {
  for (const auto& appended : appended_) appended->durable_in = &database;
}

// Not durable there: refused at once, then keep() sees to them; or their transaction was lost, then the steps
// never were; or the append alone has failed.
void StepBook::answered(const std::shared_ptr<Appended>& appended, bool durable) {
  if (durable) return;
  appended->refused = true;
  if (Database* const database = appended->durable_in)
    database->write([appended](Connection& connection) { keep_in_outbox(connection, appended->steps); },
                    nullptr);
}

void StepBook::keep_in_outbox(Connection& connection, const std::vector<Noted>& steps) {
  Statement insert = connection.prepare(
      "INSERT INTO outbox (step_id, channel, partition, step) VALUES (?1, ?2, ?3, ?4) "
      "ON CONFLICT (step_id) DO NOTHING");
  for (const Noted& noted : steps) {
    const std::string id = noted.step.id(), packed = pack_step(noted.step);
    insert.bind_blob(1, id).bind(2, code(noted.step.channel)).bind(3, noted.partition);
    insert.bind_blob(4, packed).run();
  }
}

}  // namespace vestnik::store::sqlite
