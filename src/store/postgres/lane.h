// Operations of one kind: they wait in a lane, and those that wait together are carried out together.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/burst.h"
#include "base/ids.h"
#include "store/postgres/connection.h"
#include "store/result.h"

namespace vestnik::store::postgres {

// One go at a batch. A batch whose connection died may have been committed: it is run once more with `again`
// set and the same token, and rows that carry the token were changed by the first go.
struct Try {
  Connection& connection;
  SteadyTime deadline;
  std::int64_t token;  // the low 12 bits are 0, for the batch's own use
  bool again;
};

class Batch {
 public:
  virtual ~Batch() = default;
  virtual SteadyTime deadline() const = 0;
  virtual void run(const Try& go) = 0;  // throws Fault or DamagedValue
  virtual void answer() = 0;            // after run()
  virtual void fail(const Error& error) = 0;
};

// What the pool sees of a lane; all but the batches' own functions is called under the pool's lock.
class LaneBase {
 public:
  // `parallel_max`: batches under way at once. 1 keeps the order of the calls.
  explicit LaneBase(std::size_t parallel_max) : parallel_max_(parallel_max) {}
  virtual ~LaneBase() = default;

  virtual bool empty() const = 0;
  virtual SteadyTime oldest_deadline() const = 0;
  virtual std::unique_ptr<Batch> take(std::size_t rows_max, std::size_t& rows_taken) = 0;
  virtual std::unique_ptr<Batch> take_expired(SteadyTime now, std::size_t& rows_taken) = 0;

  bool may_start() const { return !empty() && under_way_ < parallel_max_; }
  void started() { ++under_way_; }
  void ended() { --under_way_; }

 private:
  std::size_t parallel_max_;
  std::size_t under_way_ = 0;
};

template <class Request, class Answer>
class Lane final : public LaneBase {
 public:
  // One answer per request, in order.
  using Execute = std::function<std::vector<Answer>(const Try&, const std::vector<Request>&)>;

  Lane(std::size_t parallel_max, bool merges, Execute execute)
      : LaneBase(parallel_max), merges_(merges), execute_(std::move(execute)) {}

  void push(Request request, std::size_t rows, SteadyTime deadline, Done<Answer> done) {
    waiting_.push_back({std::move(request), rows, deadline, std::move(done)});
  }

  bool empty() const override { return waiting_.empty(); }
  SteadyTime oldest_deadline() const override { return waiting_.front().deadline; }

  std::unique_ptr<Batch> take(std::size_t rows_max, std::size_t& rows_taken) override {
    return take_while(rows_taken, [&, first = true](const Operation& next) mutable {
      return std::exchange(first, false) || (merges_ && rows_taken + next.rows <= rows_max);
    });
  }
  std::unique_ptr<Batch> take_expired(SteadyTime now, std::size_t& rows_taken) override {
    return take_while(rows_taken, [now](const Operation& next) { return next.deadline <= now; });
  }

 private:
  struct Operation {
    Request request;
    std::size_t rows;
    SteadyTime deadline;
    Done<Answer> done;
  };

  class LaneBatch final : public Batch {
   public:
    explicit LaneBatch(const Execute& execute) : execute_(execute) {}

    void add(Operation operation) {
      if (requests_.empty()) deadline_ = operation.deadline;
      requests_.push_back(std::move(operation.request));
      done_.push_back(std::move(operation.done));
    }
    SteadyTime deadline() const override { return deadline_; }
    void run(const Try& go) override { answers_ = execute_(go, requests_); }
    void answer() override {
      const Burst burst;
      for (std::size_t i = 0; i < done_.size(); ++i) done_[i](std::move(answers_[i]));
    }
    void fail(const Error& error) override {
      for (auto& done : done_) done(std::unexpected(error));
    }

   private:
    const Execute& execute_;
    SteadyTime deadline_{};
    std::vector<Request> requests_;
    std::vector<Done<Answer>> done_;
    std::vector<Answer> answers_;
  };

  std::unique_ptr<Batch> take_while(std::size_t& rows_taken, auto wanted) {
    std::unique_ptr<LaneBatch> batch;
    while (!waiting_.empty() && wanted(waiting_.front())) {
      if (!batch) batch = std::make_unique<LaneBatch>(execute_);
      rows_taken += waiting_.front().rows;
      batch->add(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    return batch;
  }

  bool merges_;
  Execute execute_;
  std::deque<Operation> waiting_;
};

// Several requests' items side by side, so that one statement can carry them all.
template <class Item>
struct Flat {
  std::vector<const Item*> items;
  std::vector<std::size_t> request;  // of each item: the request it came from

  explicit Flat(const std::vector<std::vector<Item>>& requests) {
    for (std::size_t r = 0; r < requests.size(); ++r)
      for (const Item& item : requests[r]) {
        items.push_back(&item);
        request.push_back(r);
      }
  }
  // One answer per item, handed back to the requests.
  template <class Answer>
  std::vector<std::vector<Answer>> split(const std::vector<std::vector<Item>>& requests,
                                         const std::vector<Answer>& per_item) const {
    std::vector<std::vector<Answer>> answers(requests.size());
    for (std::size_t i = 0; i < items.size(); ++i) answers[request[i]].push_back(per_item[i]);
    return answers;
  }
};

}  // namespace vestnik::store::postgres
