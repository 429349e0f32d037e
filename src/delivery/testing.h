// What the engine's tests stand on: a real embedded log and store in a directory of their own, a provider
// that answers what the test says, a ledger that can be made to fail.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/manual_scheduler.h"
#include "base/temporary_directory.h"
#include "delivery/provider.h"
#include "store/ledger.h"

namespace vestnik::delivery {

// Keeps every attempt until the test answers it.
class ScriptedProvider final : public Provider {
 public:
  struct Open {
    Attempt attempt;
    AttemptDone done;
  };

  std::string_view name() const override { return "scripted"; }
  std::size_t capacity() const override { return stopped ? 0 : slots - std::min(slots, open.size()); }
  void send(Attempt attempt, AttemptDone done) override {
    sent.push_back(attempt.notification->id.value);
    open.push_back({std::move(attempt), std::move(done)});
  }
  void on_capacity(std::move_only_function<void()> call) override { capacity_call = std::move(call); }
  void on_receipt(std::move_only_function<void(Receipt, Task)> call) override {
    receipt_call = std::move(call);
  }
  void stop(std::chrono::milliseconds, Task done) override {
    stopped = true;
    done();
  }
  Health health() const override { return {.part = "scripted", .well = is_well}; }

  // Ends the oldest open attempt.
  void answer(Outcome outcome) {
    AttemptDone done = std::move(open.front().done);
    open.erase(open.begin());
    done(std::move(outcome));
  }

  std::size_t slots = 100;
  bool is_well = true;
  bool stopped = false;
  std::vector<Open> open;
  std::vector<std::string> sent;  // ids, in the order of send()
  std::move_only_function<void()> capacity_call;
  std::move_only_function<void(Receipt, Task)> receipt_call;
};

// Passes on to a real ledger; `begin_attempts` and `record` can be made to fail, before or after they are
// written.
class FailingLedger final : public store::Ledger {
 public:
  enum class Failing { no, before, after };

  explicit FailingLedger(store::Ledger& real) : real_(real) {}

  void admit(std::vector<store::Admission> batch, Timestamp now,
             store::Done<std::vector<bool>> done) override {
    maybe(admit_failing, std::move(done), [&](auto d) { real_.admit(std::move(batch), now, std::move(d)); });
  }
  void begin_attempts(std::vector<store::AttemptStart> batch,
                      store::Done<std::vector<store::Beginning>> done) override {
    maybe(begin_failing, std::move(done),
          [&](auto d) { real_.begin_attempts(std::move(batch), std::move(d)); });
  }
  bool begins_new() const override { return begins_what_is_new; }
  void begin_new(std::vector<store::NewAttempt> batch, Timestamp now,
                 store::Done<std::vector<bool>> done) override {
    ++begin_new_calls;
    maybe(begin_failing, std::move(done),
          [&](auto d) { real_.begin_new(std::move(batch), now, std::move(d)); });
  }
  void record(std::vector<store::Transition> batch, store::Done<Recorded> done) override {
    maybe(record_failing, std::move(done), [&](auto d) { real_.record(std::move(batch), std::move(d)); });
  }
  void apply_receipts(std::vector<Receipt> batch, store::Done<std::vector<Step>> done) override {
    real_.apply_receipts(std::move(batch), std::move(done));
  }
  void claim(Channel channel, std::vector<store::Owner> owners, store::Done<Claimed> done) override {
    real_.claim(channel, std::move(owners), std::move(done));
  }
  void due(Channel channel, std::vector<std::int32_t> partitions, Timestamp before, std::size_t limit,
           store::Done<std::vector<store::Delivery>> done) override {
    ++due_calls;
    if (!hold_due) return real_.due(channel, std::move(partitions), before, limit, std::move(done));
    due_done_ = std::move(done);
    std::promise<DueAnswer> answered;
    due_answer_ = answered.get_future();
    real_.due(channel, std::move(partitions), before, limit,
              [answered = std::move(answered)](DueAnswer answer) mutable {
                answered.set_value(std::move(answer));
              });
  }
  bool is_due_held() const { return static_cast<bool>(due_done_); }
  // Until the read that is held has seen what it sees.
  void await_held_due() const { due_answer_.wait(); }
  // Passes on the answer of the read that was held, as it was then.
  void release_due() {
    hold_due = false;
    std::exchange(due_done_, nullptr)(due_answer_.get());
  }
  void next_due(Channel channel, std::vector<std::int32_t> partitions,
                store::Done<std::optional<Timestamp>> done) override {
    real_.next_due(channel, std::move(partitions), std::move(done));
  }
  void told(std::vector<std::string> ids) override { real_.told(std::move(ids)); }
  void untold(Channel channel, std::vector<std::int32_t> partitions, std::size_t limit,
              store::Done<std::vector<Step>> done) override {
    real_.untold(channel, std::move(partitions), limit, std::move(done));
  }
  bool append_steps_by(Channel channel, AppendSteps append) override {
    return real_.append_steps_by(channel, std::move(append));
  }
  void find(const NotificationId& id, store::Done<std::optional<store::Delivery>> done) override {
    real_.find(id, std::move(done));
  }

  void list(store::DeliveryFilter filter, std::int64_t before, std::size_t limit,
            store::Done<store::DeliveryPage> done) override {
    real_.list(std::move(filter), before, limit, std::move(done));
  }
  void amend(std::vector<store::Amendment> batch, store::Done<std::vector<store::Amended>> done) override {
    real_.amend(std::move(batch), std::move(done));
  }

  bool begins_what_is_new = false;  // else as a ledger that doesn't
  bool hold_due = false;
  int due_calls = 0;
  int begin_new_calls = 0;
  Failing admit_failing = Failing::no;
  Failing begin_failing = Failing::no;
  Failing record_failing = Failing::no;

 private:
  template <class T, class Call>
  void maybe(Failing failing, store::Done<T> done, Call call) {
    switch (failing) {
      case Failing::no: call(std::move(done)); return;
      case Failing::before: done(fail(store::ErrorKind::unavailable, "made to fail")); return;
      case Failing::after:
        call([done = std::move(done)](Result<T, store::Error>) mutable {
          done(fail(store::ErrorKind::unavailable, "made to fail after the write"));
        });
        return;
    }
  }

  using DueAnswer = Result<std::vector<store::Delivery>, store::Error>;

  store::Ledger& real_;
  store::Done<std::vector<store::Delivery>> due_done_;
  std::future<DueAnswer> due_answer_;
};

}  // namespace vestnik::delivery
