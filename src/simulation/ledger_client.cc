#include "simulation/ledger_client.h"

#include <algorithm>
#include <utility>

namespace vestnik::simulation {

void StoreServer::go_away(Duration how_long) {
  world_.note("store is away for {} ms", how_long.count() / 1000);
  away_until_ = std::max(away_until_, world_.elapsed() + how_long);
}

void StoreServer::crash() {
  world_.note("store crashes");
  ++life_;
  state_.lose_what_is_not_synced();
  go_away(world_.dice.between(5ms, 500ms));
}

template <class T>
void LedgerClient::call(const char* what, std::move_only_function<T()> apply, store::Done<T> done) {
  World& world = server_.world_;
  const StoreMoods& moods = server_.moods_;
  const bool overloaded = world.dice.chance(moods.overloaded), lost = world.dice.chance(moods.lost),
             silent = world.dice.chance(moods.answer_lost);
  world.after(server_.delay(), [&server = server_, process = process_, what, overloaded, lost, silent,
                                life = server_.life_, apply = std::move(apply),
                                done = std::move(done)]() mutable {
    World& w = server.world_;
    // What a killed process had not quite written never leaves its machine.
    const bool gone = lost || overloaded || server.is_away() || life != server.life_ ||
                      (!process->alive() && w.dice.chance(0.5));
    Result<T, store::Error> result =
        gone ? fail(overloaded ? store::ErrorKind::overloaded : store::ErrorKind::unavailable, "simulated")
             : Result<T, store::Error>(apply());
    if (silent && result) result = fail(store::ErrorKind::unavailable, "simulated");
    if (!result) w.note("{}: {} is told as failed{}", process->name(), what, gone ? "" : ", but is written");
    if (!process->alive()) return;
    w.after(server.delay(), [process, result = std::move(result), done = std::move(done)]() mutable {
      if (process->alive()) done(std::move(result));
    });
  });
}

void LedgerClient::admit(std::vector<store::Admission> batch, Timestamp now,
                         store::Done<std::vector<bool>> done) {
  call<std::vector<bool>>(
      "admit",
      [&server = server_, process = process_, batch = std::move(batch), now] {
        auto added = server.state_.admit(batch, now);
        for (std::size_t i = 0; i < batch.size(); ++i)
          if (server.watcher_) server.watcher_->on_admitted(*process, batch[i], added[i]);
        return added;
      },
      std::move(done));
}

void LedgerClient::begin_attempts(std::vector<store::AttemptStart> batch,
                                  store::Done<std::vector<store::Beginning>> done) {
  call<std::vector<store::Beginning>>(
      "begin_attempts",
      [&server = server_, process = process_, batch = std::move(batch)] {
        auto beginnings = server.state_.begin_attempts(batch, server.world_.wall());
        for (std::size_t i = 0; i < batch.size(); ++i)
          if (server.watcher_) server.watcher_->on_begin(*process, batch[i], beginnings[i]);
        return beginnings;
      },
      std::move(done));
}

bool LedgerClient::begins_new() const { return server_.moods_.begins_new; }

void LedgerClient::begin_new(std::vector<store::NewAttempt> batch, Timestamp now,
                             store::Done<std::vector<bool>> done) {
  call<std::vector<bool>>(
      "begin_new",
      [&server = server_, process = process_, batch = std::move(batch), now] {
        auto begun = server.state_.begin_new(batch, now);
        for (std::size_t i = 0; i < batch.size() && server.watcher_; ++i) {
          const store::NewAttempt& a = batch[i];
          using Kind = store::Beginning::Kind;
          if (begun[i]) server.watcher_->on_admitted(*process, {*a.notification, a.owner}, true);
          server.watcher_->on_begin(*process, {a.owner, a.step, {}},
                                    {.kind = begun[i] ? Kind::begun : Kind::refused});
        }
        return begun;
      },
      std::move(done));
}

void LedgerClient::record(std::vector<store::Transition> batch, store::Done<Recorded> done) {
  call<Recorded>(
      "record",
      [&server = server_, process = process_, batch = std::move(batch)] {
        auto recorded = server.state_.record(batch);
        for (std::size_t i = 0; i < batch.size(); ++i)
          if (server.watcher_) server.watcher_->on_recorded(*process, batch[i], recorded.applied[i]);
        return recorded;
      },
      std::move(done));
}

void LedgerClient::apply_receipts(std::vector<Receipt> batch, store::Done<std::vector<Step>> done) {
  call<std::vector<Step>>(
      "apply_receipts",
      [&server = server_, batch = std::move(batch)] {
        return server.state_.apply_receipts(batch, server.world_.wall());
      },
      std::move(done));
}

void LedgerClient::claim(Channel channel, std::vector<store::Owner> owners, store::Done<Claimed> done) {
  call<Claimed>(
      "claim",
      [&server = server_, channel, owners = std::move(owners)] {
        return server.state_.claim(channel, owners);
      },
      std::move(done));
}

void LedgerClient::due(Channel channel, std::vector<std::int32_t> partitions, Timestamp due_before,
                       std::size_t limit, store::Done<std::vector<store::Delivery>> done) {
  call<std::vector<store::Delivery>>(
      "due",
      [&server = server_, channel, partitions = std::move(partitions), due_before, limit] {
        return server.state_.due(channel, partitions, due_before, limit);
      },
      std::move(done));
}

void LedgerClient::next_due(Channel channel, std::vector<std::int32_t> partitions,
                            store::Done<std::optional<Timestamp>> done) {
  call<std::optional<Timestamp>>(
      "next_due",
      [&server = server_, channel, partitions = std::move(partitions)] {
        return server.state_.next_due(channel, partitions);
      },
      std::move(done));
}

void LedgerClient::told(std::vector<std::string> step_ids) {
  World& world = server_.world_;
  if (server_.is_away() || world.dice.chance(server_.moods_.lost)) return;
  world.after(server_.delay(),
              [&server = server_, life = server_.life_, ids = std::move(step_ids)]() mutable {
                if (life == server.life_ && !server.is_away()) server.state_.told(std::move(ids));
              });
}

void LedgerClient::untold(Channel channel, std::vector<std::int32_t> partitions, std::size_t limit,
                          store::Done<std::vector<Step>> done) {
  call<std::vector<Step>>(
      "untold",
      [&server = server_, channel, partitions = std::move(partitions), limit] {
        return server.state_.untold(channel, partitions, limit);
      },
      std::move(done));
}

void LedgerClient::find(const NotificationId& id, store::Done<std::optional<store::Delivery>> done) {
  call<std::optional<store::Delivery>>(
      "find", [&server = server_, id = id.value] { return server.state_.find(id); }, std::move(done));
}

void LedgerClient::list(store::DeliveryFilter filter, std::int64_t before, std::size_t limit,
                        store::Done<store::DeliveryPage> done) {
  call<store::DeliveryPage>(
      "list",
      [&server = server_, filter = std::move(filter), before, limit] {
        return server.state_.list(filter, before, limit);
      },
      std::move(done));
}

void LedgerClient::amend(std::vector<store::Amendment> batch, store::Done<std::vector<store::Amended>> done) {
  call<std::vector<store::Amended>>(
      "amend", [&server = server_, batch = std::move(batch)] { return server.state_.amend(batch); },
      std::move(done));
}

}  // namespace vestnik::simulation
