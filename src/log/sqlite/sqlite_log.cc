#include "log/sqlite/sqlite_log.h"

#include <fmt/format.h>
#include <future>
#include <stdexcept>
#include <utility>

#include "log/sqlite/batch_codec.h"
#include "log/sqlite/group.h"
#include "log/sqlite/member.h"
#include "log/sqlite/schema.h"

namespace vestnik::log::sqlite {
namespace {

// An epoch is the number of this start in the upper bits and the number of the rebalance in the lower ones.
constexpr int rebalance_bits = 32;

class SqliteSubscription final : public Subscription {
 public:
  explicit SqliteSubscription(std::shared_ptr<Member> member) : member_(std::move(member)) {}
  ~SqliteSubscription() override { member_->leave(); }

  void done(const Position& position) override { member_->done(position); }
  void flush(Task committed) override { member_->flush(std::move(committed)); }

 private:
  const std::shared_ptr<Member> member_;
};

}  // namespace

SqliteLog::SqliteLog(vestnik::sqlite::Database& database, const Clock& clock, Options options)
    : database_(database),
      clock_(clock),
      options_(options),
      catalog_(options.cache_bytes_max),
      offsets_(database, deadlines_),
      appender_(database, catalog_, deadlines_, clock, options.pending_bytes_max,
                [this](const std::vector<Topic*>& topics) { wake_consumers(topics); }) {
  database.migrate("log", migrations);
  load();
}

void SqliteLog::load() {
  auto answer = std::make_shared<std::promise<Result<void, vestnik::sqlite::Error>>>();
  database_.write(
      [this](vestnik::sqlite::Connection& connection) {
        connection.prepare("UPDATE log_start SET count = count + 1").run();
        auto starts = connection.prepare("SELECT count FROM log_start");
        if (starts.step()) epochs_ = starts.integer(0) << rebalance_bits;
        catalog_.load(connection);
        offsets_.load(connection);
      },
      [answer](Result<void, vestnik::sqlite::Error> result) { answer->set_value(std::move(result)); });
  if (const auto result = answer->get_future().get(); !result)
    throw std::runtime_error("the log can't be opened: " + result.error().message);
}

SqliteLog::~SqliteLog() {
  appender_.close();
  offsets_.close();
  deadlines_.stop();
}

void SqliteLog::create_topic(std::string_view name, std::int32_t partitions) {
  catalog_.topic(name, partitions);
}

std::int64_t SqliteLog::place_of(std::string_view topic, std::int32_t partition, std::int64_t offset) const {
  return batch_id(catalog_.topic(topic, options_.partitions).id, partition, offset);
}

Record SqliteLog::record_at(vestnik::sqlite::Connection& connection, std::int64_t place) {
  auto holder =
      connection.prepare("SELECT id, count, records FROM log_batch WHERE id <= ? ORDER BY id DESC LIMIT 1");
  if (!holder.bind(1, place).step() || place >= holder.integer(0) + holder.integer(1))
    throw std::runtime_error("the log has no record at a place that the store names");
  const auto refuse = [](Damage damage) {
    throw std::runtime_error(
        fmt::format("the log is damaged at a place that the store names ({})", to_string(damage)));
  };
  const auto records = unseal(holder.blob(2));
  if (!records) refuse(records.error());
  BatchReader reader(*records);
  auto record = reader.next();
  for (std::int64_t at = holder.integer(0); record && at < place; ++at) record = reader.next();
  if (!record) refuse(record.error());
  return *std::move(record);
}

void SqliteLog::append(std::string_view topic, std::vector<Record> records, AppendDone done) {
  appender_.append(catalog_.topic(topic, options_.partitions), std::move(records), std::move(done));
}

Gathering SqliteLog::gathering(std::string_view topic) const {
  return gathering_at(clock_.steady_now(), catalog_.topic(topic, options_.partitions).partitions);
}

std::unique_ptr<Subscription> SqliteLog::subscribe(SubscribeOptions options, Consumer& consumer,
                                                   Executor& executor) {
  std::vector<Topic*> topics;
  for (const std::string& name : options.topics) topics.push_back(&catalog_.topic(name, options_.partitions));
  std::shared_ptr<Member> member;
  {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<Group>& group = groups_[options.group];
    if (!group) group = std::make_shared<Group>(options.group, catalog_, offsets_, deadlines_, epochs_);
    member = std::make_shared<Member>(MemberContext{catalog_, offsets_, deadlines_, database_}, group,
                                      std::move(topics), options, consumer, executor);
    std::erase_if(members_, [](const std::weak_ptr<Member>& gone) { return gone.expired(); });
    members_.push_back(member);
  }
  member->join();
  return std::make_unique<SqliteSubscription>(std::move(member));
}

void SqliteLog::wake_consumers(const std::vector<Topic*>& topics) {
  const std::lock_guard lock(mutex_);
  for (const std::weak_ptr<Member>& weak : members_)
    if (const auto member = weak.lock())
      for (const Topic* topic : topics)
        if (member->consumes(topic)) {
          member->wake();
          break;
        }
}

Health SqliteLog::health() const {
  if (std::string damage = catalog_.damage(); !damage.empty())
    return {"log", false, damage + ": restore the data directory from a backup"};
  Health health = database_.health();
  health.part = "log";
  return health;
}

std::vector<GroupLag> SqliteLog::lag() const {
  std::vector<GroupLag> result;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, group] : groups_) {
    std::vector<GroupLag> of_group = group->lag();
    result.insert(result.end(), std::make_move_iterator(of_group.begin()),
                  std::make_move_iterator(of_group.end()));
  }
  return result;
}

}  // namespace vestnik::log::sqlite
