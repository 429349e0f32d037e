#include "log/kafka/group_member.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

#include "base/logging.h"
#include "log/kafka/message.h"
#include "log/kafka/partition_list.h"

namespace vestnik::log::kafka {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds commit_interval{200};
constexpr milliseconds commit_retry_interval{250};
// Closing: until the last commit is given up, and until leaving the group is. Together below the 5 s that
// kafka_log.h promises, with time left to end librdkafka's threads.
constexpr milliseconds close_commit_time{1500};
constexpr milliseconds close_time{4000};
// Messages or events taken in one go, so that other consumers and the producer get their turn.
constexpr std::size_t messages_per_turn = 2048;
constexpr int events_per_turn = 256;

QueueHandle new_queue(rd_kafka_t* client) { return QueueHandle(rd_kafka_queue_new(client)); }

}  // namespace

GroupMember::GroupMember(ClientHandle client, SubscribeOptions options, IoThread& io, Topics& topics,
                         HealthBoard& health, Reaper& reaper, Consumer& consumer, Executor& executor)
    : options_(std::move(options)),
      io_(io),
      topics_(topics),
      health_(health),
      reaper_(reaper),
      executor_(executor),
      link_(std::make_shared<ConsumerLink>(&consumer)),
      progress_(options_.in_flight_max),
      client_(std::move(client)) {
  rd_kafka_poll_set_consumer(client_.get());
  events_.reset(rd_kafka_queue_get_consumer(client_.get()));
  data_ = new_queue(client_.get());
  replies_ = new_queue(client_.get());
  for (rd_kafka_queue_t* queue : {events_.get(), data_.get(), replies_.get()}) io_.wake()->listen(queue);
}

GroupMember::~GroupMember() {
  for (rd_kafka_queue_t* queue : {events_.get(), data_.get(), replies_.get()})
    rd_kafka_queue_io_event_enable(queue, -1, nullptr, 0);
  if (!leaving_ || rd_kafka_consumer_closed(client_.get()) != 0) return;
  data_.reset();
  events_.reset();
  reaper_.take(std::move(client_), std::move(replies_));
}

void GroupMember::start() {
  for (const std::string& topic : options_.topics) topics_.want(topic);
  io_.add(*this);
}

bool GroupMember::serve(SteadyTime now) {
  serve_replies(now);
  bool more = false;
  switch (phase_) {
    case Phase::waiting_for_topics:
      serve_events(now);
      subscribe();
      break;
    case Phase::running:
      serve_events(now);
      more = deliver();
      step_revocation(now);
      step_commits(now);
      step_lag(now);
      break;
    case Phase::committing:
    case Phase::leaving: serve_events(now); break;
    case Phase::closed: return false;
  }
  step_close(now);
  return more;
}

// Subscribing to a topic that isn't there yet would leave it out until librdkafka's next look, minutes later.
void GroupMember::subscribe() {
  if (std::ranges::any_of(options_.topics,
                          [this](const auto& topic) { return topics_.partitions(topic) == 0; }))
    return;
  const auto list = partition_list();
  for (const std::string& topic : options_.topics)
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  const rd_kafka_resp_err_t code = rd_kafka_subscribe(client_.get(), list.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    health_.unwell("group " + options_.group, fmt::format("can't subscribe: {}", rd_kafka_err2str(code)));
    return;
  }
  phase_ = Phase::running;
}

void GroupMember::serve_events(SteadyTime now) {
  for (int i = 0; i < events_per_turn; ++i) {
    const EventHandle event(rd_kafka_queue_poll(events_.get(), 0));
    if (event == nullptr) return;
    switch (rd_kafka_event_type(event.get())) {
      case RD_KAFKA_EVENT_REBALANCE: on_rebalance(event.get(), now); break;
      case RD_KAFKA_EVENT_ERROR: on_error(event.get()); break;
      case RD_KAFKA_EVENT_FETCH: on_stray_records(event.get()); break;
      default: break;
    }
  }
}

// Partitions are forwarded to `data` before they are assigned, so none should come this way; one that does
// must not be skipped, since the records after it would be committed.
void GroupMember::on_stray_records(rd_kafka_event_t* event) {
  std::vector<ConsumedRecord> batch;
  while (const rd_kafka_message_t* message = rd_kafka_event_message_next(event))
    append_record(*message, batch);
  post_batch(std::move(batch));
}

void GroupMember::serve_replies(SteadyTime now) {
  for (int i = 0; i < events_per_turn; ++i) {
    const EventHandle event(rd_kafka_queue_poll(replies_.get(), 0));
    if (event == nullptr) return;
    switch (rd_kafka_event_type(event.get())) {
      case RD_KAFKA_EVENT_OFFSET_COMMIT: on_committed(event.get(), now); break;
      case RD_KAFKA_EVENT_LISTOFFSETS_RESULT: on_end_offsets(event.get()); break;
      case RD_KAFKA_EVENT_LISTCONSUMERGROUPOFFSETS_RESULT: on_group_offsets(event.get()); break;
      case RD_KAFKA_EVENT_REBALANCE: on_rebalance(event.get(), now); break;  // while leaving they come here
      case RD_KAFKA_EVENT_ERROR: on_error(event.get()); break;
      default: break;
    }
  }
}

// True: stopped before the queue was empty, and there is room for more.
bool GroupMember::deliver() {
  std::array<rd_kafka_message_t*, 512> messages{};
  for (std::size_t taken = 0; taken < messages_per_turn;) {
    const std::size_t wanted = std::min({progress_.room(), options_.batch_max, messages.size()});
    if (wanted == 0) return false;
    const ssize_t count = rd_kafka_consume_batch_queue(data_.get(), 0, messages.data(), wanted);
    if (count <= 0) return false;
    std::vector<ConsumedRecord> batch;
    batch.reserve(static_cast<std::size_t>(count));
    for (ssize_t i = 0; i < count; ++i) {
      const MessageHandle message(messages[static_cast<std::size_t>(i)]);
      append_record(*message, batch);
    }
    post_batch(std::move(batch));
    taken += static_cast<std::size_t>(count);
  }
  return true;
}

void GroupMember::append_record(const rd_kafka_message_t& message, std::vector<ConsumedRecord>& batch) {
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    // librdkafka goes on by itself after every error of a partition's fetcher.
    logging::warning("kafka", "a partition can't be read right now",
                     {{"group", options_.group}, {"reason", rd_kafka_message_errstr(&message)}});
    return;
  }
  const char* topic = rd_kafka_topic_name(message.rkt);
  if (!progress_.hand_out(topic, message.partition, message.offset)) return;
  batch.push_back({.position = {topic, message.partition, message.offset}, .record = record_of(message)});
}

void GroupMember::post_batch(std::vector<ConsumedRecord> batch) {
  if (batch.empty()) return;
  executor_.post([link = link_, records = std::move(batch)]() mutable {
    if (link->consumer != nullptr) link->consumer->on_records(std::move(records));
  });
}

void GroupMember::flush(Task committed) { flushes_.push_back(std::move(committed)); }

void GroupMember::step_commits(SteadyTime now) {
  if (now < commit_retry_at_ || (now < commit_at_ && flushes_.empty())) return;
  start_commit(now);
}

void GroupMember::start_commit(SteadyTime now) {
  if (commit_under_way_) return;
  commit_at_ = now + commit_interval;
  const std::vector<Position> offsets = progress_.begin_commit();
  if (offsets.empty()) {
    for (Task& flush : std::exchange(flushes_, {})) executor_.post(std::move(flush));
    return;
  }
  const auto list = partition_list();
  for (const Position& position : offsets)
    rd_kafka_topic_partition_list_add(list.get(), position.topic.c_str(), position.partition)->offset =
        position.offset;
  const auto code = rd_kafka_commit_queue(client_.get(), list.get(), replies_.get(), nullptr, nullptr);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    for (const Position& position : offsets) progress_.commit_failed({position.topic, position.partition});
    commit_retry_at_ = now + commit_retry_interval;
    return;
  }
  commit_under_way_ = true;
  flushes_under_way_ = std::exchange(flushes_, {});
}

void GroupMember::on_committed(rd_kafka_event_t* event, SteadyTime now) {
  commit_under_way_ = false;
  const rd_kafka_resp_err_t error = rd_kafka_event_error(event);
  const rd_kafka_topic_partition_list_t* list = rd_kafka_event_topic_partition_list(event);
  bool all = error == RD_KAFKA_RESP_ERR_NO_ERROR;
  for (int i = 0; list != nullptr && i < list->cnt; ++i) {
    const rd_kafka_topic_partition_t& entry = list->elems[i];
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR && entry.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      progress_.committed({entry.topic, entry.partition});
    } else {
      all = false;
      progress_.commit_failed({entry.topic, entry.partition});
    }
  }
  if (all) {
    for (Task& flush : flushes_under_way_) executor_.post(std::move(flush));
  } else {
    // Common while the group rebalances or the coordinator moves: what still is ours is committed with the
    // next try.
    commit_retry_at_ = now + commit_retry_interval;
    std::ranges::move(flushes_under_way_, std::back_inserter(flushes_));
  }
  flushes_under_way_.clear();
}

void GroupMember::on_error(rd_kafka_event_t* event) {
  switch (rd_kafka_event_error(event)) {
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__TIMED_OUT: return;  // Topics finds out for everybody
    default: break;
  }
  health_.unwell("group " + options_.group, rd_kafka_event_error_string(event));
}

void GroupMember::close(Task closed) {
  closed_ = std::move(closed);
  close_wanted_ = true;
}

void GroupMember::step_close(SteadyTime now) {
  if (!close_wanted_) return;
  if (!close_began_) {
    close_began_ = now;
    if (phase_ == Phase::running) phase_ = Phase::committing;
  }
  const auto spent = now - *close_began_;
  if (phase_ == Phase::committing) {
    if (now >= commit_retry_at_) start_commit(now);
    if (progress_.has_uncommitted() && spent < close_commit_time && !topics_.unreachable()) return;
    if (revocation_) give_up(std::exchange(revocation_, std::nullopt)->partitions);
    const ErrorHandle error(rd_kafka_consumer_close_queue(client_.get(), replies_.get()));
    leaving_ = error == nullptr;
    phase_ = leaving_ ? Phase::leaving : Phase::closed;
  }
  // There is nobody to leave when the brokers are known to be away.
  const bool left = phase_ != Phase::leaving || rd_kafka_consumer_closed(client_.get()) != 0;
  if (!left && spent < close_time && !topics_.unreachable()) return;
  phase_ = Phase::closed;
  health_.well("group " + options_.group);
  io_.remove(*this);
  // From here on another thread may destroy this.
  std::exchange(closed_, nullptr)();
}

}  // namespace vestnik::log::kafka
