#include "log/sqlite/group.h"

#include <algorithm>
#include <map>
#include <utility>

namespace vestnik::log::sqlite {
namespace {

// log.h, Consumer::on_revoked.
constexpr auto release_within = std::chrono::seconds(5);

}  // namespace

Group::Group(std::string name, Catalog& catalog, Offsets& offsets, Deadlines& deadlines,
             std::atomic<std::int64_t>& epochs)
    : name_(std::move(name)), catalog_(catalog), offsets_(offsets), deadlines_(deadlines), epochs_(epochs) {}

void Group::add_slots(Topic& topic) {
  if (std::ranges::find(slots_, &topic, &Slot::topic) != slots_.end()) return;
  for (std::int32_t partition = 0; partition < topic.partitions; ++partition)
    slots_.push_back({&topic, partition, &offsets_.entry(name_, topic.id, partition)});
}

void Group::join(GroupMember& member, std::vector<Topic*> topics) {
  const std::lock_guard lock(mutex_);
  for (Topic* topic : topics) add_slots(*topic);
  members_.push_back({&member, std::move(topics)});
  rebalance();
}

void Group::leave(GroupMember& member) {
  const std::lock_guard lock(mutex_);
  std::erase_if(members_, [&](const Joined& joined) { return joined.member == &member; });
  for (Slot& slot : slots_)
    if (slot.owner == &member) {
      slot.owner = nullptr;
      slot.revocation = 0;
    }
  rebalance();
}

void Group::released(std::uint64_t revocation) {
  const std::lock_guard lock(mutex_);
  bool any = false;
  for (Slot& slot : slots_)
    if (slot.revocation == revocation) {
      slot.owner = nullptr;
      slot.revocation = 0;
      any = true;
    }
  if (any) rebalance();
}

void Group::commit(const GroupMember& member, std::size_t slot, std::int64_t next_offset) {
  const std::lock_guard lock(mutex_);
  if (slots_[slot].owner == &member) offsets_.commit(*slots_[slot].offset, next_offset);
}

void Group::rebalance() {
  const std::vector<GroupMember*> share_of = shares();
  std::map<GroupMember*, std::vector<Assignment>> assigned;
  std::map<GroupMember*, std::vector<std::size_t>> revoked;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    if (slot.owner == share_of[i] || slot.revocation != 0) continue;
    if (slot.owner) {
      revoked[slot.owner].push_back(i);
      continue;
    }
    slot.owner = share_of[i];
    assigned[slot.owner].push_back({slot.topic, slot.partition, offsets_.committed(*slot.offset), i});
  }
  for (auto& [member, slots] : revoked) {
    const std::uint64_t revocation = ++revocations_;
    for (const std::size_t i : slots) slots_[i].revocation = revocation;
    deadlines_.after(release_within, [weak = weak_from_this(), revocation] {
      if (const auto group = weak.lock()) group->released(revocation);
    });
    member->revoke(std::move(slots), revocation);
  }
  if (assigned.empty()) return;
  const std::int64_t epoch = ++epochs_;
  for (auto& [member, assignments] : assigned) member->assign(std::move(assignments), epoch);
}

std::vector<GroupMember*> Group::shares() const {
  std::vector<GroupMember*> shares(slots_.size());
  const Topic* topic = nullptr;
  for (const Slot& slot : slots_)
    if (std::exchange(topic, slot.topic) != slot.topic) share_topic(slot.topic, shares);
  return shares;
}

void Group::share_topic(const Topic* topic, std::vector<GroupMember*>& shares) const {
  struct Share {
    GroupMember* member;
    std::size_t joined = 0;  // its place in the order of joining
    std::size_t has = 0;
    std::size_t quota = 0;
  };
  std::vector<Share> members;
  for (const Joined& joined : members_)
    if (std::ranges::find(joined.topics, topic) != joined.topics.end())
      members.push_back({joined.member, members.size()});
  if (members.empty()) return;
  const auto share_of = [&](const GroupMember* member) {
    return std::ranges::find(members, member, &Share::member);
  };

  std::vector<std::size_t> slots;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].topic != topic) continue;
    slots.push_back(i);
    if (const auto owner = share_of(slots_[i].owner); owner != members.end()) ++owner->has;
  }
  // What is left over by the division goes to those that have most, so that least moves.
  std::ranges::sort(members, [](const Share& a, const Share& b) {
    return a.has != b.has ? a.has > b.has : a.joined < b.joined;
  });
  for (std::size_t i = 0; i < members.size(); ++i)
    members[i].quota = slots.size() / members.size() + (i < slots.size() % members.size());

  for (const std::size_t i : slots)
    if (const auto owner = share_of(slots_[i].owner); owner != members.end() && owner->quota > 0) {
      shares[i] = owner->member;
      --owner->quota;
    }
  auto next = members.begin();
  for (const std::size_t i : slots) {
    if (shares[i]) continue;
    while (next->quota == 0) ++next;
    shares[i] = next->member;
    --next->quota;
  }
}

std::vector<GroupLag> Group::lag() const {
  std::vector<GroupLag> result;
  const std::lock_guard lock(mutex_);
  for (const Slot& slot : slots_) {
    if (result.empty() || result.back().topic != slot.topic->name)
      result.push_back({name_, slot.topic->name, 0});
    result.back().lag += catalog_.end_offset(*slot.topic, slot.partition) - offsets_.committed(*slot.offset);
  }
  return result;
}

}  // namespace vestnik::log::sqlite
