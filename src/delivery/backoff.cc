#include "delivery/backoff.h"

#include <algorithm>

namespace vestnik::delivery {

std::chrono::milliseconds Backoff::after(int attempt, Random& random) const {
  auto ceiling = base;
  for (int i = 1; i < attempt && ceiling < cap; ++i) ceiling *= 2;
  ceiling = std::max(std::min(ceiling, cap), std::chrono::milliseconds(1));
  const auto floor = ceiling / 10;
  const auto span = static_cast<std::uint64_t>((ceiling - floor).count()) + 1;
  return floor + std::chrono::milliseconds(random.next() % span);
}

}  // namespace vestnik::delivery
