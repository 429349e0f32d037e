#include "log/kafka/producer.h"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>
#include <utility>

#include "base/logging.h"
#include "log/kafka/handles.h"
#include "log/kafka/settings.h"

namespace vestnik::log::kafka {
namespace {

// A lane hands over a batch of this size without waiting for the one before it, so that librdkafka has the
// next request ready when the broker has answered.
constexpr std::size_t full_batch_bytes = 512 * 1024;
constexpr std::size_t full_batch_records = 2000;
// Events taken in one go, so that the consumers get their turn.
constexpr int events_per_turn = 256;
// Framing of a record and of each of its headers, at most (varints).
constexpr std::size_t record_framing_bytes = 64;
constexpr std::size_t header_framing_bytes = 10;

std::size_t size_of(const Record& record) {
  std::size_t bytes = record_framing_bytes + record.key.size() + record.value.size();
  for (const Header& header : record.headers)
    bytes += header_framing_bytes + header.name.size() + header.value.size();
  return bytes;
}

bool too_large(const Record& record) {
  return record.value.size() > record_bytes_max || size_of(record) > message_bytes_max;
}

Result<void, Error> failure_of(const rd_kafka_message_t& message) {
  switch (message.err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR: return {};
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      return fail(ErrorKind::too_large, "the topic takes no record of this size (max.message.bytes)");
    default: break;
  }
  const bool maybe_written = rd_kafka_message_status(&message) != RD_KAFKA_MSG_STATUS_NOT_PERSISTED;
  return fail(ErrorKind::unavailable,
              fmt::format("Kafka did not confirm the record: {}{}", rd_kafka_err2str(message.err),
                          maybe_written ? "; it may have been written" : ""));
}

}  // namespace

Producer::Producer(const Options& options, IoThread& io, Topics& topics, HealthBoard& health)
    : options_(options),
      io_(io),
      topics_(topics),
      health_(health),
      client_(std::make_unique<ProducerClient>(make_client(ClientKind::producer, producer_settings(options)),
                                               *io.wake())) {
  for (const std::string& topic : options_.topics) partitions_known_.try_emplace(topic, 0);
}

Producer::~Producer() = default;

void Producer::append(std::string_view topic, std::vector<Record> records, AppendDone done) {
  if (std::ranges::any_of(records, too_large)) {
    return done(fail(ErrorKind::too_large, fmt::format("a record exceeds {} bytes", record_bytes_max)));
  }
  std::size_t bytes = 0;
  for (const Record& record : records) bytes += size_of(record);
  const std::size_t count = records.size();
  Result<void, Error> refusal;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) {
      refusal = fail(ErrorKind::closed, "the log is shutting down");
    } else if (unreachable_) {
      refusal = fail(ErrorKind::unavailable, "no Kafka broker answers");
    } else if (taken_records_ + count > options_.append_records_max ||
               taken_bytes_ + bytes > options_.append_bytes_max) {
      refusal = fail(ErrorKind::overloaded, "too many records wait for Kafka to confirm them");
    } else if (count > 0) {
      const bool was_empty = intake_.empty();
      intake_.emplace_back(Append{.topic = std::string(topic),
                                  .records = std::move(records),
                                  .done = std::move(done),
                                  .bytes = bytes,
                                  .deadline = system_clock().steady_now() + options_.append_timeout});
      taken_records_ += count;
      taken_bytes_ += bytes;
      if (was_empty) io_.wake()->signal();
      return;
    }
  }
  done(std::move(refusal));
}

std::int32_t Producer::partitions(std::string_view topic) const {
  const auto known = partitions_known_.find(topic);
  return known == partitions_known_.end() ? 0 : known->second.load(std::memory_order_relaxed);
}

void Producer::close(Task drained) {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  io_.post([this, task = std::move(drained)]() mutable { drained_ = std::move(task); });
}

bool Producer::serve(SteadyTime now) {
  bool more = false;
  for (auto& retired : retired_) more |= poll(*retired, now);
  more |= poll(*client_, now);
  retire_clients();
  topics_.serve(client_->get(), client_->queue(), now);
  unreachable_ = topics_.unreachable();
  for (auto& [topic, partitions] : partitions_known_) partitions = topics_.partitions(topic);
  take_intake();
  place_unplaced();
  for (auto& [key, lane] : lanes_) pump(lane);
  expire(now);
  if (drained_ && std::ranges::all_of(appends_, &Append::told)) std::exchange(drained_, nullptr)();
  return more;
}

bool Producer::poll(ProducerClient& client, SteadyTime now) {
  for (int i = 0; i < events_per_turn; ++i) {
    const EventHandle event(rd_kafka_queue_poll(client.queue(), 0));
    if (event == nullptr) return false;
    switch (rd_kafka_event_type(event.get())) {
      case RD_KAFKA_EVENT_DR:
        while (const rd_kafka_message_t* message = rd_kafka_event_message_next(event.get()))
          on_report(*message, now);
        break;
      case RD_KAFKA_EVENT_ERROR:
        if (&client == client_.get()) on_error(event.get());
        break;
      default:
        if (&client == client_.get()) topics_.on_event(event.get(), now);
        break;
    }
  }
  return true;
}

void Producer::on_error(rd_kafka_event_t* event) {
  const rd_kafka_resp_err_t code = rd_kafka_event_error(event);
  if (code == RD_KAFKA_RESP_ERR__FATAL || rd_kafka_event_error_is_fatal(event) != 0) {
    client_lost_ = true;
    return;
  }
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return topics_.on_all_down();
  topics_.on_error(rd_kafka_event_error_string(event));
  topics_.on_doubt();
}

void Producer::on_report(const rd_kafka_message_t& message, SteadyTime now) {
  auto& ticket = *static_cast<Ticket*>(message._private);
  Append& append = *ticket.append;
  --ticket.lane->in_flight;
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    topics_.on_contact(now);
  } else if (message.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
             message.err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
             message.err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION) {
    topics_.forget(append.topic);
  } else {
    topics_.on_doubt();
  }
  report(ticket, failure_of(message));
}

void Producer::take_intake() {
  std::list<Append> taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(intake_);
  }
  const auto first = taken.begin();
  const bool any = !taken.empty();
  appends_.splice(appends_.end(), taken);
  for (auto it = any ? first : appends_.end(); it != appends_.end(); ++it) {
    it->self = it;
    it->unreported = it->records.size();
    topics_.want(it->topic);
    unplaced_.push_back(&*it);
  }
}

// In the order of the calls; a topic that isn't known yet holds back only its own appends.
void Producer::place_unplaced() {
  std::erase_if(unplaced_, [this](Append* append) {
    const std::int32_t partitions = topics_.partitions(append->topic);
    if (append->told) {
      append->unreported = 0;
      finish(*append);
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
    Lane& lane = lanes_[{append.topic, partition}];
    lane.topic = append.topic;
    lane.partition = partition;
    lane.waiting.push_back(&append.tickets.emplace_back(Ticket{&append, i, &lane}));
    lane.waiting_bytes += size_of(append.records[i]);
  }
}

void Producer::pump(Lane& lane) {
  if (lane.waiting.empty() || client_lost_) return;
  const bool full = lane.waiting_bytes >= full_batch_bytes || lane.waiting.size() >= full_batch_records;
  if (lane.in_flight > 0 && !full) return;
  while (!lane.waiting.empty()) {
    Ticket& ticket = *lane.waiting.front();
    const Record& record = ticket.append->records[ticket.index];
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (!ticket.append->told) code = client_->produce(lane.topic, lane.partition, record, &ticket);
    // Our own bounds are lower, but reports that we haven't taken yet count there: they make room, and wake
    // us.
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) return;
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
      client_lost_ = true;
      return;
    }
    lane.waiting.pop_front();
    lane.waiting_bytes -= size_of(record);
    if (ticket.append->told) {
      report(ticket, {});  // its caller has its answer already
    } else if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      ++lane.in_flight;
    } else {
      if (code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC || code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
        topics_.forget(lane.topic);
      report(ticket, fail(ErrorKind::unavailable,
                          fmt::format("Kafka refused the record: {}", rd_kafka_err2str(code))));
    }
  }
}

void Producer::report(Ticket& ticket, Result<void, Error> outcome) {
  Append& append = *ticket.append;
  --append.unreported;
  if (!outcome) tell(append, std::move(outcome));
  if (append.unreported == 0) finish(append);
}

void Producer::tell(Append& append, Result<void, Error> outcome) {
  if (append.told) return;
  append.told = true;
  append.done(std::move(outcome));
}

void Producer::finish(Append& append) {
  tell(append, {});
  {
    const std::lock_guard lock(mutex_);
    taken_records_ -= append.records.size();
    taken_bytes_ -= append.bytes;
  }
  appends_.erase(append.self);
}

void Producer::expire(SteadyTime now) {
  for (Append& append : appends_) {
    if (append.deadline > now) break;
    if (append.told) continue;
    topics_.on_doubt();
    tell(append,
         fail(ErrorKind::unavailable, "Kafka did not confirm in time; what was sent may have been written"));
  }
}

// Reports of what the old client had under way still come, through its own queue; lanes wait for them, so the
// order of a key is kept.
void Producer::replace_client() {
  try {
    auto fresh = std::make_unique<ProducerClient>(
        make_client(ClientKind::producer, producer_settings(options_)), *io_.wake());
    client_->give_up();
    retired_.push_back(std::exchange(client_, std::move(fresh)));
    topics_.on_client_lost();
    client_lost_ = false;
    health_.well("producer");
  } catch (const std::runtime_error& error) {
    health_.unwell("producer", error.what());
  }
}

void Producer::retire_clients() {
  if (client_lost_) {
    logging::warning("kafka", "the producer failed fatally and is replaced");
    replace_client();
  }
  std::erase_if(retired_, [](const auto& client) { return client->idle(); });
}

}  // namespace vestnik::log::kafka
