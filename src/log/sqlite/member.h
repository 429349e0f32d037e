// A member of a group: reads its partitions from the newest batches in memory or from the file, and hands the
// records out on the consumer's executor. Its state lives on that executor; what comes from other threads is
// posted there.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "log/log.h"
#include "log/offset_tracker.h"
#include "log/sqlite/batch_codec.h"
#include "log/sqlite/catalog.h"
#include "log/sqlite/deadlines.h"
#include "log/sqlite/group.h"
#include "log/sqlite/segment_reader.h"

namespace vestnik::log::sqlite {

// What members use of the log; outlives them.
struct MemberContext {
  Catalog& catalog;
  Offsets& offsets;
  Deadlines& deadlines;
  vestnik::sqlite::Database& database;
};

class Member final : public GroupMember, public std::enable_shared_from_this<Member> {
 public:
  Member(MemberContext context, std::shared_ptr<Group> group, std::vector<Topic*> topics,
         const SubscribeOptions& options, Consumer& consumer, Executor& executor);

  // Once, after the constructor.
  void join();
  // Any thread.
  bool consumes(const Topic* topic) const;

  // Any thread: there may be something to hand out.
  void wake();
  void assign(std::vector<Assignment> assignments, std::int64_t epoch) override;
  void revoke(std::vector<std::size_t> slots, std::uint64_t revocation) override;

  // On the executor.
  void done(const Position& position);
  void flush(Task committed);
  void leave();

 private:
  // Where this member is in one of its partitions.
  struct Cursor {
    Topic* topic;
    std::int32_t partition;
    std::size_t slot;
    std::uint64_t id;  // of this assignment: an answer for an earlier one is dropped
    std::int64_t next_offset;
    OffsetTracker tracker;
    BatchPtr batch;  // what `reader` reads
    std::optional<BatchReader> reader;
    std::deque<BatchPtr> fetched;  // from the file
    bool fetching = false;
    bool stopped = false;  // revoked, or damaged
  };

  // Runs `task` on the executor, if this member has not left by then.
  template <class F>
  void post(F task);
  void pump();
  void gather(Cursor& cursor, std::size_t room, std::vector<ConsumedRecord>& records);
  bool open_next_batch(Cursor& cursor);
  void fetch(Cursor& cursor);
  void on_fetched(std::uint64_t cursor_id, const Result<Segment, vestnik::sqlite::Error>& segment);
  void on_assigned(const std::vector<Assignment>& assignments, std::int64_t epoch);
  void on_revoked(const std::vector<std::size_t>& slots, std::uint64_t revocation);
  void on_released(const std::vector<std::uint64_t>& cursor_ids, std::uint64_t revocation);
  void drop(std::vector<Cursor>::iterator cursor);
  // The rest of the partition can't be read: it stands still, the others go on, and health() says where.
  void stop_damaged(Cursor& cursor, std::string_view where);

  const MemberContext context_;
  const std::shared_ptr<Group> group_;
  const std::vector<Topic*> topics_;
  const std::size_t in_flight_max_;
  const std::size_t batch_max_;
  Consumer& consumer_;
  Executor& executor_;

  std::mutex post_mutex_;
  bool left_ = false;  // guarded by post_mutex_: the executor may be gone once it is set
  std::atomic<bool> woken_ = false;

  std::vector<Cursor> cursors_;
  std::size_t turn_ = 0;
  std::uint64_t cursor_ids_ = 0;
  std::size_t in_flight_ = 0;
  bool full_ = false;
};

}  // namespace vestnik::log::sqlite
