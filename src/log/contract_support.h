// What the log contract's tests are written with: the log under test, and a member of a group that records
// what it sees.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <mutex>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "log/log.h"
#include "log/reader.h"
#include "log/test_executor.h"

namespace vestnik::log::test {

// Longer than anything a well log takes, rebalances of a busy broker included; no test waits for it to pass.
inline constexpr auto patience = std::chrono::seconds(30);

// An implementation as the suite sees it: one is made for each test, with data of its own.
class LogHarness {
 public:
  virtual ~LogHarness() = default;
  // The log, open. The reference is good until reopen() or the end.
  virtual Log& log() = 0;
  // Destroys the log and, if asked, opens another one on the same data. Subscriptions are gone by then.
  virtual void close() = 0;
  virtual void reopen() = 0;
  // Reads the same data beside the log.
  virtual std::unique_ptr<Reader> reader() = 0;
  // A topic of `partitions` partitions that no other test uses.
  virtual std::string topic(const std::string& name, std::int32_t partitions) = 0;
  // A group that no other test uses.
  virtual std::string group(const std::string& name) = 0;
};

struct LogFactory {
  std::string name;
  std::function<std::unique_ptr<LogHarness>()> make;
};
inline void PrintTo(const LogFactory& factory, std::ostream* out) { *out << factory.name; }

// Joins a group and keeps what it is told. All of its functions may be called from the test's thread.
class Member final : public Consumer {
 public:
  struct Behaviour {
    bool finish_at_once = true;              // done() for every record as it comes
    bool release_at_once = true;             // else nothing is released until release() is called
    std::function<void(Member&)> on_revoke;  // on the executor, before the partitions are released
  };

  Member(Log& log, SubscribeOptions options) : Member(log, std::move(options), Behaviour()) {}
  Member(Log& log, SubscribeOptions options, Behaviour behaviour)
      : options_(options), behaviour_(std::move(behaviour)) {
    executor_.run([&] { subscription_ = log.subscribe(std::move(options), *this, executor_); });
  }
  ~Member() override { leave(); }

  void leave() {
    executor_.run([this] {
      subscription_.reset();
      left_ = true;
    });
  }

  // Waits until `condition` holds; it is looked at, under this member's lock, after everything that happens
  // to it.
  template <class F>
  bool wait(F condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, condition);
  }
  bool wait_for_records(std::size_t count) {
    return wait([&] { return records_.size() >= count; });
  }
  bool wait_for_partitions(std::size_t count) {
    return wait([&] { return assigned_.size() == count; });
  }

  std::vector<ConsumedRecord> records() const { return locked(records_); }
  std::vector<std::string> values() const {
    std::vector<std::string> values;
    for (const ConsumedRecord& record : records()) values.push_back(record.record.value);
    return values;
  }
  std::set<TopicPartition> assigned() const { return locked(assigned_); }
  std::vector<std::int64_t> epochs() const { return locked(epochs_); }
  std::size_t in_flight_seen_max() const { return locked(in_flight_seen_max_); }
  std::size_t revocations() const { return locked(revocations_); }

  void done(const Position& position) {
    executor_.run([&] { finish(position); });
  }
  // done() from on_revoke.
  void finish(const Position& position) {
    subscription_->done(position);
    const std::lock_guard lock(mutex_);
    --in_flight_;
  }
  // True: `committed` was called, on the executor.
  bool flush() {
    auto committed = std::make_shared<std::promise<bool>>();
    auto answer = committed->get_future();
    executor_.run(
        [&] { subscription_->flush([this, committed] { committed->set_value(executor_.is_here()); }); });
    return answer.wait_for(patience) == std::future_status::ready && answer.get();
  }
  void release() {
    executor_.run([this] {
      holding_ = false;
      for (Task& task : std::exchange(held_, {})) task();
    });
  }

  void on_records(std::vector<ConsumedRecord> records) override {
    EXPECT_TRUE(executor_.is_here());
    EXPECT_FALSE(left_) << "records after leaving";
    EXPECT_FALSE(records.empty());
    EXPECT_LE(records.size(), options_.batch_max);
    std::vector<Position> finished;
    {
      const std::lock_guard lock(mutex_);
      for (ConsumedRecord& record : records) {
        const TopicPartition from{record.position.topic, record.position.partition};
        EXPECT_TRUE(assigned_.contains(from)) << "a record of a partition this member does not have";
        EXPECT_GT(record.position.offset, newest_.try_emplace(from, -1).first->second)
            << "order of the partition";
        newest_[from] = record.position.offset;
        if (behaviour_.finish_at_once) finished.push_back(record.position);
        records_.push_back(std::move(record));
      }
      in_flight_ += records.size();
      in_flight_seen_max_ = std::max(in_flight_seen_max_, in_flight_);
    }
    for (const Position& position : finished) finish(position);
    changed_.notify_all();
  }

  void on_assigned(std::vector<TopicPartition> partitions, std::int64_t epoch) override {
    EXPECT_TRUE(executor_.is_here());
    EXPECT_FALSE(left_) << "assigned after leaving";
    const std::lock_guard lock(mutex_);
    EXPECT_TRUE(epochs_.empty() || epoch > epochs_.back()) << "the epoch grows with every rebalance";
    epochs_.push_back(epoch);
    for (TopicPartition& partition : partitions) {
      newest_.erase(partition);  // it may begin again at what was not committed
      assigned_.insert(std::move(partition));
    }
    changed_.notify_all();
  }

  void on_revoked(std::vector<TopicPartition> partitions, Task released) override {
    EXPECT_TRUE(executor_.is_here());
    EXPECT_FALSE(left_) << "revoked after leaving";
    if (behaviour_.on_revoke) behaviour_.on_revoke(*this);
    {
      const std::lock_guard lock(mutex_);
      for (const TopicPartition& partition : partitions) assigned_.erase(partition);
      ++revocations_;
      changed_.notify_all();
    }
    if (holding_)
      held_.push_back(std::move(released));
    else
      released();
  }

 private:
  template <class T>
  T locked(const T& value) const {
    const std::lock_guard lock(mutex_);
    return value;
  }

  const SubscribeOptions options_;
  const Behaviour behaviour_;

  mutable std::recursive_mutex mutex_;  // a condition given to wait() may ask this member
  std::condition_variable_any changed_;
  std::vector<ConsumedRecord> records_;
  std::set<TopicPartition> assigned_;
  std::map<TopicPartition, std::int64_t> newest_;
  std::vector<std::int64_t> epochs_;
  std::size_t in_flight_ = 0;
  std::size_t in_flight_seen_max_ = 0;
  std::size_t revocations_ = 0;

  // On the executor.
  bool left_ = false;
  bool holding_ = !behaviour_.release_at_once;
  std::vector<Task> held_;
  std::unique_ptr<Subscription> subscription_;
  TestExecutor executor_;  // ends first
};

class LogContract : public testing::TestWithParam<LogFactory> {
 protected:
  Log& log() { return harness->log(); }

  SubscribeOptions joining(const std::string& topic, const std::string& group = "group") {
    return {.group = harness->group(group), .topics = {topic}};
  }

  Result<void, Error> append(const std::string& topic, std::vector<Record> records) {
    auto answer = std::make_shared<std::promise<Result<void, Error>>>();
    auto result = answer->get_future();
    log().append(topic, std::move(records),
                 [answer](Result<void, Error> r) { answer->set_value(std::move(r)); });
    if (result.wait_for(patience) != std::future_status::ready)
      return fail(ErrorKind::unavailable, "no answer");
    return result.get();
  }
  Result<void, Error> append(const std::string& topic, const std::string& key, const std::string& value) {
    return append(topic, {Record{key, value, {}}});
  }
  // `count` records of one key with the values "first", "first + 1" …
  Result<void, Error> append_numbers(const std::string& topic, const std::string& key, int first, int count) {
    std::vector<Record> records;
    for (int i = first; i < first + count; ++i) records.push_back({key, std::to_string(i), {}});
    return append(topic, std::move(records));
  }

  // A key of every partition.
  static std::vector<std::string> key_per_partition(std::int32_t partitions) {
    std::vector<std::string> keys(static_cast<std::size_t>(partitions));
    for (int i = 0; std::ranges::count(keys, std::string()) > 0; ++i) {
      std::string key = "user_" + std::to_string(i);
      auto& slot = keys[static_cast<std::size_t>(partition_of(key, partitions))];
      if (slot.empty()) slot = key;
    }
    return keys;
  }

  std::unique_ptr<LogHarness> harness = GetParam().make();
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(LogContract);

}  // namespace vestnik::log::test
