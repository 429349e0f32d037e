#include "simulation/checks.h"

#include <algorithm>

#include "delivery/provider.h"
#include "model/step.h"

namespace vestnik::simulation {

using store::DeliveryState;

void Checks::on_request(const Request& request) {
  const std::uint64_t order = ++requests_;
  for (Expected& expected : expected_of(request.event)) {
    expected.user = request.user;
    const auto [known, fresh] = expected_.try_emplace(expected.id.value, expected);
    if (fresh) known->second.order = order;
    known->second.accepted_at = request.event.accepted_at;
  }
}

void Checks::on_accepted(const Request& request) {
  ++accepted_;
  for (const Expected& e : expected_of(request.event)) {
    Expected& expected = expected_.at(e.id.value);
    expected.accepted = true;
    if (expected.step->delay.count() == 0)
      in_order_[{expected.user, expected.step->channel}].push_back(expected.id.value);
  }
}

void Checks::on_fault(const Process& process) {
  for (Life& life : lives_)
    if (life.process == process.name() && !life.recorded) life.faulted = true;
}

void Checks::on_appended(const std::string& topic, std::int32_t, const Record& record) {
  if (topic == "notification-events") {
    const auto notification = decode_notification(record);
    if (!notification) return world_.violate("I2", "a record of notification-events can't be read");
    if (!expected_.contains(notification->id.value))
      return world_.violate("I2",
                            "planned under an id that follows from no request: " + notification->id.value);
    world_.note("planned {} {}", notification->id.value, notification->step);
  } else if (topic == "analytics-events") {
    const auto step = decode_step(record);
    if (!step) return world_.violate("I1", "a record of analytics-events can't be read");
    told_.insert(step->id());
    // What the planner leaves out has no row.
    if (step->kind == StepKind::skipped) return;
    if (!ledger_.has_written(step->id()))
      world_.violate("I1", "told before it was durable in the ledger: " + step->id());
  }
}

void Checks::on_moved(const std::string&, std::int32_t partition, Process* from, bool forced) {
  if (!from || !forced) return;
  taken_by_force_.insert({from->name(), partition});
  for (Life& life : lives_)
    if (life.process == from->name() && life.partition == partition && !life.recorded) life.faulted = true;
}

void Checks::on_admitted(Process& process, const store::Admission& admission, bool fresh) {
  const Notification& n = admission.notification;
  world_.note("{} admitted {}, epoch {}", n.id.value, fresh ? "" : "again", admission.owner.epoch);
  if (fresh && (!process.runs() || taken_by_force_.contains({process.name(), admission.owner.partition})))
    admitted_late_.insert(n.id.value);
  if (fresh && n.expires_at) expires_[n.id.value] = *n.expires_at;
}

Checks::Life* Checks::find(std::uint64_t life) {
  return life == 0 || life > lives_.size() ? nullptr : &lives_[life - 1];
}

Checks::Life* Checks::open_life(const std::string& notification) {
  const auto numbers = lives_of_.find(notification);
  if (numbers == lives_of_.end()) return nullptr;
  Life& last = lives_[numbers->second.back() - 1];
  return last.recorded ? nullptr : &last;
}

void Checks::on_begin(Process& process, const store::AttemptStart& start, const store::Beginning& beginning) {
  const Step& step = start.step;
  static constexpr const char* kinds[] = {"begun", "refused", "limited"};
  world_.note("{} attempt {} {} for {} with {}, epoch {}", step.notification_id.value, step.attempt,
              kinds[static_cast<int>(beginning.kind)], process.name(), step.provider, start.owner.epoch);
  if (beginning.kind != store::Beginning::Kind::begun) return;
  Life life{.number = lives_.size() + 1,
            .notification = step.notification_id.value,
            .user = step.user_id.value,
            .channel = step.channel,
            .attempt = step.attempt,
            .process = process.name(),
            .provider = step.provider,
            .partition = start.owner.partition};
  // Written for somebody who is not there to go on with it, or has it no more.
  life.faulted = !process.runs() || (taken_by_force_.contains({process.name(), life.partition}) &&
                                     !broker_.has_given(process, "notification-events", life.partition));
  const auto expires = expires_.find(life.notification);
  // Chosen in time, the attempt may have waited for the ledger.
  if (expires != expires_.end() && step.at > expires->second + 40s &&
      world_.elapsed() - world_.last_jump_forward() > 2min)
    world_.violate("I1", "begun long after it had expired: " + life.notification);
  lives_of_[life.notification].push_back(life.number);
  lives_.push_back(std::move(life));
}

void Checks::on_recorded(Process& process, const store::Transition& transition, bool applied) {
  const std::string& id = transition.step.notification_id.value;
  world_.note("{} attempt {} recorded as {} by {}{}", id, transition.step.attempt, to_string(transition.to),
              process.name(), applied ? "" : ": not applied");
  if (!applied) return;
  if (Life* life = open_life(id); life && life->attempt == transition.step.attempt) {
    life->recorded = true;
    const bool says_nothing_went = transition.to == DeliveryState::pending && !transition.attempt_burned;
    if (says_nothing_went && life->sent && !life->ended && !life->faulted)
      world_.violate("I3", "given back while the provider had it: " + id);
  }
}

// What a fault would leave in doubt: sent, and not recorded.
void Checks::check_places(const Life& life) {
  const auto in_doubt = std::ranges::count_if(lives_, [&](const Life& other) {
    return other.sent && !other.recorded && !other.faulted && other.process == life.process &&
           other.provider == life.provider && other.channel == life.channel;
  });
  const auto places = options_.places.find(life.channel);
  if (places != options_.places.end() && static_cast<std::size_t>(in_doubt) > places->second)
    world_.violate("I3", fmt::format("a fault of {} would leave {} in doubt with {}, which has {} places",
                                     life.process, in_doubt, life.provider, places->second));
}

std::uint64_t Checks::on_send(Process& process, const std::string& provider,
                              const delivery::Attempt& attempt) {
  const Notification& n = *attempt.notification;
  world_.note("{} attempt {} goes to {} by {}", n.id.value, attempt.number, provider, process.name());
  Life* mine = nullptr;
  for (const std::uint64_t number : lives_of_[n.id.value]) {
    Life& life = lives_[number - 1];
    if (life.process == process.name() && life.attempt == attempt.number && !life.sent) mine = &life;
  }
  if (!mine) {
    world_.violate("I3", fmt::format("{} attempt {} is sent without a `sending` of its own", n.id.value,
                                     attempt.number));
    return 0;
  }
  mine->sent = true;
  check_places(*mine);
  if (mine->provider != provider)
    world_.violate("I3", "sent to another provider than the ledger says: " + n.id.value);
  if (!broker_.believes_to_have(process, "notification-events", mine->partition))
    world_.violate("I3", "a revoked owner starts a send: " + n.id.value);
  const auto expected = expected_.find(n.id.value);
  if (expected == expected_.end()) {
    world_.violate("I2", "sent, but nobody asked for it: " + n.id.value);
    return mine->number;
  }
  const ExpectedStep& step = *expected->second.step;
  if (const int max = step.attempts_max > 0 ? step.attempts_max : options_.attempts_max; attempt.number > max)
    world_.violate("I2", fmt::format("{}: attempt {} of at most {}", n.id.value, attempt.number, max));
  check_limits(*mine);
  check_times(*mine, n);
  check_order(expected->second, process);
  return mine->number;
}

void Checks::check_times(const Life& life, const Notification& n) {
  // A retry comes after a pause, whatever the clock says by then.
  if (lives_of_.at(life.notification).size() > 1) return;
  // With the clock set back since it was chosen, it is early only for those who look now.
  constexpr Duration day = 25h;
  const bool clock_is_steady = world_.elapsed() - world_.last_jump() > 2min || world_.last_jump() < -day;
  if (clock_is_steady && n.send_at && world_.wall() < *n.send_at)
    world_.violate("I4", "sent before its time: " + n.id.value);
}

// I4: whatever the user was to get before on this channel has had its first attempt, and that is over. With
// the clock set back, what is in the ledger already is due later than what comes now: then there is no such
// promise.
void Checks::check_order(const Expected& expected, const Process& process) {
  if (!options_.order || world_.has_jumped_back() || expected.step->delay.count() > 0) return;
  if (lives_of_.at(expected.id.value).size() > 1 || admitted_late_.contains(expected.id.value)) return;
  for (const std::string& earlier : in_order_[{expected.user, expected.step->channel}]) {
    if (expected_.at(earlier).order >= expected.order) break;
    if (admitted_late_.contains(earlier)) continue;
    const auto lives = lives_of_.find(earlier);
    if (lives == lives_of_.end()) {
      const auto row = ledger_.rows().find(earlier);
      if (row != ledger_.rows().end() && row->second.delivery.state != DeliveryState::pending)
        continue;  // expired
      world_.violate(
          "I4", fmt::format("{} overtakes {}, which was accepted before it", expected.id.value, earlier));
      return;
    }
    const Life& first = lives_[lives->second.front() - 1];
    if (first.process == process.name() && first.sent && !first.ended && !first.faulted) {
      world_.violate("I4", fmt::format("{} goes out while {} is open", expected.id.value, earlier));
      return;
    }
  }
}

void Checks::on_outcome(std::uint64_t number, const Outcome& outcome) {
  Life* life = find(number);
  if (!life) return;
  life->ended = true;
  static constexpr const char* names[] = {"sent", "transient", "permanent", "in doubt"};
  world_.note("{} attempt {} ended: {}", life->notification, life->attempt, names[outcome.index()]);
  if (!std::holds_alternative<Sent>(outcome)) return;
  const std::size_t parts =
      life->channel == Channel::sms && expected_.at(life->notification).step->name == "visit_sms" ? 2 : 1;
  for (std::size_t part = 0; part < parts; ++part) {
    const bool known = std::ranges::any_of(lives_of_.at(life->notification), [&](std::uint64_t n) {
      return lives_[n - 1].answered.contains(part);
    });
    if (!known) world_.violate("I1", "said to be sent without an answer that says so: " + life->notification);
  }
}

bool Checks::is_excused(const Life& life, std::size_t part) const {
  return life.faulted || (life.ended && !life.answered.contains(part));
}

void Checks::on_taken(const Tag& tag, const std::string& message_id) {
  std::vector<std::uint64_t>& before = takings_[{tag.notification, tag.part}];
  // One taking needs no excuse. A sleeper's may come after that of the one who took over from it.
  const Life* mine = find(tag.life);
  int without_excuse = mine && mine->faulted ? 0 : 1;
  for (const std::uint64_t number : before) {
    const Life& life = lives_[number - 1];
    if (!is_excused(life, tag.part)) ++without_excuse;
    if (number == tag.life || without_excuse > 1)
      world_.violate(
          "I3", fmt::format("{} is taken again, though attempt {} was taken and nothing had happened to it",
                            tag.notification, life.attempt));
  }
  if (!before.empty()) {
    ++copies_;
    if (const auto e = expected_.find(tag.notification);
        e != expected_.end() && e->second.step->hold_in_doubt)
      world_.violate("I3", "sent again, though it is to be held when in doubt: " + tag.notification);
  }
  before.push_back(tag.life);
  if (message_id.empty()) return;
  message_ids_[message_id] = tag.notification;
  life_of_message_[message_id] = tag.life;
}

void Checks::on_answered(const Tag& tag) {
  if (Life* life = find(tag.life)) life->answered.insert(tag.part);
}

void Checks::on_receipt_recorded(const std::string&, const std::string& message_id) {
  recorded_receipts_.insert(message_id);
}

void Checks::on_held(const std::string& process, double held, std::size_t bound) {
  if (held > static_cast<double>(bound))
    world_.violate("I5",
                   fmt::format("{} holds {} deliveries in memory, {} is the bound", process, held, bound));
}

}  // namespace vestnik::simulation
