// What the parts work on: the registration of a user and what the shipped workflow makes of it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "model/event.h"
#include "model/notification.h"
#include "planning/configured.h"

namespace vestnik::bench {

// So many different samples are gone through in turn; a part's figure is that of all of them.
inline constexpr std::size_t samples_max = 16;

// The body of a POST /register, with e-mail address, phone number and name. `number` tells users apart.
std::string registration_body(std::size_t number);

UserEvent registered_event(std::size_t number);

const planning::Configured& shipped_set();

// An e-mail and an SMS.
std::vector<Notification> planned_notifications(std::size_t number);
Notification planned_email(std::size_t number);

// `make(0)` … `make(samples_max - 1)`.
template <class Make>
auto samples(Make make) {
  std::vector<decltype(make(std::size_t{}))> all;
  for (std::size_t number = 0; number < samples_max; ++number) all.push_back(make(number));
  return all;
}

// Goes round `values`; they must not be empty.
template <class T>
class InTurn {
 public:
  explicit InTurn(std::vector<T> values) : values_(std::move(values)) {}
  const T& next() { return values_[next_++ % values_.size()]; }

 private:
  std::vector<T> values_;
  std::size_t next_ = 0;
};

}  // namespace vestnik::bench
