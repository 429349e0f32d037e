#pragma once

#include <atomic>

#include "store/sqlite/gate.h"
#include "store/timeline.h"

namespace vestnik::store::sqlite {

class SqliteTimeline final : public Timeline {
 public:
  explicit SqliteTimeline(Gate& gate) : gate_(gate) {}

  void apply(std::shared_ptr<const FactBatch> facts, Timestamp now, Done<void> done) override;
  void notification(const NotificationId& id, Done<std::optional<NotificationView>> done) override;
  void newest(const UserId& user, std::size_t limit, Done<std::vector<NotificationView>> done) override;
  void stats(Timestamp now, Done<Stats> done) override;

 private:
  Gate& gate_;
};

}  // namespace vestnik::store::sqlite
