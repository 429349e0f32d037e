#pragma once

#include <memory>

#include "store/names.h"
#include "store/postgres/pool.h"
#include "store/timeline.h"

namespace vestnik::store::postgres {

class TimelineMemory;

class PostgresTimeline final : public Timeline {
 public:
  PostgresTimeline(Pool& pool, const Clock& clock);
  ~PostgresTimeline() override;

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

  struct Facts {
    std::shared_ptr<const FactBatch> batch;
    Timestamp now;
  };
  struct RebuildFacts {
    RebuildId rebuild;
    Facts facts;
  };
  struct Searching {
    NotificationFilter filter;
    std::string cursor;
    std::size_t limit;
  };

 private:
  Pool& pool_;
  const Clock& clock_;
  std::unique_ptr<TimelineMemory> memory_;
  Lane<Facts, std::monostate>& applying_;
  Lane<std::string, std::optional<NotificationView>>& viewing_;
  Lane<Searching, NotificationPage>& searching_;
  Lane<Timestamp, Stats>& counting_;
  Lane<ReportQuery, Report>& reporting_;
  Lane<std::monostate, RebuildId>& beginning_;
  Lane<RebuildFacts, bool>& rebuilding_;
  Lane<RebuildId, bool>& finishing_;
  Lane<std::monostate, RebuildState>& rebuild_state_;
  Lane<Timestamp, bool>& shedding_;
};

}  // namespace vestnik::store::postgres
