#pragma once

#include <memory>

#include "base/clock.h"
#include "store/sqlite/gate.h"
#include "store/timeline.h"

namespace vestnik::store::sqlite {

struct TimelineMemory;

class SqliteTimeline final : public Timeline {
 public:
  SqliteTimeline(Gate& gate, const Clock& clock);
  ~SqliteTimeline() override;

  void apply(std::shared_ptr<const FactBatch> facts, Timestamp now, Done<void> done) override;
  void notification(const NotificationId& id, Done<std::optional<NotificationView>> done) override;
  void search(NotificationFilter filter, std::string cursor, std::size_t limit,
              Done<NotificationPage> done) override;
  void stats(Timestamp now, Done<Stats> done) override;
  void report(ReportQuery query, Done<Report> done) override;

  void begin_rebuild(Done<RebuildId> done) override;
  void apply_to_rebuild(RebuildId rebuild, std::shared_ptr<const FactBatch> facts, Timestamp now,
                        Done<bool> done) override;
  void finish_rebuild(RebuildId rebuild, Done<bool> done) override;
  void rebuild_state(Done<RebuildState> done) override;
  void shed_replaced(Done<bool> done) override;

 private:
  Gate& gate_;
  const Clock& clock_;
  std::shared_ptr<TimelineMemory> memory_;  // shared with the works that are queued
};

}  // namespace vestnik::store::sqlite
