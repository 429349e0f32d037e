// A consumer group of this process: who has which partition, and how a partition moves.
//
//   join or leave ─▶ every member's fair share ─▶ a partition that has to move is revoked ─▶ released, or 5 s
//   later ─▶ assigned to whose share it is now, with a new epoch, from the group's committed offset
//
// A member keeps as much of what it has as its share allows.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "log/log.h"
#include "log/sqlite/catalog.h"
#include "log/sqlite/deadlines.h"
#include "log/sqlite/offsets.h"

namespace vestnik::log::sqlite {

// A partition as it is given to a member. `slot` names it in the group.
struct Assignment {
  Topic* topic = nullptr;
  std::int32_t partition = 0;
  std::int64_t next_offset = 0;
  std::size_t slot = 0;
};

// What a group tells its members; called under the group's lock, so it only posts.
class GroupMember {
 public:
  virtual ~GroupMember() = default;
  virtual void assign(std::vector<Assignment> assignments, std::int64_t epoch) = 0;
  // Group::released(revocation) is to follow.
  virtual void revoke(std::vector<std::size_t> slots, std::uint64_t revocation) = 0;
};

// All functions may be called from any thread.
class Group : public std::enable_shared_from_this<Group> {
 public:
  // `epochs` gives the process' next epoch.
  Group(std::string name, Catalog& catalog, Offsets& offsets, Deadlines& deadlines,
        std::atomic<std::int64_t>& epochs);

  void join(GroupMember& member, std::vector<Topic*> topics);
  // Nothing is told to `member` any more.
  void leave(GroupMember& member);
  void released(std::uint64_t revocation);
  // Ignored when the slot is not this member's (any more).
  void commit(const GroupMember& member, std::size_t slot, std::int64_t next_offset);

  // One entry a topic.
  std::vector<GroupLag> lag() const;

 private:
  struct Slot {
    Topic* topic;
    std::int32_t partition;
    Offsets::Entry* offset;
    GroupMember* owner = nullptr;
    std::uint64_t revocation = 0;  // not 0: is being taken from `owner`
  };
  struct Joined {
    GroupMember* member;
    std::vector<Topic*> topics;
  };

  void add_slots(Topic& topic);
  void rebalance();
  std::vector<GroupMember*> shares() const;
  void share_topic(const Topic* topic, std::vector<GroupMember*>& shares) const;

  const std::string name_;
  Catalog& catalog_;
  Offsets& offsets_;
  Deadlines& deadlines_;
  std::atomic<std::int64_t>& epochs_;

  mutable std::mutex mutex_;
  std::vector<Slot> slots_;  // only grows: a slot's index stays
  std::vector<Joined> members_;
  std::uint64_t revocations_ = 0;
};

}  // namespace vestnik::log::sqlite
