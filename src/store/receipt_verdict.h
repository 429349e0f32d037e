// What the receipts of a delivery's parts say together: the same for both stores.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "model/outcome.h"
#include "model/step.h"
#include "store/ledger.h"

namespace vestnik::store {

// How long a receipt waits for its submit (store/ledger.h).
inline constexpr std::chrono::days early_receipt_kept{7};

// Numbers are on disk.
enum class PartStatus { waiting = 0, delivered = 1, failed = 2 };
PartStatus part_status(const Receipt& receipt);

// One part, and the receipt it got.
struct Part {
  PartStatus status = PartStatus::waiting;
  std::string answer;
  Timestamp at{};
};

struct Verdict {
  DeliveryState state = DeliveryState::delivered;  // delivered | bounced
  std::string answer;
  Timestamp at{};
};

// One failed part bounces the whole; when all are delivered, it is delivered at the time of the last. `parts`
// by time.
std::optional<Verdict> verdict_of(std::span<const Part> parts);

Step verdict_step(const Notification& notification, int attempt, std::string_view provider,
                  const Verdict& verdict);

}  // namespace vestnik::store
