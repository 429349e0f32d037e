#include "simulation/broker_client.h"

#include <algorithm>
#include <utility>

namespace vestnik::simulation {
namespace {

constexpr Duration told_within = 2s;  // log/log.h, Log::append

}  // namespace

class Membership final : public log::Subscription {
 public:
  Membership(Broker& broker, std::string group, Broker::MemberPtr member)
      : broker_(broker), group_(std::move(group)), member_(std::move(member)) {}
  ~Membership() override { broker_.leave(group_, member_); }

  void done(const log::Position& position) override {
    const log::TopicPartition part{position.topic, position.partition};
    const auto assigned = member_->assigned.find(part);
    if (assigned == member_->assigned.end() || !member_->believed.contains(part)) return;
    if (!assigned->second->tracker.done(position.offset)) return;
    broker_.commit_soon(group_, member_);
    broker_.poke(group_, member_);
  }

  void flush(Task committed) override {
    broker_.world_.after(broker_.delay(), [this_broker = &broker_, group = group_, member = member_,
                                           call = std::move(committed)]() mutable {
      if (!this_broker->is_away()) this_broker->commit(group, *member);
      member->process->post(std::move(call));
    });
  }

 private:
  Broker& broker_;
  std::string group_;
  Broker::MemberPtr member_;
};

std::unique_ptr<log::Subscription> BrokerClient::subscribe(log::SubscribeOptions options,
                                                           log::Consumer& consumer, Executor&) {
  auto member = std::make_shared<Broker::Member>();
  member->process = process_;
  member->consumer = &consumer;
  member->options = std::move(options);
  broker_.join(member->options.group, member);
  return std::make_unique<Membership>(broker_, member->options.group, member);
}

void BrokerClient::answer(Duration delay, Result<void, log::Error> result, log::AppendDone done) {
  broker_.world_.after(delay,
                       [process = process_, result = std::move(result), done = std::move(done)]() mutable {
                         if (process->alive()) done(std::move(result));
                       });
}

void BrokerClient::append(std::string_view topic, std::vector<Record> records, log::AppendDone done) {
  World& world = broker_.world_;
  Dice& dice = world.dice;
  const BrokerMoods& moods = broker_.moods_;
  if (dice.chance(moods.overloaded))
    return answer(broker_.delay(), fail(log::ErrorKind::overloaded, "the simulated queue is full"),
                  std::move(done));
  const bool lost = broker_.is_away() || dice.chance(moods.append_lost);
  const bool partial = dice.chance(moods.append_partial), silent = dice.chance(moods.answer_lost);
  const auto unavailable = [&](Duration delay) {
    world.note("{}: an append to {} is told as failed", process_->name(), topic);
    answer(delay, fail(log::ErrorKind::unavailable, "simulated"), std::move(done));
  };
  if (lost) return unavailable(dice.between(Duration(1ms), told_within));

  std::map<std::int32_t, std::vector<Record>> by_partition;
  const std::int32_t partitions = broker_.partitions(std::string(topic));
  for (Record& record : records) {
    const std::int32_t partition = log::partition_of(record.key, partitions);
    by_partition[partition].push_back(std::move(record));
  }
  if (partial) std::erase_if(by_partition, [&](const auto&) { return dice.chance(0.5); });
  Duration& last = arrives_[std::string(topic)];
  last = std::max(last, world.elapsed() + broker_.delay());
  world.after(last - world.elapsed(), [&broker = broker_, process = process_, topic = std::string(topic),
                                       life = broker_.life_, by_partition = std::move(by_partition),
                                       failed = partial || silent, done = std::move(done)]() mutable {
    World& w = broker.world_;
    // What a killed process had not quite written never leaves its machine.
    const bool gone = life != broker.life_ || (!process->alive() && w.dice.chance(0.5));
    if (!gone)
      for (const auto& [partition, part] : by_partition) broker.apply(topic, partition, part);
    if (!process->alive()) return;
    const bool tell_failure = gone || failed;
    if (tell_failure) w.note("{}: an append to {} is told as failed", process->name(), topic);
    w.after(tell_failure ? w.dice.between(Duration(1ms), Duration(1'900ms)) : broker.delay(),
            [process, tell_failure, done = std::move(done)]() mutable {
              if (!process->alive()) return;
              if (tell_failure)
                done(fail(log::ErrorKind::unavailable, "simulated"));
              else
                done({});
            });
  });
}

}  // namespace vestnik::simulation
