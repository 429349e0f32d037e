#include "sms/smpp/pacer.h"

#include <algorithm>
#include <limits>

namespace vestnik::sms::smpp {
namespace {

using Seconds = std::chrono::duration<double>;
constexpr std::chrono::seconds one_second{1};

double bucket_size(double rate) { return std::max(1.0, rate / 10); }

}  // namespace

void Pacer::roll_second(SteadyTime now) {
  const auto elapsed = now - second_began_;
  if (elapsed < one_second) return;
  accepted_last_second_ = elapsed < 2 * one_second ? accepted_this_second_ : 0;
  accepted_this_second_ = 0;
  second_began_ = now;
}

void Pacer::accepted(SteadyTime now) {
  roll_second(now);
  ++accepted_this_second_;
}

void Pacer::throttled(SteadyTime now) {
  if (now < hold_until_) return;
  roll_second(now);
  const double seen = static_cast<double>(std::max(accepted_last_second_, accepted_this_second_));
  refused_at_ = rate_ ? std::min(*rate_, std::max(seen, *rate_ / 2)) : seen;
  rate_ = std::max(rate_min, cut * refused_at_);
  hold_until_ = now + hold;
  refilled_at_ = grown_at_ = hold_until_;
  tokens_ = 1;
}

void Pacer::refill(SteadyTime now) {
  if (!rate_ || now <= refilled_at_) return;
  while (now - grown_at_ >= one_second && *rate_ < rate_unlimited) {
    const bool near_limit = *rate_ > 0.7 * refused_at_ && *rate_ < 1.3 * refused_at_;
    *rate_ *= near_limit ? growth_near_limit : growth;
    grown_at_ += one_second;
  }
  if (*rate_ >= rate_unlimited) {
    rate_.reset();
    return;
  }
  tokens_ = std::min(bucket_size(*rate_), tokens_ + *rate_ * Seconds(now - refilled_at_).count());
  refilled_at_ = now;
}

void Pacer::spend(SteadyTime now) {
  refill(now);
  if (rate_) tokens_ = std::max(0.0, tokens_ - 1);
}

std::size_t Pacer::allowance(SteadyTime now) {
  refill(now);
  if (!rate_) return std::numeric_limits<std::size_t>::max();
  return now < hold_until_ ? 0 : static_cast<std::size_t>(tokens_);
}

SteadyTime Pacer::next_allowance(SteadyTime now) {
  if (allowance(now) > 0) return now;
  if (now < hold_until_) return hold_until_;
  // A microsecond more, so that rounding never leaves a hair less than one token.
  return now + std::chrono::duration_cast<std::chrono::microseconds>(Seconds((1 - tokens_) / *rate_)) +
         std::chrono::microseconds(1);
}

}  // namespace vestnik::sms::smpp
