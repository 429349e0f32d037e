// Lanes: how what was appended comes to librdkafka, and what is told of it.
#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "base/burst.h"
#include "log/kafka/producer.h"
#include "log/kafka/settings.h"

namespace vestnik::log::kafka {
namespace {

// A lane hands over a batch of this size without waiting for the one before it, so that librdkafka has the
// next request ready when the broker has answered.
constexpr std::size_t full_batch_bytes = 512 * 1024;
constexpr std::size_t full_batch_records = 2000;
// Batches that one call hands over, so that no caller is kept for long.
constexpr int batches_per_turn = 16;
// Framing of a record and of each of its headers, at most (varints).
constexpr std::size_t record_framing_bytes = 64;
constexpr std::size_t header_framing_bytes = 10;

}  // namespace

std::size_t Producer::size_of(const Record& record) {
  std::size_t bytes = record_framing_bytes + record.key.size() + record.value.size();
  for (const Header& header : record.headers)
    bytes += header_framing_bytes + header.name.size() + header.value.size();
  return bytes;
}

bool Producer::is_too_large(const Record& record) {
  return record.value.size() > record_bytes_max || size_of(record) > message_bytes_max;
}

bool Producer::is_of_unknown_topic(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
         code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
}

// In the order of the calls; a topic that isn't known yet holds back only its own appends.
void Producer::place_unplaced(Outcome& outcome) {
  std::erase_if(unplaced_, [&](Append* append) {
    topics_.want(append->topic);
    const std::int32_t partitions = topics_.partitions(append->topic);
    if (append->told) {
      append->unreported = 0;
      finish(*append, outcome);
      return true;
    }
    if (partitions == 0) return false;
    place(*append, partitions);
    return true;
  });
}

void Producer::place(Append& append, std::int32_t partitions) {
  append.tickets.reserve(append.records.size());
  for (std::size_t i = 0; i < append.records.size(); ++i) {
    const std::int32_t partition = partition_of(append.records[i].key, partitions);
    const auto [found, is_new] = lanes_.try_emplace({append.topic, partition});
    Lane& lane = found->second;
    if (is_new) {  // once: who hands over reads these without the lock
      lane.topic = append.topic;
      lane.partition = partition;
    }
    lane.waiting.push_back(&append.tickets.emplace_back(Ticket{&append, i, &lane}));
    lane.waiting_bytes += size_of(append.records[i]);
    start_if_ready(lane);
  }
}

// True: this call made it ready.
bool Producer::start_if_ready(Lane& lane) {
  if (lane.waiting.empty() || lane.is_started || client_lost_) return false;
  const bool full = lane.waiting_bytes >= full_batch_bytes || lane.waiting.size() >= full_batch_records;
  if (lane.in_flight > 0 && !full) return false;
  lane.is_started = true;
  ready_.push_back(&lane);
  return true;
}

// Serves what is ready: on this thread, at the end of its burst of appends, or on the I/O thread.
void Producer::start_lanes() {
  if (in_confirmation_) return io_.wake()->signal();
  Burst* const burst = Burst::current();
  if (burst == nullptr) return serve_lanes();
  if (burst->has(this)) return;
  {
    const std::lock_guard lock(mutex_);
    ++bursts_;
  }
  burst->at_end(this, [this] {
    serve_lanes();
    const std::lock_guard lock(mutex_);
    --bursts_;
    if (closed_) io_.wake()->signal();
  });
}

void Producer::serve_lanes() {
  Outcome outcome;
  bool more = false;
  for (int i = 0; i < batches_per_turn; ++i) {
    Batch batch;
    {
      const std::lock_guard lock(mutex_);
      if (!take_batch(batch, outcome)) break;
    }
    hand_over(batch);
    const std::lock_guard lock(mutex_);
    end_batch(batch, outcome);
    more = !ready_.empty();
  }
  if (more) io_.wake()->signal();
  outcome.tell();
}

bool Producer::take_batch(Batch& batch, Outcome& outcome) {
  while (!ready_.empty()) {
    Lane& lane = *ready_.front();
    ready_.pop_front();
    if (client_lost_) {
      lane.is_started = false;
      continue;
    }
    batch.lane = &lane;
    batch.client = client_;
    lane.waiting_bytes = 0;
    for (Ticket* ticket : std::exchange(lane.waiting, {})) {
      if (ticket->append->told)
        report(*ticket, {}, outcome);  // its caller has its answer already
      else
        batch.tickets.push_back(ticket);
    }
    lane.in_flight += batch.tickets.size();
    return true;
  }
  return false;
}

// Without the lock: what is confirmed meanwhile is told meanwhile. A ticket that librdkafka has taken may be
// gone.
void Producer::hand_over(Batch& batch) {
  for (; !batch.tickets.empty(); batch.tickets.pop_front()) {
    Ticket& ticket = *batch.tickets.front();
    const rd_kafka_resp_err_t code = batch.client->produce(batch.lane->topic, batch.lane->partition,
                                                           ticket.append->records[ticket.index], &ticket);
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL || code == RD_KAFKA_RESP_ERR__FATAL) {
      batch.stopped_by = code;
      return;
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) batch.refused.emplace_back(&ticket, code);
  }
}

void Producer::end_batch(Batch& batch, Outcome& outcome) {
  Lane& lane = *batch.lane;
  lane.is_started = false;
  lane.in_flight -= batch.tickets.size() + batch.refused.size();
  if (std::ranges::any_of(batch.refused, [](const auto& r) { return is_of_unknown_topic(r.second); }))
    io_.post([this, topic = lane.topic] { topics_.forget(topic); });
  for (const auto& [ticket, code] : batch.refused)
    report(*ticket,
           fail(ErrorKind::unavailable, fmt::format("Kafka refused the record: {}", rd_kafka_err2str(code))),
           outcome);
  put_back(batch);
  if (batch.stopped_by == RD_KAFKA_RESP_ERR__FATAL && batch.client == client_) {
    client_lost_ = true;
    io_.wake()->signal();
  }
  // Our own bounds are lower than librdkafka's, but reports that haven't been taken yet count there: they
  // make room, and wake the I/O thread.
  if (batch.stopped_by == RD_KAFKA_RESP_ERR_NO_ERROR) start_if_ready(lane);
}

void Producer::put_back(Batch& batch) {
  for (Ticket* ticket : batch.tickets)
    batch.lane->waiting_bytes += size_of(ticket->append->records[ticket->index]);
  batch.lane->waiting.insert(batch.lane->waiting.begin(), batch.tickets.begin(), batch.tickets.end());
}

void Producer::report(Ticket& ticket, Result<void, Error> result, Outcome& outcome) {
  Append& append = *ticket.append;
  --append.unreported;
  if (!result) tell(append, std::move(result), outcome);
  if (append.unreported == 0) finish(append, outcome);
}

void Producer::tell(Append& append, Result<void, Error> result, Outcome& outcome) {
  if (append.told) return;
  append.told = true;
  outcome.told.emplace_back(std::move(append.done), std::move(result));
}

void Producer::finish(Append& append, Outcome& outcome) {
  tell(append, {}, outcome);
  taken_records_ -= append.records.size();
  taken_bytes_ -= append.bytes;
  outcome.finished.splice(outcome.finished.end(), appends_, append.self);
}

void Producer::Outcome::tell() {
  for (auto& [done, result] : told) done(std::move(result));
  told.clear();
}

}  // namespace vestnik::log::kafka
