// What is due, and where it goes (the part of Engine between the schedule and the attempts).
#include <algorithm>
#include <utility>

#include "base/logging.h"
#include "delivery/engine.h"

namespace vestnik::delivery {
namespace {

using namespace std::chrono_literals;

// What a limit holds back for longer waits in the ledger: it takes no room here then, and survives a restart.
constexpr auto put_off_in_memory_max = 5s;
constexpr auto provider_down_pause = 1s;
constexpr auto destination_slow_pause = 30s;
// A difference beyond this: the wall clock was set rather than corrected.
constexpr auto clock_step = 1s;
// Parked deliveries that one attempt's end lets try again.
constexpr std::size_t unpark_max = 2;
constexpr std::size_t parked_max = 1'000;

Parking::Place place_of(const std::string& provider, const Held& held) {
  return {provider, domain_of(held.notification->to)};
}

}  // namespace

void Engine::begin_due(Timestamp now) {
  while (lanes_.any_room(scheduler_.clock().steady_now())) {
    std::vector<Held> taken = schedule_.take(now, 1);
    if (taken.empty() || !begin(std::move(taken.front()), now)) return;
  }
}

bool Engine::begin(Held held, Timestamp now) {
  if (held.expires_by(now)) {
    attempts_.expire(std::move(held));
    return true;
  }
  const Lanes::Choice choice = lanes_.choose(held, scheduler_.clock().steady_now());
  switch (choice.why) {
    case Lanes::Why::full: put_back_due(std::move(held)); return false;
    case Lanes::Why::domain_full: return park(std::move(held), *choice.lane, now);
    case Lanes::Why::not_up:
      put_off(std::move(held), now + provider_down_pause, "its provider is away");
      return true;
    case Lanes::Why::chosen: break;
  }
  const auto place = held.placed ? std::nullopt : used_up_.place(limit_uses(held, *choice.lane), now);
  if (place)
    put_off(std::move(held), *place, "waits for its turn under a rate limit");
  else
    attempts_.begin(std::move(held), *choice.lane);
  return true;
}

// It was due when it was taken: a clock set back since then changes nothing of that.
void Engine::put_back_due(Held held) {
  held.due_at = std::min(held.due_at, scheduler_.clock().now());
  put_back(std::move(held));
}

// To where it was in the schedule.
void Engine::put_back(Held held) {
  schedule_.finished(held);
  schedule_.add(std::move(held));
}

// False: no more can be parked, and it is not worth while: the destination is quick, so those behind it wait
// a moment.
bool Engine::park(Held held, const Lane& lane, Timestamp now) {
  Parking::Place place = place_of(lane.name(), held);
  if (parking_.size() < std::min(parked_max, options_.held_max / 4)) {
    parking_.add(std::move(place), std::move(held));
    return true;
  }
  if (!lane.is_stalled(place.second, scheduler_.clock().steady_now())) {
    put_back_due(std::move(held));
    return false;
  }
  attempts_.put_off(std::move(held), now + destination_slow_pause, "its destination is slow");
  return true;
}

void Engine::put_off(Held held, Timestamp until, const char* why) {
  held.placed = true;
  if (until > scheduler_.clock().now() + put_off_in_memory_max)
    return attempts_.put_off(std::move(held), until, why);
  held.due_at = until;
  put_back(std::move(held));
}

void Engine::limited(Held held, const store::LimitUse& use, Timestamp until) {
  used_up_.note(use, until);
  put_off(std::move(held), until, "waits for its turn under a rate limit");
  pump();
}

void Engine::finished(const Held& held, std::optional<Held> retry) {
  schedule_.finished(held);
  if (retry) hold(std::move(*retry));
  for (Held& parked : parking_.take(place_of(held.provider, held), unpark_max))
    put_back_due(std::move(parked));
  release_what_is_over();
  pump();
}

// In its old place, so that what comes after it for the user still does. Not claimed yet: the read that
// follows the claim brings it.
void Engine::again(Held held, bool begun) {
  const auto partition = partitions_.find(held.owner.partition);
  if (partition == partitions_.end() || !partition->second.claimed) return finished(held, std::nullopt);
  held.owner.epoch = partition->second.epoch;
  // Its claim has passed over it, since it was known here.
  if (begun) return attempts_.recover(std::move(held));
  put_back_due(std::move(held));
  release_what_is_over();
  pump();
}

void Engine::set_due_timer(Timestamp now) {
  const auto due = schedule_.next_due();
  if (!due || *due <= now) {
    due_timer_.reset();
    due_timer_at_.reset();
  } else if (due != due_timer_at_) {
    due_timer_at_ = due;
    due_timer_ = scheduler_.after(*due - now, [this] {
      due_timer_at_.reset();
      pump();
    });
  }
}

// Pauses last as long as they were to, whatever the wall clock is set to meanwhile.
void Engine::look_at_clock(Timestamp now) {
  const auto ahead = now.time_since_epoch() - std::chrono::floor<std::chrono::microseconds>(
                                                  scheduler_.clock().steady_now().time_since_epoch());
  const auto set_by = ahead - std::exchange(wall_ahead_, ahead).value_or(ahead);
  if (set_by <= clock_step && set_by >= -clock_step) return;
  logging::warning(name_, "the clock was set",
                   {{"seconds", std::chrono::duration_cast<std::chrono::seconds>(set_by).count()}});
  schedule_.clock_was_set(set_by);
  due_timer_.reset();
  due_timer_at_.reset();
}

// Due deliveries wait in the ledger while memory is full of what is for later: that can be read again, but
// not at once, or the same would be read without end.
void Engine::make_room_in_memory(Timestamp now) {
  if (!backlog_ || memory_has_room()) return;
  const auto due = schedule_.next_due();
  if (!due || *due <= now) return;
  schedule_.forget_after(now + put_off_in_memory_max);
  read_paused_ = true;
  read_timer_ = scheduler_.after(put_off_in_memory_max / 2, [this] {
    read_paused_ = false;
    pump();
  });
}

}  // namespace vestnik::delivery
