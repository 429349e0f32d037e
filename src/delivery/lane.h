// One provider of a channel as the engine uses it: its route, its breaker, and what is open with it.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "delivery/breaker.h"
#include "delivery/held.h"
#include "delivery/provider.h"
#include "delivery/route.h"

namespace vestnik::delivery {

struct RoutedProvider {
  Provider& provider;
  Route route;
};

// The part of an e-mail address after the last '@', in lower case; empty for a phone number.
std::string domain_of(std::string_view to);

class Lane {
 public:
  explicit Lane(RoutedProvider routed);

  Provider& provider() const { return routed_.provider; }
  const Route& route() const { return routed_.route; }
  const std::string& name() const { return routed_.route.name; }
  Breaker& breaker() { return breaker_; }
  std::unique_ptr<Timer> breaker_timer;  // when it may be tried again

  // It takes messages, or will as soon as it has room.
  bool is_up(SteadyTime now) const;
  // Attempts that may begin: enough to keep the provider busy and, where it is quick, two rounds ahead of it.
  // Outcomes that the ledger does not take count as open too: if it can't be written, sending stops.
  std::size_t room(SteadyTime now) const;
  // Its attempts take no longer than a moment and count against no rate: those ahead of it wait in memory
  // only.
  bool goes_ahead() const;
  // It takes messages now, or has some.
  bool works(SteadyTime now) const { return is_up(now) && slots() > 0; }
  // One destination doesn't take all of it: a quarter of the provider's room is kept for the others, so that
  // a domain whose attempts hang doesn't delay them.
  bool has_room_for(const std::string& domain) const;
  // None of this destination's attempts has ended for a while, though there are some.
  bool is_stalled(const std::string& domain, SteadyTime now) const;

  // An attempt passes through these in order; each is called once.
  void begun(const Held& held, SteadyTime now);  // asked the ledger
  void started(Held held);                       // `sending` is durable
  // It is with the provider from now on; none: nothing is there, or no room for it. What the provider has
  // answered takes its place until that is recorded: so what a crash leaves in doubt is never more than the
  // provider's places.
  std::optional<Held> next_to_send(SteadyTime now);
  void answered(const Held& held, SteadyTime now);
  void ended(const Held& held);  // its outcome is recorded
  bool has_started() const { return !started_.empty(); }
  // Takes back what is started, not yet with the provider, and chosen by `leaves`; goes on to ended().
  std::vector<Held> take_started(const std::function<bool(const Held&)>& leaves);

 private:
  struct Use {
    std::size_t open = 0;      // begun, not ended
    std::size_t sending = 0;   // with the provider
    std::size_t answered = 0;  // not recorded yet
    SteadyTime moved_at{};     // one was answered, or the first begun
  };

  std::size_t slots() const { return provider().capacity() + use_.sending; }
  static std::size_t domain_max(std::size_t slots) { return slots - slots / 4; }

  RoutedProvider routed_;
  Breaker breaker_;
  std::deque<Held> started_;
  std::chrono::microseconds attempt_usually_{0};  // takes: an average that forgets
  Use use_;
  std::map<std::string, Use> domains_;
};

}  // namespace vestnik::delivery
