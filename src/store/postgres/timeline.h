#pragma once

#include "store/postgres/pool.h"
#include "store/timeline.h"

namespace vestnik::store::postgres {

class PostgresTimeline final : public Timeline {
 public:
  explicit PostgresTimeline(Pool& pool);

  void apply(std::shared_ptr<const FactBatch> facts, Timestamp now, Done<void> done) override;
  void notification(const NotificationId& id, Done<std::optional<NotificationView>> done) override;
  void newest(const UserId& user, std::size_t limit, Done<std::vector<NotificationView>> done) override;
  void stats(Timestamp now, Done<Stats> done) override;

  struct Facts {
    std::shared_ptr<const FactBatch> batch;
    Timestamp now;
  };
  struct Listing {
    UserId user;
    std::size_t limit;
  };

 private:
  Pool& pool_;
  Lane<Facts, std::monostate>& applying_;
  Lane<std::string, std::optional<NotificationView>>& viewing_;
  Lane<Listing, std::vector<NotificationView>>& listing_;
  Lane<Timestamp, Stats>& counting_;
};

}  // namespace vestnik::store::postgres
