#include "email/sandbox_provider.h"

#include <cassert>
#include <map>
#include <utility>
#include <vector>

#include "email/mime.h"

namespace vestnik::email {
namespace {

using delivery::Attempt;
using delivery::AttemptDone;

Outcome outcome_of(const Result<void, store::Error>& kept) {
  if (kept) return Sent{.answer = "kept in the sandbox"};
  // Keeping is repeatable: whether this one became durable does not matter.
  switch (kept.error().kind) {
    case store::ErrorKind::unavailable: return Transient{.answer = "the sandbox's store is not available"};
    case store::ErrorKind::overloaded:
      return Transient{.answer = "the sandbox's store is overloaded", .throttled = true};
    case store::ErrorKind::closed: return Transient{.answer = "the sandbox's store is closed"};
  }
  return Transient{.answer = "the sandbox's store is not available"};
}

}  // namespace

struct EmailSandbox::Impl : std::enable_shared_from_this<Impl> {
  Impl(Scheduler& e, store::Sandbox& s, Mailbox f) : executor(e), store(s), from(std::move(f)) {}

  Scheduler& executor;
  store::Sandbox& store;
  Mailbox from;
  std::vector<store::SandboxMessage> batch;
  std::vector<AttemptDone> batch_done;
  std::map<std::uint64_t, std::vector<AttemptDone>> under_way;  // by batch; bounded by attempts_max in all
  std::uint64_t next_batch = 0;
  std::size_t open = 0;
  bool flush_posted = false;
  bool stopping = false;
  bool well = true;
  Task stopped;
  std::unique_ptr<Timer> stop_timer;
  std::move_only_function<void()> on_capacity;

  std::size_t capacity() const { return stopping ? 0 : attempts_max - open; }
  void send(Attempt attempt, AttemptDone done);
  void post_flush();
  void flush();
  void finish(std::uint64_t number, const Result<void, store::Error>& kept);
  void end(std::vector<AttemptDone> dones, const Outcome& outcome);
  void stop(std::chrono::milliseconds limit, Task call);
  void give_up();
};

void EmailSandbox::Impl::send(Attempt attempt, AttemptDone done) {
  assert(capacity() > 0);
  const Notification& n = *attempt.notification;
  auto raw = render_message(n, from, attempt.traceparent);
  ++open;
  if (!raw) {
    // Ends later, as every other attempt does: never inside send().
    executor.post(
        [self = shared_from_this(), done = std::move(done), reason = raw.error().message]() mutable {
          std::vector<AttemptDone> one;
          one.push_back(std::move(done));
          self->end(std::move(one), Permanent{"not sent: " + reason});
        });
    return;
  }
  batch.push_back({.notification_id = n.id,
                   .channel = n.channel,
                   .to = n.to,
                   .subject = n.subject,
                   .text = n.text,
                   .html = n.html,
                   .raw = std::move(*raw),
                   .kept_at = executor.clock().now()});
  batch_done.push_back(std::move(done));
  post_flush();
}

void EmailSandbox::Impl::post_flush() {
  if (std::exchange(flush_posted, true)) return;
  executor.post([self = shared_from_this()] { self->flush(); });
}

void EmailSandbox::Impl::flush() {
  flush_posted = false;
  if (batch.empty()) return;
  const std::uint64_t number = next_batch++;
  under_way.emplace(number, std::exchange(batch_done, {}));
  // `done` comes on the store's thread; the executor outlives this, which may be gone by then.
  store.keep(std::exchange(batch, {}),
             [weak = weak_from_this(), &where = executor, number](Result<void, store::Error> kept) {
               where.post([weak, number, result = std::move(kept)] {
                 if (const auto self = weak.lock()) self->finish(number, result);
               });
             });
}

void EmailSandbox::Impl::finish(std::uint64_t number, const Result<void, store::Error>& kept) {
  auto found = under_way.extract(number);
  if (found.empty()) return;  // given up by stop()
  well = kept.has_value();
  end(std::move(found.mapped()), outcome_of(kept));
}

void EmailSandbox::Impl::end(std::vector<AttemptDone> dones, const Outcome& outcome) {
  const auto self = shared_from_this();
  const bool was_full = capacity() == 0 && !stopping;
  open -= dones.size();
  for (AttemptDone& done : dones) done(outcome);
  if (was_full && capacity() > 0 && on_capacity) on_capacity();
  if (open == 0 && stopped) {
    stop_timer.reset();
    std::exchange(stopped, nullptr)();
  }
}

void EmailSandbox::Impl::stop(std::chrono::milliseconds limit, Task call) {
  stopping = true;
  stopped = std::move(call);
  if (open == 0) {
    executor.post([self = shared_from_this()] {
      if (self->stopped) std::exchange(self->stopped, nullptr)();
    });
    return;
  }
  stop_timer = executor.after(limit, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->give_up();
  });
}

void EmailSandbox::Impl::give_up() {
  std::vector<AttemptDone> dones = std::exchange(batch_done, {});
  batch.clear();
  for (auto& [number, waiting] : under_way)
    for (AttemptDone& done : waiting) dones.push_back(std::move(done));
  under_way.clear();
  end(std::move(dones), Transient{.answer = "stopped before the sandbox had kept it"});
}

EmailSandbox::EmailSandbox(Scheduler& executor, store::Sandbox& store, Mailbox from)
    : impl_(std::make_shared<Impl>(executor, store, std::move(from))) {}

EmailSandbox::~EmailSandbox() = default;

std::size_t EmailSandbox::capacity() const { return impl_->capacity(); }

void EmailSandbox::send(Attempt attempt, AttemptDone done) {
  impl_->send(std::move(attempt), std::move(done));
}

void EmailSandbox::on_capacity(std::move_only_function<void()> call) { impl_->on_capacity = std::move(call); }

void EmailSandbox::on_receipt(std::move_only_function<void(Receipt, Task)>) {
}  // nothing is delivered, so none comes

void EmailSandbox::stop(std::chrono::milliseconds limit, Task stopped) {
  impl_->stop(limit, std::move(stopped));
}

Health EmailSandbox::health() const {
  return {.part = "email sandbox",
          .well = impl_->well,
          .detail = impl_->well ? "messages are kept, not sent" : "the store does not take messages"};
}

}  // namespace vestnik::email
