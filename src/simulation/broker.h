// The simulated log: what is durable in it, its consumer groups, and its moods. Processes reach it through
// BrokerClient (broker_client.h).
//
// Legal faults: an append is applied late, in part, or not at all; its answer comes late or never (the client
// then says `unavailable` within 2 s, as the seam promises); the broker is away for a while; a crash loses
// what is on its way and commits that are not yet durable; partitions move between members at any time, after
// `released` or 5 s; a member that was not heard of for a while loses its partitions without being asked.
// Never: a record applied and gone again, or records of one key from one client out of order.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "log/log.h"
#include "log/offset_tracker.h"
#include "simulation/process.h"

namespace vestnik::simulation {

struct BrokerMoods {
  double append_lost = 0.01;     // not applied, told as unavailable
  double append_partial = 0.01;  // applied for some partitions only, told as unavailable
  double answer_lost = 0.02;     // applied, told as unavailable
  double overloaded = 0.005;
  Duration delay_max = 8ms;
  Duration session_max = 6s;  // how long a member may be silent
  double eager = 0.3;         // a rebalance takes every partition away, then gives them out
};

// What the checks hear of it.
class BrokerWatcher {
 public:
  virtual ~BrokerWatcher() = default;
  virtual void on_appended(const std::string& topic, std::int32_t partition, const Record& record) = 0;
  // `from` (may be none) no longer has it. `forced`: without having let go of it.
  virtual void on_moved(const std::string& group, std::int32_t partition, Process* from, bool forced) = 0;
};

class Broker {
 public:
  Broker(World& world, BrokerMoods moods) : world_(world), moods_(moods) {}

  void create(const std::string& topic, std::int32_t partitions) {
    topics_[topic].resize(static_cast<std::size_t>(partitions));
  }
  void watch(BrokerWatcher& watcher) { watcher_ = &watcher; }
  void calm() { moods_ = {.append_lost = 0, .append_partial = 0, .answer_lost = 0, .overloaded = 0}; }

  // Nothing is taken, handed out or moved while it is away.
  void go_away(Duration how_long);
  void crash();
  void rebalance_at_random();
  // It is dead or asleep: how long until that is found out is for the dice.
  void not_heard_of(const ProcessPtr& process);
  void woke(const ProcessPtr& process);

  // Whether the process has been told that it has the partition, and not yet that it has it no more.
  bool believes_to_have(const Process& process, const std::string& topic, std::int32_t partition) const;
  // Whether the group gave it to the process, whatever that believes.
  bool has_given(const Process& process, const std::string& topic, std::int32_t partition) const;
  bool everything_is_consumed() const;
  const std::vector<Record>& records(const std::string& topic, std::int32_t partition) const {
    return topics_.at(topic).at(static_cast<std::size_t>(partition)).records;
  }
  std::int32_t partitions(const std::string& topic) const {
    return static_cast<std::int32_t>(topics_.at(topic).size());
  }

 private:
  friend class BrokerClient;
  friend class Membership;

  struct Partition {
    std::vector<Record> records;
  };
  struct Assignment {
    std::int64_t epoch = 0;
    log::OffsetTracker tracker;
    std::int64_t next = 0;  // to hand out
    bool fetching = false;
    std::int64_t to_commit = -1;
    bool leaving = false;  // asked to let go
  };
  struct Member {
    std::uint64_t number = 0;
    ProcessPtr process;
    log::Consumer* consumer = nullptr;  // none: it has left
    log::SubscribeOptions options;
    std::map<log::TopicPartition, std::shared_ptr<Assignment>> assigned;
    std::map<log::TopicPartition, std::int64_t> believed;  // what it was told on its executor
    bool expelled = false;
    bool fetch_is_due = false;
    bool commit_is_due = false;

    std::size_t in_flight() const {
      std::size_t count = 0;
      for (const auto& [part, assignment] : assigned) count += assignment->tracker.in_flight();
      return count;
    }
  };
  using MemberPtr = std::shared_ptr<Member>;
  struct Group {
    std::vector<MemberPtr> members;
    std::map<log::TopicPartition, std::int64_t> committed;
    std::map<log::TopicPartition, MemberPtr> owners;
    std::int64_t epoch = 0;
    std::map<log::TopicPartition, MemberPtr> moves;  // to whom, once let go of
    bool rebalance_is_due = false;
  };

  bool is_away() const { return world_.elapsed() < away_until_; }
  Duration delay() { return world_.dice.between(Duration(20), moods_.delay_max); }

  void apply(const std::string& topic, std::int32_t partition, const std::vector<Record>& records);
  void join(const std::string& group, const MemberPtr& member);
  void leave(const std::string& group, const MemberPtr& member);
  void expel(const std::string& group, const MemberPtr& member);
  void rejoin(const std::string& group, const MemberPtr& member);
  void want_rebalance(const std::string& group);
  void rebalance(const std::string& group);
  void revoke(const std::string& group, const MemberPtr& member, std::vector<log::TopicPartition> leaving);
  void let_go(const std::string& group, const MemberPtr& member,
              const std::vector<std::pair<log::TopicPartition, std::shared_ptr<Assignment>>>& parts,
              bool forced);
  void take_from(const std::string& group, const MemberPtr& member, const log::TopicPartition& part,
                 bool forced);
  void give(const std::string& group, const log::TopicPartition& part, const MemberPtr& to);
  void tell_assigned(const MemberPtr& member, std::vector<log::TopicPartition> parts, std::int64_t epoch);
  void poke_all();
  void poke(const std::string& group, const MemberPtr& member);
  void fetch(const std::string& group, const MemberPtr& member);
  void hand_out(const std::string& group, const MemberPtr& member, const log::TopicPartition& part,
                const std::shared_ptr<Assignment>& assignment, std::int64_t end);
  void commit_soon(const std::string& group, const MemberPtr& member);
  void commit(const std::string& group, Member& member);

  World& world_;
  BrokerMoods moods_;
  BrokerWatcher* watcher_ = nullptr;
  std::map<std::string, std::vector<Partition>> topics_;
  std::map<std::string, Group> groups_;
  Duration away_until_{0};
  std::uint64_t life_ = 0;  // grows with every crash: what was on its way in an earlier one is lost
  std::uint64_t next_member_ = 1;
};

}  // namespace vestnik::simulation
