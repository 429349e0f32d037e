#include "log/kafka/kafka_log.h"

#include <algorithm>
#include <future>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "log/kafka/group_member.h"
#include "log/kafka/health_board.h"
#include "log/kafka/io_thread.h"
#include "log/kafka/producer.h"
#include "log/kafka/settings.h"
#include "log/kafka/topics.h"

namespace vestnik::log::kafka {
namespace {

Options checked(Options options) {
  if (options.brokers.empty()) throw std::invalid_argument("no Kafka brokers are given");
  options.append_timeout =
      std::clamp(options.append_timeout, std::chrono::milliseconds(100), std::chrono::milliseconds(1900));
  return options;
}

}  // namespace

class KafkaLog::Impl {
 public:
  explicit Impl(Options options)
      : options_(checked(std::move(options))),
        topics_(options_.partitions, options_.replication_factor, health_),
        producer_(options_, io_, topics_, health_) {
    // A consumer's properties are checked now, not when somebody subscribes.
    consumer_settings(options_, "check");
    io_.post([this] {
      for (const std::string& topic : options_.topics) topics_.want(topic);
      io_.add(producer_);
    });
  }

  ~Impl() {
    auto drained = std::make_shared<std::promise<void>>();
    auto when_drained = drained->get_future();
    producer_.close([drained] { drained->set_value(); });
    when_drained.wait();
    io_.stop();
  }

  Producer& producer() { return producer_; }
  const HealthBoard& health() const { return health_; }

  std::unique_ptr<Subscription> subscribe(SubscribeOptions options, Consumer& consumer, Executor& executor);

  std::vector<GroupLag> lag() const {
    std::map<std::pair<std::string, std::string>, std::int64_t> sums;
    const std::lock_guard lock(mutex_);
    for (GroupMember* member : members_)
      for (const auto& [topic, lag] : member->progress().lag()) sums[{member->group(), topic}] += lag;
    std::vector<GroupLag> lags;
    for (const auto& [key, lag] : sums) lags.push_back({key.first, key.second, lag});
    return lags;
  }

 private:
  class KafkaSubscription;

  const Options options_;
  HealthBoard health_;
  Topics topics_;  // on the I/O thread
  IoThread io_;
  Producer producer_;
  Reaper reaper_;
  mutable std::mutex mutex_;
  std::vector<GroupMember*> members_;  // guarded by mutex_
};

class KafkaLog::Impl::KafkaSubscription final : public Subscription {
 public:
  KafkaSubscription(Impl& log, ClientHandle client, SubscribeOptions options, Consumer& consumer,
                    Executor& executor)
      : log_(log),
        member_(std::move(client), std::move(options), log.io_, log.topics_, log.health_, log.reaper_,
                consumer, executor) {
    const std::lock_guard lock(log_.mutex_);
    log_.members_.push_back(&member_);
    log_.io_.post([this] { member_.start(); });
  }

  ~KafkaSubscription() override {
    member_.link().consumer = nullptr;
    {
      const std::lock_guard lock(log_.mutex_);
      std::erase(log_.members_, &member_);
    }
    auto closed = std::make_shared<std::promise<void>>();
    auto when_closed = closed->get_future();
    log_.io_.post([this, closed] { member_.close([closed] { closed->set_value(); }); });
    when_closed.wait();
  }

  void done(const Position& position) override {
    if (member_.progress().done(position)) log_.io_.wake()->signal();
  }

  void flush(Task committed) override {
    log_.io_.post([this, task = std::move(committed)]() mutable { member_.flush(std::move(task)); });
  }

 private:
  Impl& log_;
  GroupMember member_;
};

std::unique_ptr<Subscription> KafkaLog::Impl::subscribe(SubscribeOptions options, Consumer& consumer,
                                                        Executor& executor) {
  ClientHandle client = make_client(ClientKind::consumer, consumer_settings(options_, options.group));
  return std::make_unique<KafkaSubscription>(*this, std::move(client), std::move(options), consumer,
                                             executor);
}

KafkaLog::KafkaLog(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
KafkaLog::~KafkaLog() = default;

void KafkaLog::append(std::string_view topic, std::vector<Record> records, AppendDone done) {
  impl_->producer().append(topic, std::move(records), std::move(done));
}

Gathering KafkaLog::gathering(std::string_view topic) const {
  return gathering_at(system_clock().steady_now(), impl_->producer().partitions(topic));
}

std::unique_ptr<Subscription> KafkaLog::subscribe(SubscribeOptions options, Consumer& consumer,
                                                  Executor& executor) {
  return impl_->subscribe(std::move(options), consumer, executor);
}

Health KafkaLog::health() const { return impl_->health().health(); }
std::vector<GroupLag> KafkaLog::lag() const { return impl_->lag(); }

}  // namespace vestnik::log::kafka
