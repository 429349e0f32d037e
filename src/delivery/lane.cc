#include "delivery/lane.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace vestnik::delivery {
namespace {

constexpr std::chrono::seconds stalled_after(10);
// One round is with the provider while the next is being written to the ledger and a third is there already.
constexpr std::size_t rounds_ahead = 2;

}  // namespace

std::string domain_of(std::string_view to) {
  const std::size_t at = to.rfind('@');
  if (at == std::string_view::npos) return {};
  std::string domain(to.substr(at + 1));
  std::ranges::transform(domain, domain.begin(), [](unsigned char c) { return std::tolower(c); });
  return domain;
}

Lane::Lane(RoutedProvider routed) : routed_(std::move(routed)) {}

bool Lane::is_up(SteadyTime now) const {
  switch (breaker_.state(now)) {
    case Breaker::State::open: return false;
    case Breaker::State::half_open: return use_.open == 0;
    case Breaker::State::closed: break;
  }
  return provider().capacity() > 0 || use_.sending > 0 || provider().health().well;
}

std::size_t Lane::room(SteadyTime now) const {
  switch (breaker_.state(now)) {
    case Breaker::State::open: return 0;
    case Breaker::State::half_open:
      return use_.open == 0 ? std::min<std::size_t>(1, provider().capacity()) : 0;
    case Breaker::State::closed: break;
  }
  if (!goes_ahead()) {
    const std::size_t taken = use_.open - use_.sending;
    return provider().capacity() > taken ? provider().capacity() - taken : 0;
  }
  // What is answered makes room at once, though its place is free only when that is recorded: by then what
  // comes next is on its way into the ledger, whose writer would have nothing to do until it has been asked
  // for.
  const std::size_t wanted = rounds_ahead * slots() + use_.answered;
  const std::size_t ahead = use_.open - use_.sending - use_.answered;
  return wanted > ahead ? wanted - ahead : 0;
}

// What waits behind slow attempts would be given back (send_by.h), and what is counted against a rate must go
// out at once.
bool Lane::goes_ahead() const {
  constexpr std::chrono::milliseconds quick(500);
  const bool limited = route().rate || route().domain_rate || !route().domain_rates.empty();
  return !limited && attempt_usually_ < quick;
}

bool Lane::has_room_for(const std::string& domain) const {
  const auto use = domains_.find(domain);
  const std::size_t rounds = goes_ahead() ? 1 + rounds_ahead : 1;
  return domain.empty() || use == domains_.end() ||
         use->second.open - use->second.answered < rounds * domain_max(slots());
}

bool Lane::is_stalled(const std::string& domain, SteadyTime now) const {
  const auto use = domains_.find(domain);
  return use != domains_.end() && now - use->second.moved_at > stalled_after;
}

void Lane::begun(const Held& held, SteadyTime now) {
  ++use_.open;
  const std::string domain = domain_of(held.notification->to);
  if (domain.empty()) return;
  Use& use = domains_[domain];
  if (use.open++ == 0) use.moved_at = now;
}

void Lane::started(Held held) { started_.push_back(std::move(held)); }

std::optional<Held> Lane::next_to_send(SteadyTime now) {
  if (provider().capacity() <= use_.answered) return std::nullopt;
  const std::size_t domain_sending_max = domain_max(slots());
  const auto next = std::ranges::find_if(started_, [&](const Held& held) {
    const auto use = domains_.find(domain_of(held.notification->to));
    return use == domains_.end() || use->second.sending < domain_sending_max;
  });
  if (next == started_.end()) return std::nullopt;
  Held held = std::move(*next);
  started_.erase(next);
  held.sent_at = now;
  ++use_.sending;
  if (const auto use = domains_.find(domain_of(held.notification->to)); use != domains_.end())
    ++use->second.sending;
  return held;
}

void Lane::answered(const Held& held, SteadyTime now) {
  const auto took = std::chrono::ceil<std::chrono::microseconds>(now - held.sent_at.value_or(now));
  attempt_usually_ += (took - attempt_usually_) / 8;
  --use_.sending;
  ++use_.answered;
  const auto use = domains_.find(domain_of(held.notification->to));
  if (use == domains_.end()) return;
  --use->second.sending;
  ++use->second.answered;
  use->second.moved_at = now;
}

void Lane::ended(const Held& held) {
  --use_.open;
  if (held.sent_at) --use_.answered;
  const auto use = domains_.find(domain_of(held.notification->to));
  if (use == domains_.end()) return;
  if (held.sent_at) --use->second.answered;
  if (--use->second.open == 0) domains_.erase(use);
}

std::vector<Held> Lane::take_started(const std::function<bool(const Held&)>& leaves) {
  std::vector<Held> taken;
  std::deque<Held> kept;
  for (Held& held : started_) {
    if (leaves(held))
      taken.push_back(std::move(held));
    else
      kept.push_back(std::move(held));
  }
  started_ = std::move(kept);
  return taken;
}

}  // namespace vestnik::delivery
