#include "simulation/broker.h"

#include <algorithm>

namespace vestnik::simulation {

void Broker::go_away(Duration how_long) {
  world_.note("broker is away for {} ms", how_long.count() / 1000);
  away_until_ = std::max(away_until_, world_.elapsed() + how_long);
  world_.after(how_long, [this] { poke_all(); });
}

void Broker::crash() {
  world_.note("broker crashes");
  ++life_;
  go_away(world_.dice.between(5ms, 500ms));
}

void Broker::apply(const std::string& topic, std::int32_t partition, const std::vector<Record>& records) {
  auto& log = topics_.at(topic).at(static_cast<std::size_t>(partition)).records;
  for (const Record& record : records) {
    log.push_back(record);
    if (watcher_) watcher_->on_appended(topic, partition, record);
  }
  for (auto& [name, group] : groups_)
    for (const MemberPtr& member : group.members)
      if (member->assigned.contains({topic, partition})) poke(name, member);
}

void Broker::poke_all() {
  for (auto& [name, group] : groups_) {
    for (const MemberPtr& member : group.members) {
      poke(name, member);
      commit_soon(name, member);
    }
    if (group.rebalance_is_due) {
      group.rebalance_is_due = false;
      want_rebalance(name);
    }
  }
}

void Broker::poke(const std::string& group, const MemberPtr& member) {
  if (member->fetch_is_due || member->expelled) return;
  member->fetch_is_due = true;
  world_.after(delay(), [this, group, member] {
    member->fetch_is_due = false;
    fetch(group, member);
  });
}

// Hands out some of one partition, chosen at random, then looks again.
void Broker::fetch(const std::string& group, const MemberPtr& member) {
  if (is_away() || !member->consumer || !member->process->runs()) return;  // poked again later
  if (member->in_flight() >= member->options.in_flight_max) return;
  std::vector<log::TopicPartition> ready;
  for (const auto& [part, assignment] : member->assigned) {
    const auto end = static_cast<std::int64_t>(records(part.topic, part.partition).size());
    if (!assignment->fetching && !assignment->leaving && assignment->next < end) ready.push_back(part);
  }
  if (ready.empty()) return;
  const log::TopicPartition part = ready[world_.dice.below(ready.size())];
  const auto assignment = member->assigned.at(part);
  const auto end = static_cast<std::int64_t>(records(part.topic, part.partition).size());
  const auto room = static_cast<std::int64_t>(
      std::min(member->options.batch_max, member->options.in_flight_max - member->in_flight()));
  const std::int64_t count = std::min({end - assignment->next, room, world_.dice.between(1, 12)});
  assignment->fetching = true;
  member->process->post([this, group, member, part, assignment, count] {
    hand_out(group, member, part, assignment, assignment->next + count);
  });
  poke(group, member);
}

// On the member's executor. What it no longer has by now is handed out by its next owner.
void Broker::hand_out(const std::string& group, const MemberPtr& member, const log::TopicPartition& part,
                      const std::shared_ptr<Assignment>& assignment, std::int64_t end) {
  assignment->fetching = false;
  if (!member->consumer || !member->believed.contains(part) || assignment->leaving) return;
  std::vector<log::ConsumedRecord> batch;
  const auto& log = records(part.topic, part.partition);
  for (; assignment->next < end; ++assignment->next) {
    assignment->tracker.handed_out(assignment->next);
    batch.push_back(
        {{part.topic, part.partition, assignment->next}, log[static_cast<std::size_t>(assignment->next)]});
  }
  poke(group, member);
  member->consumer->on_records(std::move(batch));
}

void Broker::commit_soon(const std::string& group, const MemberPtr& member) {
  if (member->commit_is_due || member->expelled) return;
  member->commit_is_due = true;
  world_.after(delay() * 3, [this, group, member, life = life_] {
    member->commit_is_due = false;
    if (is_away() || life != life_) return;  // poked again later
    commit(group, *member);
  });
}

void Broker::commit(const std::string& group, Member& member) {
  Group& g = groups_.at(group);
  for (auto& [part, assignment] : member.assigned) {
    if (const auto offset = assignment->tracker.take_committable()) assignment->to_commit = *offset;
    const auto owner = g.owners.find(part);
    if (assignment->to_commit < 0 || owner == g.owners.end() || owner->second.get() != &member) continue;
    g.committed[part] = std::max(g.committed[part], assignment->to_commit);
  }
}

bool Broker::believes_to_have(const Process& process, const std::string& topic,
                              std::int32_t partition) const {
  for (const auto& [name, group] : groups_)
    for (const MemberPtr& member : group.members)
      if (member->process.get() == &process && member->believed.contains({topic, partition})) return true;
  return false;
}

bool Broker::has_given(const Process& process, const std::string& topic, std::int32_t partition) const {
  for (const auto& [name, group] : groups_) {
    const auto owner = group.owners.find({topic, partition});
    if (owner != group.owners.end() && owner->second->process.get() == &process) return true;
  }
  return false;
}

bool Broker::everything_is_consumed() const {
  for (const auto& [name, group] : groups_) {
    std::set<std::string> consumed;
    for (const MemberPtr& member : group.members)
      consumed.insert(member->options.topics.begin(), member->options.topics.end());
    for (const std::string& topic : consumed)
      for (std::int32_t partition = 0; partition < partitions(topic); ++partition) {
        const auto committed = group.committed.find({topic, partition});
        const std::int64_t upto = committed == group.committed.end() ? 0 : committed->second;
        if (upto < static_cast<std::int64_t>(records(topic, partition).size())) return false;
      }
  }
  return true;
}

}  // namespace vestnik::simulation
