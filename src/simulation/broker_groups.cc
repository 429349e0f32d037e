// Consumer groups: who has which partition, and how it moves.
#include <algorithm>

#include "simulation/broker.h"

namespace vestnik::simulation {
namespace {

constexpr Duration revocation_wait = 5s;  // log/log.h, Consumer::on_revoked

}  // namespace

void Broker::join(const std::string& group, const MemberPtr& member) {
  member->number = next_member_++;
  groups_[group].members.push_back(member);
  world_.note("{} joins {}", member->process->name(), group);
  want_rebalance(group);
}

void Broker::leave(const std::string& group, const MemberPtr& member) {
  member->consumer = nullptr;
  Group& g = groups_.at(group);
  if (!member->process->alive()) return;  // as by SIGKILL: found out later
  world_.note("{} leaves {}", member->process->name(), group);
  if (!is_away()) commit(group, *member);
  std::erase(g.members, member);
  for (const auto& [part, assignment] : std::map(member->assigned)) take_from(group, member, part, false);
  want_rebalance(group);
}

void Broker::not_heard_of(const ProcessPtr& process) {
  const Duration silence =
      process->alive() ? moods_.session_max : world_.dice.between(10ms, moods_.session_max);
  for (auto& [name, group] : groups_)
    for (const MemberPtr& member : group.members)
      if (member->process == process)
        world_.after(silence, [this, left = name, member] {
          if (!member->process->runs()) expel(left, member);
        });
}

void Broker::expel(const std::string& group, const MemberPtr& member) {
  Group& g = groups_.at(group);
  if (member->expelled || std::erase(g.members, member) == 0) return;
  member->expelled = true;
  world_.note("{} is not heard of and expelled from {}", member->process->name(), group);
  for (const auto& [part, assignment] : std::map(member->assigned)) take_from(group, member, part, true);
  // Kept, so that believes_to_have() knows what a sleeper still believes.
  if (member->process->alive()) g.members.push_back(member);
  want_rebalance(group);
}

// A sleeper learns what it has lost some turns after it woke, and joins again.
void Broker::woke(const ProcessPtr& process) {
  for (auto& [name, group] : groups_)
    for (const MemberPtr& member : group.members)
      if (member->process == process)
        world_.after(world_.dice.between(1ms, 700ms), [this, left = name, member] {
          if (member->process->runs()) member->expelled ? rejoin(left, member) : poke(left, member);
        });
}

void Broker::rejoin(const std::string& group, const MemberPtr& member) {
  member->process->post([this, group, member] {
    if (!member->consumer || !member->expelled) return;
    std::vector<log::TopicPartition> lost;
    for (const auto& [part, epoch] : member->believed) lost.push_back(part);
    member->believed.clear();
    world_.note("{} hears that it was expelled from {}", member->process->name(), group);
    if (!lost.empty()) member->consumer->on_revoked(lost, [] {});
    member->expelled = false;
    want_rebalance(group);
  });
}

void Broker::rebalance_at_random() {
  if (groups_.empty()) return;
  auto group = groups_.begin();
  std::advance(group, world_.dice.below(groups_.size()));
  want_rebalance(group->first);
}

void Broker::want_rebalance(const std::string& group) {
  Group& g = groups_.at(group);
  if (g.rebalance_is_due) return;
  g.rebalance_is_due = true;
  world_.after(world_.dice.between(1ms, 60ms), [this, group] {
    Group& due = groups_.at(group);
    if (is_away()) return;           // poke_all comes back to it
    if (!due.moves.empty()) return;  // give() comes back to it
    due.rebalance_is_due = false;
    rebalance(group);
  });
}

void Broker::rebalance(const std::string& group) {
  Group& g = groups_.at(group);
  std::vector<MemberPtr> present;
  for (const MemberPtr& member : g.members)
    if (!member->expelled && member->consumer) present.push_back(member);
  ++g.epoch;
  if (present.empty()) return;
  const bool eager = world_.dice.chance(moods_.eager);
  const std::uint64_t turn = world_.dice.below(present.size());
  world_.note("{} is rebalanced: epoch {}, members {}{}", group, g.epoch, present.size(),
              eager ? ", eagerly" : "");

  std::size_t place = turn;
  std::map<MemberPtr, std::vector<log::TopicPartition>,
           decltype([](const MemberPtr& a, const MemberPtr& b) { return a->number < b->number; })>
      leaving;
  std::vector<std::pair<log::TopicPartition, MemberPtr>> free;
  for (const std::string& topic : present.front()->options.topics)
    for (std::int32_t partition = 0; partition < partitions(topic); ++partition) {
      const log::TopicPartition part{topic, partition};
      const MemberPtr to = present[place++ % present.size()];
      const auto owner = g.owners.find(part);
      if (owner == g.owners.end()) {
        free.emplace_back(part, to);
      } else if (owner->second != to || eager) {
        g.moves[part] = to;
        leaving[owner->second].push_back(part);
      }
    }
  for (const auto& [part, to] : free) give(group, part, to);
  for (auto& [member, parts] : leaving) revoke(group, member, std::move(parts));
}

void Broker::revoke(const std::string& group, const MemberPtr& member,
                    std::vector<log::TopicPartition> leaving) {
  std::vector<std::pair<log::TopicPartition, std::shared_ptr<Assignment>>> parts;
  for (const log::TopicPartition& part : leaving) {
    const auto assignment = member->assigned.at(part);
    assignment->leaving = true;
    parts.emplace_back(part, assignment);
  }
  member->process->post([this, group, member, parts] {
    std::vector<log::TopicPartition> told;
    for (const auto& [part, assignment] : parts)
      if (member->believed.erase(part) > 0) told.push_back(part);
    if (!member->consumer || told.empty()) return let_go(group, member, parts, false);
    world_.note("{} is asked to let go of {} partitions of {}", member->process->name(), told.size(), group);
    member->consumer->on_revoked(told, [this, group, member, parts] {
      world_.after(delay(), [this, group, member, parts] { let_go(group, member, parts, false); });
    });
  });
  world_.after(revocation_wait, [this, group, member, parts] { let_go(group, member, parts, true); });
}

void Broker::let_go(const std::string& group, const MemberPtr& member,
                    const std::vector<std::pair<log::TopicPartition, std::shared_ptr<Assignment>>>& parts,
                    bool forced) {
  const auto is_still_there = [&](const auto& entry) {
    const auto assigned = member->assigned.find(entry.first);
    return assigned != member->assigned.end() && assigned->second == entry.second;
  };
  if (std::ranges::none_of(parts, is_still_there)) return;
  if (!is_away()) commit(group, *member);
  for (const auto& entry : parts)
    if (is_still_there(entry)) take_from(group, member, entry.first, forced);
}

void Broker::take_from(const std::string& group, const MemberPtr& member, const log::TopicPartition& part,
                       bool forced) {
  Group& g = groups_.at(group);
  const auto assigned = member->assigned.find(part);
  member->assigned.erase(assigned);
  g.owners.erase(part);
  if (watcher_) watcher_->on_moved(group, part.partition, member->process.get(), forced);
  const auto move = g.moves.find(part);
  if (move == g.moves.end()) return;
  const MemberPtr to = move->second;
  g.moves.erase(move);
  if (!to->expelled && to->consumer) give(group, part, to);
  if (g.moves.empty() && g.rebalance_is_due) {
    g.rebalance_is_due = false;
    want_rebalance(group);
  }
}

void Broker::give(const std::string& group, const log::TopicPartition& part, const MemberPtr& to) {
  Group& g = groups_.at(group);
  const auto assignment = std::make_shared<Assignment>();
  assignment->epoch = g.epoch;
  assignment->next = g.committed[part];
  g.owners[part] = to;
  to->assigned[part] = assignment;
  to->process->post([this, group, to, part, assignment] {
    const auto assigned = to->assigned.find(part);
    if (!to->consumer || to->expelled || assigned == to->assigned.end() || assigned->second != assignment)
      return;
    to->believed[part] = assignment->epoch;
    world_.note("{} has {}/{} of {}, epoch {}, from {}", to->process->name(), part.topic, part.partition,
                group, assignment->epoch, assignment->next);
    to->consumer->on_assigned({part}, assignment->epoch);
    poke(group, to);
  });
}

}  // namespace vestnik::simulation
