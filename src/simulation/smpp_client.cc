#include "simulation/smpp_client.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace vestnik::simulation {

namespace smpp = sms::smpp;

namespace {

constexpr std::uint64_t parts_per_attempt = 256;

}  // namespace

struct SmppClient::Link : std::enable_shared_from_this<Link> {
  explicit Link(SmppClient& o) : owner(o), process(o.process_) {}

  SmppClient& owner;
  ProcessPtr process;
  WirePtr wire;
  std::optional<smpp::Session> session;
  std::unique_ptr<Timer> tick, retry;
  std::uint64_t taken_by_transport = 0;
  bool closing = false;
  bool stopping = false;
  bool ended = false;
  int failures = 0;
  bool flush_is_due = false;

  SteadyTime now() const { return process->clock().steady_now(); }
  bool bound() const { return session && session->bound(); }
  std::size_t free() { return session && !closing && !stopping ? session->free(now()) : 0; }

  void start() {
    if (stopping) return end();
    World& world = process->world();
    wire = std::make_shared<Wire>(world, process, owner.server_.moods().delay_max);
    world.after(world.dice.between(Duration(20), owner.server_.moods().delay_max),
                [weak = weak_from_this(), alive = std::weak_ptr(owner.alive_)] {
                  const auto self = weak.lock();
                  if (!self || alive.expired() || !self->process->alive()) return;
                  const bool accepted = self->owner.server_.accept(self->wire);
                  self->process->post([self, alive, accepted] {
                    if (!alive.expired()) self->connected(accepted);
                  });
                });
  }
  void connected(bool accepted) {
    if (!accepted || stopping) return lost();
    smpp::SessionOptions options;
    options.bind = {.system_id = "vestnik", .password = "secret"};
    options.window = owner.options_.window;
    options.bind_limit = std::chrono::seconds(5);
    options.response_limit = std::chrono::seconds(10);
    options.queue_limit = std::chrono::seconds(10);
    options.enquire_link_idle = std::chrono::seconds(15);
    options.enquire_link_limit = std::chrono::seconds(5);
    closing = false;
    taken_by_transport = 0;
    session.emplace(std::move(options), now());
    const auto weak = weak_from_this();
    wire->to_client = {.bytes =
                           [weak](std::string_view bytes) {
                             const auto self = weak.lock();
                             if (!self || !self->session) return;
                             self->session->feed(bytes, self->now());
                             self->stepped();
                           },
                       .closed =
                           [weak] {
                             if (const auto self = weak.lock()) self->lost();
                           }};
    stepped();
  }

  // After every step of the session.
  void stepped() {
    for (smpp::Event& event : session->take_events()) {
      handle(event);
      if (!session) return;
    }
    flush_soon();
    arm();
    owner.changed();
  }
  // All that is submitted in one turn goes out in one write.
  void flush_soon() {
    if (std::exchange(flush_is_due, true)) return;
    process->post([self = shared_from_this(), alive = std::weak_ptr(owner.alive_)] {
      self->flush_is_due = false;
      if (!alive.expired() && self->session) self->flush();
    });
  }
  void flush() {
    std::string output = session->take_output(now());
    if (!output.empty()) {
      taken_by_transport += output.size();
      wire->send_to_server(std::move(output));
      session->wrote(taken_by_transport, now());
    }
    if (closing) return lost();
    arm();
    owner.changed();
  }
  void handle(smpp::Event& event) {
    std::visit(
        Overloaded{
            [&](smpp::Bound&) {
              failures = 0;
              process->world().note("{} is bound to {}", process->name(), owner.name());
            },
            [&](smpp::Answered& answered) { owner.answered(answered.token, std::move(answered.outcome)); },
            [&](smpp::ReceiptCame& came) { on_receipt(came); }, [&](smpp::Closed&) { closing = true; }},
        event);
  }
  void on_receipt(const smpp::ReceiptCame& came) {
    owner.on_receipt_(
        {.provider = std::string(owner.name()),
         .message_id = came.receipt.message_id,
         .status = came.receipt.state == smpp::DeliveryState::delivered ? Receipt::Status::delivered
                                                                        : Receipt::Status::failed,
         .answer = came.receipt.answer,
         .at = process->clock().now()},
        // The peer may forget it, if the link is still the one it came over.
        [this, id = came.receipt.message_id, token = came.token, over = wire,
         alive = std::weak_ptr(owner.alive_)] {
          if (alive.expired()) return;
          owner.watcher_.on_receipt_recorded(std::string(owner.name()), id);
          if (!session || wire != over) return;
          session->receipt_recorded(token);
          stepped();
        });
  }
  void arm() {
    const SteadyTime at = session->next_deadline(now());
    tick.reset();
    if (at == SteadyTime::max()) return;
    const auto wait = std::max(std::chrono::ceil<Duration>(at - now()), Duration(1));
    tick = process->after(wait, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self || !self->session) return;
      self->session->tick(self->now());
      self->stepped();
    });
  }
  void lost() {
    process->world().note("{} has lost its link to {}", process->name(), owner.name());
    tick.reset();
    wire->close_from_client();
    if (session) {
      session->end(taken_by_transport);
      auto events = session->take_events();
      session.reset();
      for (smpp::Event& event : events) handle(event);
    }
    owner.changed();
    if (stopping) return end();
    const Duration longest = std::min<Duration>(5s, 100ms * (1 << std::min(failures++, 6)));
    retry = process->after(process->world().dice.between(Duration(1ms), longest), [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->start();
    });
  }
  void submit(smpp::SubmitToken token, smpp::ShortMessage message) {
    session->submit(token, std::move(message), now());
    flush_soon();
    arm();
  }
  void stop() {
    stopping = true;
    if (session) {
      session->unbind(now());
      stepped();
    } else if (std::exchange(retry, nullptr)) {
      end();
    }
  }
  void abort() {
    stopping = true;
    if (session) return lost();
    if (std::exchange(retry, nullptr)) end();
  }
  void end() {
    if (!std::exchange(ended, true)) owner.link_ended();
  }
};

SmppClient::SmppClient(SmppServer& server, PeerWatcher& watcher, ProcessPtr process,
                       SmppClientOptions options)
    : server_(server), watcher_(watcher), process_(std::move(process)), options_(options) {
  for (std::size_t i = 0; i < options_.links; ++i) links_.push_back(std::make_shared<Link>(*this));
}

SmppClient::~SmppClient() {
  for (const LinkPtr& link : links_)
    if (link->wire) link->wire->close_from_client();
}

void SmppClient::on_receipt(std::move_only_function<void(Receipt, Task)> call) {
  on_receipt_ = std::move(call);
  for (const LinkPtr& link : links_) link->start();
}

std::size_t SmppClient::capacity() const {
  std::size_t free = 0;
  if (!stopping_)
    for (const LinkPtr& link : links_) free += link->free();
  if (free == 0) seen_empty_ = true;
  return free;
}

Health SmppClient::health() const {
  return {.part = "smpp",
          .well = std::ranges::any_of(links_, [](const LinkPtr& link) { return link->bound(); })};
}

std::size_t SmppClient::parts_of(const Notification& notification) {
  const std::size_t at = notification.text.find("parts:");
  return at == std::string::npos ? 1 : static_cast<std::size_t>(notification.text[at + 6] - '0');
}

void SmppClient::send(delivery::Attempt attempt, delivery::AttemptDone done) {
  const std::uint64_t life = watcher_.on_send(*process_, std::string(name()), attempt);
  sms::AttemptParts parts(parts_of(*attempt.notification), attempt.progress);
  const std::uint64_t number = next_attempt_++;
  const auto to_submit = parts.to_submit();
  open_.emplace(number, Open{life, std::move(parts), std::move(done)});
  const auto link = std::ranges::max_element(links_, {}, [](const LinkPtr& l) { return l->free(); });
  for (const std::size_t part : to_submit)
    (*link)->submit(number * parts_per_attempt + part,
                    {.source = {.digits = "Vestnik"},
                     .destination = {.digits = "15550002"},
                     .registered_delivery = 1,
                     .short_message = Tag{life, part, attempt.notification->id.value}.text()});
  if (to_submit.empty())
    process_->post([this, alive = std::weak_ptr(alive_), number] {
      if (!alive.expired()) finish(number);
    });
  capacity();
}

void SmppClient::answered(smpp::SubmitToken token, Outcome outcome) {
  const auto open = open_.find(token / parts_per_attempt);
  open->second.parts.answered(token % parts_per_attempt, std::move(outcome));
  if (open->second.parts.complete()) finish(open->first);
}

void SmppClient::finish(std::uint64_t attempt) {
  auto finished = open_.extract(attempt);
  Outcome outcome = finished.mapped().parts.outcome();
  watcher_.on_outcome(finished.mapped().life, outcome);
  finished.mapped().done(std::move(outcome));
  if (stopping_ && open_.empty())
    for (const LinkPtr& link : links_) link->stop();
}

void SmppClient::changed() {
  if (!seen_empty_ || capacity() == 0) return;
  seen_empty_ = false;
  process_->post([this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired() && on_capacity_) on_capacity_();
  });
}

void SmppClient::stop(std::chrono::milliseconds limit, Task stopped) {
  stopping_ = true;
  stopped_ = std::move(stopped);
  stop_timer_ = process_->after(limit, [this] {
    for (const LinkPtr& link : links_) link->abort();
  });
  if (open_.empty())
    for (const LinkPtr& link : links_) link->stop();
}

void SmppClient::link_ended() {
  if (!std::ranges::all_of(links_, [](const LinkPtr& link) { return link->ended; }) || !stopped_) return;
  process_->post(std::exchange(stopped_, nullptr));
}

}  // namespace vestnik::simulation
