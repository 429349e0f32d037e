#include "log/sqlite/member.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "base/logging.h"

namespace vestnik::log::sqlite {
namespace {

// One read of a partition that is behind. With every partition of a topic behind, a member holds this much of
// each.
constexpr std::size_t fetch_bytes = 512 * 1024;
// Of one partition in one on_records call.
constexpr std::size_t handed_out_bytes_max = 2 * 1024 * 1024;
constexpr auto fetch_again_after = std::chrono::milliseconds(200);

}  // namespace

Member::Member(MemberContext context, std::shared_ptr<Group> group, std::vector<Topic*> topics,
               const SubscribeOptions& options, Consumer& consumer, Executor& executor)
    : context_(context),
      group_(std::move(group)),
      topics_(std::move(topics)),
      in_flight_max_(std::max<std::size_t>(options.in_flight_max, 1)),
      batch_max_(std::max<std::size_t>(options.batch_max, 1)),
      consumer_(consumer),
      executor_(executor) {}

void Member::join() { group_->join(*this, topics_); }

bool Member::consumes(const Topic* topic) const { return std::ranges::find(topics_, topic) != topics_.end(); }

template <class F>
void Member::post(F task) {
  const std::lock_guard lock(post_mutex_);
  if (left_) return;
  executor_.post([weak = weak_from_this(), task = std::move(task)]() mutable {
    // left_ is set on this executor only, so it is not in between the look and the task.
    if (const auto self = weak.lock(); self && !self->left_) task(*self);
  });
}

void Member::wake() {
  if (woken_.exchange(true)) return;
  post([](Member& self) { self.pump(); });
}

void Member::assign(std::vector<Assignment> assignments, std::int64_t epoch) {
  post([assignments = std::move(assignments), epoch](Member& self) { self.on_assigned(assignments, epoch); });
}

void Member::revoke(std::vector<std::size_t> slots, std::uint64_t revocation) {
  post([slots = std::move(slots), revocation](Member& self) { self.on_revoked(slots, revocation); });
}

void Member::on_assigned(const std::vector<Assignment>& assignments, std::int64_t epoch) {
  std::vector<TopicPartition> partitions;
  for (const Assignment& a : assignments) {
    // Left over when it was taken from this member after 5 s without its release.
    if (const auto old = std::ranges::find(cursors_, a.slot, &Cursor::slot); old != cursors_.end()) drop(old);
    Cursor cursor{.topic = a.topic,
                  .partition = a.partition,
                  .slot = a.slot,
                  .id = ++cursor_ids_,
                  .next_offset = a.next_offset};
    cursors_.push_back(std::move(cursor));
    partitions.push_back({a.topic->name, a.partition});
  }
  wake();
  consumer_.on_assigned(std::move(partitions), epoch);
}

void Member::on_revoked(const std::vector<std::size_t>& slots, std::uint64_t revocation) {
  std::vector<TopicPartition> partitions;
  std::vector<std::uint64_t> cursor_ids;
  for (Cursor& cursor : cursors_)
    if (std::ranges::find(slots, cursor.slot) != slots.end()) {
      cursor.stopped = true;
      partitions.push_back({cursor.topic->name, cursor.partition});
      cursor_ids.push_back(cursor.id);
    }
  consumer_.on_revoked(std::move(partitions), [weak = weak_from_this(), cursor_ids, revocation] {
    if (const auto self = weak.lock())
      self->post([cursor_ids, revocation](Member& member) { member.on_released(cursor_ids, revocation); });
  });
}

void Member::on_released(const std::vector<std::uint64_t>& cursor_ids, std::uint64_t revocation) {
  for (const std::uint64_t id : cursor_ids)
    if (const auto cursor = std::ranges::find(cursors_, id, &Cursor::id); cursor != cursors_.end())
      drop(cursor);
  group_->released(revocation);
}

void Member::drop(std::vector<Cursor>::iterator cursor) {
  in_flight_ -= cursor->tracker.in_flight();
  cursors_.erase(cursor);
  if (std::exchange(full_, false)) wake();
}

void Member::pump() {
  woken_ = false;
  const std::size_t room = std::min(batch_max_, in_flight_max_ - std::min(in_flight_, in_flight_max_));
  full_ = room == 0;
  if (full_ || cursors_.empty()) return;
  std::vector<ConsumedRecord> records;
  const std::size_t first = turn_++ % cursors_.size();
  for (std::size_t i = 0; i < cursors_.size() && records.size() < room; ++i)
    gather(cursors_[(first + i) % cursors_.size()], room - records.size(), records);
  if (records.empty()) return;
  in_flight_ += records.size();
  wake();  // what is left; at the end of every cursor the next pump finds nothing and that is all
  // The last thing: the consumer may end its subscription in it.
  consumer_.on_records(std::move(records));
}

void Member::gather(Cursor& cursor, std::size_t room, std::vector<ConsumedRecord>& records) {
  std::size_t bytes = 0;
  while (room > 0 && bytes < handed_out_bytes_max && !cursor.stopped) {
    if ((!cursor.reader || cursor.reader->at_end()) && !open_next_batch(cursor)) return;
    auto record = cursor.reader->next();
    if (!record)
      return stop_damaged(
          cursor, fmt::format("offset {} is damaged ({})", cursor.next_offset, to_string(record.error())));
    const std::int64_t offset = cursor.next_offset++;
    cursor.tracker.handed_out(offset);
    bytes += record->value.size();
    records.push_back({{cursor.topic->name, cursor.partition, offset}, *std::move(record)});
    --room;
  }
}

bool Member::open_next_batch(Cursor& cursor) {
  cursor.reader.reset();
  cursor.batch.reset();
  while (!cursor.fetched.empty() && !cursor.batch) {
    if (cursor.fetched.front()->end_offset() > cursor.next_offset) cursor.batch = cursor.fetched.front();
    cursor.fetched.pop_front();
  }
  if (!cursor.batch) {
    if (cursor.fetching) return false;
    switch (context_.catalog.find(*cursor.topic, cursor.partition, cursor.next_offset, cursor.batch)) {
      case Catalog::Where::at_end: return false;
      case Catalog::Where::in_file: fetch(cursor); return false;
      case Catalog::Where::cached: break;
    }
  }
  cursor.reader.emplace(cursor.batch->records);
  const std::int64_t skipped = cursor.next_offset - cursor.batch->base_offset;
  for (std::int64_t i = 0; i < skipped; ++i) (void)cursor.reader->next();
  cursor.next_offset = std::max(cursor.next_offset, cursor.batch->base_offset);
  return true;
}

void Member::fetch(Cursor& cursor) {
  cursor.fetching = true;
  auto segment = std::make_shared<Segment>();
  context_.database.read_much(
      [segment, topic_id = cursor.topic->id, partition = cursor.partition,
       offset = cursor.next_offset](vestnik::sqlite::Connection& connection) {
        *segment = read_segment(connection, topic_id, partition, offset, fetch_bytes);
      },
      [segment, weak = weak_from_this(), id = cursor.id](Result<void, vestnik::sqlite::Error> result) {
        const auto self = weak.lock();
        if (!self) return;
        self->post([segment, id, result = std::move(result)](Member& member) {
          member.on_fetched(id, result ? Result<Segment, vestnik::sqlite::Error>(std::move(*segment))
                                       : std::unexpected(result.error()));
        });
      });
}

void Member::on_fetched(std::uint64_t cursor_id, const Result<Segment, vestnik::sqlite::Error>& segment) {
  const auto cursor = std::ranges::find(cursors_, cursor_id, &Cursor::id);
  if (cursor == cursors_.end()) return;
  cursor->fetching = false;
  if (!segment) {
    if (segment.error().kind == vestnik::sqlite::ErrorKind::fatal ||
        segment.error().kind == vestnik::sqlite::ErrorKind::closed)
      return;
    context_.deadlines.after(fetch_again_after, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->wake();
    });
    return;
  }
  cursor->fetched.assign(segment->batches.begin(), segment->batches.end());
  // What is before the damage is handed out first; the next fetch meets the damage alone.
  if (!segment->damage.empty() && segment->batches.empty()) return stop_damaged(*cursor, segment->damage);
  wake();
}

void Member::stop_damaged(Cursor& cursor, std::string_view where) {
  cursor.stopped = true;
  std::string detail = fmt::format("topic {} partition {}: {}", cursor.topic->name, cursor.partition, where);
  logging::error("log", "a partition can't be read any further", {{"where", detail}});
  context_.catalog.report_damage(std::move(detail));
}

void Member::done(const Position& position) {
  const auto cursor = std::ranges::find_if(cursors_, [&](const Cursor& c) {
    return c.partition == position.partition && c.topic->name == position.topic;
  });
  if (cursor == cursors_.end() || !cursor->tracker.done(position.offset)) return;
  --in_flight_;
  if (const auto next = cursor->tracker.take_committable()) group_->commit(*this, cursor->slot, *next);
  if (std::exchange(full_, false)) wake();
}

void Member::flush(Task committed) {
  context_.offsets.flush([weak = weak_from_this(), committed = std::move(committed)]() mutable {
    if (const auto self = weak.lock())
      self->post([committed = std::move(committed)](Member&) mutable { committed(); });
  });
}

void Member::leave() {
  {
    const std::lock_guard lock(post_mutex_);
    left_ = true;
  }
  group_->leave(*this);
}

}  // namespace vestnik::log::sqlite
