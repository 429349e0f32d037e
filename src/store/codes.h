// Numbers under which tables keep the enumerations. They are on disk: an enumerator may be added at the end,
// never moved.
#pragma once

#include "model/notification.h"
#include "model/step.h"
#include "store/ledger.h"

namespace vestnik::store {

static_assert(static_cast<int>(Channel::email) == 0 && static_cast<int>(Channel::sms) == 1);
static_assert(static_cast<int>(DeliveryState::pending) == 0 &&
              static_cast<int>(DeliveryState::sending) == 1 && static_cast<int>(DeliveryState::sent) == 2 &&
              static_cast<int>(DeliveryState::delivered) == 3 &&
              static_cast<int>(DeliveryState::bounced) == 4 &&
              static_cast<int>(DeliveryState::in_doubt) == 5 && static_cast<int>(DeliveryState::dead) == 6 &&
              static_cast<int>(DeliveryState::expired) == 7 &&
              static_cast<int>(DeliveryState::suppressed) == 8 &&
              static_cast<int>(DeliveryState::discarded) == 9);
static_assert(static_cast<int>(StepKind::skipped) == 0 && static_cast<int>(StepKind::sending) == 1 &&
              static_cast<int>(StepKind::deferred) == 2 && static_cast<int>(StepKind::sent) == 3 &&
              static_cast<int>(StepKind::delivered) == 4 && static_cast<int>(StepKind::bounced) == 5 &&
              static_cast<int>(StepKind::in_doubt) == 6 && static_cast<int>(StepKind::dead) == 7 &&
              static_cast<int>(StepKind::expired) == 8 && static_cast<int>(StepKind::suppressed) == 9 &&
              static_cast<int>(StepKind::retried) == 10 && static_cast<int>(StepKind::discarded) == 11);

template <class Enum>
constexpr int code(Enum value) {
  return static_cast<int>(value);
}

}  // namespace vestnik::store
