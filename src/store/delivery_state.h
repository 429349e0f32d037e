#pragma once

#include "store/ledger.h"

namespace vestnik::store {

// Whether `to`, `subject`, `text` and `html` must be kept: something may still be sent, or a person may want
// it sent.
bool content_is_needed(DeliveryState state);

}  // namespace vestnik::store
