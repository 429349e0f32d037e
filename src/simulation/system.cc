#include "simulation/system.h"

#include <algorithm>
#include <utility>

namespace vestnik::simulation {
namespace {

CheckOptions check_options(const Scenario& s) {
  CheckOptions options{.attempts_max = s.attempts_max, .order = !s.limits};
  options.places = {{Channel::email, s.smtp.connections}, {Channel::sms, s.smpp.links * s.smpp.window}};
  if (!s.limits) return options;
  for (const char* name : {"smtp-1", "smtp-2", "smpp-1", "smpp-2"})
    options.provider_limits[name] = provider_limit;
  for (const char* name : {"smtp-1", "smtp-2"}) options.domain_limits[name] = domain_limit;
  return options;
}

}  // namespace

System::System(World& world, Scenario scenario)
    : world_(world),
      scenario_(std::move(scenario)),
      broker_(world, scenario_.broker),
      store_(world, scenario_.store),
      checks_(world, broker_, store_.state(), check_options(scenario_)) {
  for (const char* topic : {user_events, notification_events, analytics_events})
    broker_.create(topic, scenario_.partitions);
  broker_.watch(checks_);
  store_.watch(checks_);
  for (std::size_t i = 1; i <= scenario_.email_providers; ++i) {
    smtp_.push_back(std::make_unique<SmtpServer>(world, fmt::format("smtp-{}", i), scenario_.peers));
    smtp_.back()->watch(checks_);
  }
  for (std::size_t i = 1; i <= scenario_.sms_providers; ++i) {
    smpp_.push_back(std::make_unique<SmppServer>(world, fmt::format("smpp-{}", i), scenario_.peers));
    smpp_.back()->watch(checks_);
  }
  constexpr std::array names{"email", "sms", "notification"};
  for (std::size_t kind = 0; kind < names.size(); ++kind)
    for (std::size_t i = 1; i <= scenario_.processes[kind]; ++i)
      places_.push_back({.kind = static_cast<Kind>(kind), .name = fmt::format("{}-{}", names[kind], i)});
  places_.push_back({.kind = Kind::intake, .name = "intake"});
  clients_.resize(scenario_.users);
}

System::~System() {
  for (Place& place : places_)
    if (place.process) end(place);
  world_.forget_events();
}

void System::start() {
  for (Place& place : places_) start(place);
  for (std::size_t user = 0; user < clients_.size(); ++user) {
    clients_[user].user = user;
    next_request(clients_[user]);
  }
  next_fault();
}

void System::start(Place& place) {
  place.process = std::make_shared<Process>(world_, fmt::format("{}#{}", place.name, ++place.runs));
  place.stopping = false;
  world_.note("{} starts", place.process->name());
  const Surroundings around{broker_, store_, smtp_, smpp_, checks_, scenario_};
  switch (place.kind) {
    case Kind::email: place.node = make_engine(Channel::email, around, place.process); break;
    case Kind::sms: place.node = make_engine(Channel::sms, around, place.process); break;
    case Kind::notification: place.node = make_planner(around, place.process); break;
    case Kind::intake: place.log = std::make_unique<BrokerClient>(broker_, place.process); break;
  }
  if (place.node) place.node->start();
}

void System::end(Place& place) {
  place.process->kill();
  place.node.reset();
  place.log.reset();
  place.process->drop_tasks();
  ended_.push_back(std::exchange(place.process, nullptr));
}

void System::restart_later(Place& place) {
  const Duration pause = calm_ ? Duration(100ms) : world_.dice.between(Duration(20ms), Duration(3s));
  world_.after(pause, [this, &place] {
    if (!place.process) start(place);
  });
}

void System::kill(Place& place) {
  world_.note("{} is killed", place.process->name());
  checks_.on_fault(*place.process);
  const ProcessPtr killed = place.process;
  end(place);
  broker_.not_heard_of(killed);
  restart_later(place);
}

void System::stop(Place& place) {
  if (!place.node || place.stopping || place.process->frozen()) return kill(place);
  place.stopping = true;
  const std::chrono::milliseconds limit(world_.dice.between(50, 4000));
  world_.note("{} is to stop within {} ms", place.process->name(), limit.count());
  place.node->stop(limit, [this, &place, process = place.process] {
    world_.after(Duration(1), [this, &place, process] {
      if (place.process != process) return;
      world_.note("{} has stopped", process->name());
      // What could not end within the limit.
      checks_.on_fault(*process);
      end(place);
      restart_later(place);
    });
  });
}

void System::freeze(Place& place) {
  if (place.process->frozen()) return;
  const Duration sleep = world_.dice.between(Duration(50ms), Duration(world_.dice.chance(0.5) ? 1s : 15s));
  world_.note("{} sleeps for {} ms", place.process->name(), sleep.count() / 1000);
  checks_.on_fault(*place.process);
  place.process->freeze();
  broker_.not_heard_of(place.process);
  world_.after(sleep, [this, &place, process = place.process] {
    if (place.process != process || !process->frozen()) return;
    world_.note("{} wakes", process->name());
    process->wake();
    broker_.woke(process);
  });
}

System::Place* System::some_place() {
  Place& place = places_[world_.dice.below(places_.size())];
  return place.process ? &place : nullptr;
}

void System::next_fault() {
  if (scenario_.faults.empty()) return;
  world_.after(world_.dice.between(Duration(1ms), scenario_.fault_gap_max), [this] {
    if (calm_) return;
    strike(scenario_.faults[world_.dice.below(scenario_.faults.size())]);
    next_fault();
  });
}

void System::strike(Fault fault) {
  Dice& dice = world_.dice;
  const Duration a_while = dice.between(Duration(10ms), Duration(dice.chance(0.7) ? 500ms : 8s));
  switch (fault) {
    case Fault::kill:
      if (Place* place = some_place()) kill(*place);
      return;
    case Fault::freeze:
      if (Place* place = some_place()) freeze(*place);
      return;
    case Fault::stop:
      if (Place* place = some_place()) stop(*place);
      return;
    case Fault::power_loss:
      if (dice.chance(0.3)) power_loss();
      return;
    case Fault::broker_away: broker_.go_away(a_while); return;
    case Fault::broker_crash: broker_.crash(); return;
    case Fault::store_away: store_.go_away(a_while); return;
    case Fault::store_crash: store_.crash(); return;
    case Fault::rebalance: broker_.rebalance_at_random(); return;
    case Fault::peer_away: {
      const Duration long_while = dice.chance(0.1) ? 90s : a_while;
      if (dice.chance(0.5))
        smtp_[dice.below(smtp_.size())]->go_away(long_while);
      else
        smpp_[dice.below(smpp_.size())]->go_away(long_while);
      return;
    }
    case Fault::links_dropped: smpp_[dice.below(smpp_.size())]->drop_links(); return;
    case Fault::clock_jump: {
      constexpr std::array<Duration, 4> jumps{1h, -1h, -24h, 1h};
      if (dice.chance(0.2)) world_.jump_wall_clock(jumps[dice.below(jumps.size())]);
      return;
    }
  }
}

void System::power_loss() {
  world_.note("the power is gone");
  broker_.crash();
  store_.crash();
  for (Place& place : places_)
    if (place.process) kill(place);
}

void System::calm_down() {
  world_.note("calm from here on");
  calm_ = true;
  if (world_.wall_offset().count() != 0) world_.jump_wall_clock(-world_.wall_offset());
  broker_.calm();
  store_.calm();
  for (auto& server : smtp_) server->moods() = calm(server->moods());
  for (auto& server : smpp_) server->moods() = calm(server->moods());
  for (Client& client : clients_)
    if (!client.open) client.requests = 0;
}

bool System::is_quiet() const {
  const bool answered = std::ranges::none_of(clients_, [](const Client& c) { return c.open != nullptr; });
  return answered && checks_.all_is_final() && broker_.everything_is_consumed() &&
         std::ranges::all_of(smpp_, [](const auto& server) { return server->has_told_everything(); });
}

void System::look_at_memory() {
  for (const Place& place : places_)
    if (place.node) checks_.on_held(place.name, place.node->held(), scenario_.held_max + scenario_.read_max);
}

}  // namespace vestnik::simulation
