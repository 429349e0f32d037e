#include "log/kafka/producer.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "base/logging.h"
#include "log/kafka/handles.h"
#include "log/kafka/settings.h"

namespace vestnik::log::kafka {
namespace {

// Events taken in one go, so that the consumers get their turn.
constexpr int events_per_turn = 256;

Result<void, Error> failure_of(const rd_kafka_message_t& message) {
  if (message.err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
    return fail(ErrorKind::too_large, "the topic takes no record of this size (max.message.bytes)");
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
      client_(std::make_shared<ProducerClient>(options, *io.wake(), *this)) {
  for (const std::string& topic : options_.topics) partitions_known_.try_emplace(topic, 0);
}

Producer::~Producer() {
  // Confirmations that still come are told while all that they touch is there.
  retired_.clear();
  client_.reset();
}

void Producer::append(std::string_view topic, std::vector<Record> records, AppendDone done) {
  if (std::ranges::any_of(records, is_too_large)) {
    return done(fail(ErrorKind::too_large, fmt::format("a record exceeds {} bytes", record_bytes_max)));
  }
  std::size_t bytes = 0;
  for (const Record& record : records) bytes += size_of(record);
  const std::size_t count = records.size();
  bool is_placed = false, start = false;
  Result<void, Error> taken;
  {
    const std::lock_guard lock(mutex_);
    taken = refusal(count, bytes);
    if (taken && count > 0) {
      Append& append =
          appends_.emplace_back(Append{.topic = std::string(topic),
                                       .records = std::move(records),
                                       .done = std::move(done),
                                       .bytes = bytes,
                                       .deadline = system_clock().steady_now() + options_.append_timeout,
                                       .unreported = count});
      append.self = std::prev(appends_.end());
      taken_records_ += count;
      taken_bytes_ += bytes;
      const std::int32_t known = unplaced_.empty() ? partitions(topic) : 0;
      is_placed = known > 0;
      if (is_placed)
        place(append, known);
      else
        unplaced_.push_back(&append);
      start = !ready_.empty();
    }
  }
  // NOLINTNEXTLINE(bugprone-use-after-move): moved only where it is taken
  if (!taken || count == 0) return done(std::move(taken));
  if (!is_placed) return io_.wake()->signal();
  if (start) start_lanes();
}

// Nothing: it is taken.
Result<void, Error> Producer::refusal(std::size_t records, std::size_t bytes) const {
  if (closed_) return fail(ErrorKind::closed, "the log is shutting down");
  if (unreachable_) return fail(ErrorKind::unavailable, "no Kafka broker answers");
  if (taken_records_ + records > options_.append_records_max ||
      taken_bytes_ + bytes > options_.append_bytes_max)
    return fail(ErrorKind::overloaded, "too many records wait for Kafka to confirm them");
  return {};
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
  if (contact_.exchange(false)) topics_.on_contact(now);
  bool more = false;
  for (auto& retired : retired_) more |= poll(*retired, now);
  more |= poll(*client_, now);
  retire_clients();
  topics_.serve(client_->get(), client_->queue(), now);
  unreachable_ = topics_.unreachable();
  for (auto& [topic, partitions] : partitions_known_) partitions = topics_.partitions(topic);
  Outcome outcome;
  bool drained = false;
  {
    const std::lock_guard lock(mutex_);
    place_unplaced(outcome);
    for (auto& [key, lane] : lanes_) start_if_ready(lane);
    expire(now, outcome);
    drained = bursts_ == 0 && std::ranges::all_of(appends_, &Append::told);
  }
  outcome.tell();
  serve_lanes();
  if (drained_ && drained) std::exchange(drained_, nullptr)();
  return more;
}

bool Producer::poll(ProducerClient& client, SteadyTime now) {
  for (int i = 0; i < events_per_turn; ++i) {
    const EventHandle event(rd_kafka_queue_poll(client.queue(), 0));
    if (event == nullptr) return false;
    switch (rd_kafka_event_type(event.get())) {
      case RD_KAFKA_EVENT_DR:
        while (const rd_kafka_message_t* message = rd_kafka_event_message_next(event.get()))
          on_failed(*message);
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
    const std::lock_guard lock(mutex_);
    client_lost_ = true;
    return;
  }
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return topics_.on_all_down();
  topics_.on_error(rd_kafka_event_error_string(event));
  topics_.on_doubt();
}

void Producer::on_confirmed(void* opaque) {
  auto& ticket = *static_cast<Ticket*>(opaque);
  contact_ = true;
  Outcome outcome;
  bool wake;
  {
    const std::lock_guard lock(mutex_);
    --ticket.lane->in_flight;
    wake = start_if_ready(*ticket.lane);
    report(ticket, {}, outcome);
    wake |= closed_ && appends_.empty();
  }
  if (wake || unreachable_) io_.wake()->signal();
  in_confirmation_ = true;
  outcome.tell();
  in_confirmation_ = false;
}

void Producer::on_failed(const rd_kafka_message_t& message) {
  auto& ticket = *static_cast<Ticket*>(message._private);
  if (is_of_unknown_topic(message.err))
    topics_.forget(ticket.append->topic);
  else
    topics_.on_doubt();
  Outcome outcome;
  {
    const std::lock_guard lock(mutex_);
    --ticket.lane->in_flight;
    report(ticket, failure_of(message), outcome);
  }
  outcome.tell();
}

void Producer::expire(SteadyTime now, Outcome& outcome) {
  for (Append& append : appends_) {
    if (append.deadline > now) break;
    if (append.told) continue;
    topics_.on_doubt();
    tell(append,
         fail(ErrorKind::unavailable, "Kafka did not confirm in time; what was sent may have been written"),
         outcome);
  }
}

// Reports of what the old client had under way still come, through its own queue; lanes wait for them, so the
// order of a key is kept.
void Producer::replace_client() {
  try {
    auto fresh = std::make_shared<ProducerClient>(options_, *io_.wake(), *this);
    client_->give_up();
    {
      const std::lock_guard lock(mutex_);
      retired_.push_back(std::exchange(client_, std::move(fresh)));
      client_lost_ = false;
    }
    topics_.on_client_lost();
    health_.well("producer");
  } catch (const std::runtime_error& error) {
    health_.unwell("producer", error.what());
  }
}

void Producer::retire_clients() {
  bool lost;
  {
    const std::lock_guard lock(mutex_);
    lost = client_lost_;
  }
  if (lost) {
    logging::warning("kafka", "the producer failed fatally and is replaced");
    replace_client();
  }
  // One that a thread is still handing over to isn't idle.
  std::erase_if(retired_, [](const auto& client) { return client.use_count() == 1 && client->idle(); });
}

}  // namespace vestnik::log::kafka
