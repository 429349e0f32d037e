#include "store/sqlite/step_book.h"

#include <atomic>
#include <memory>
#include <utility>

#include "store/codes.h"
#include "store/packed.h"

namespace vestnik::store::sqlite {

using vestnik::sqlite::Connection;
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
    // What is not refused at once shares the transaction's fate.
    const auto refused = std::make_shared<std::atomic<bool>>(false);
    const bool there =
        ways.append(channel, std::move(records), [refused](bool durable) { *refused = !durable; });
    if (!there || *refused) keep_in_outbox(connection, steps);
  }
  noted_.clear();
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
