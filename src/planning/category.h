// Categories: how the notifications of a kind are delivered. VESTNIK_CATEGORIES lists them:
//
//   otp in_doubt=hold attempts=3 expires_after=5m, marketing limit=3/1d
//
//   in_doubt=resend|hold   what may have been accepted is sent again (the default), or waits for a person
//   attempts=3             attempts, the first included; default: VESTNIK_RETRY_ATTEMPTS_MAX
//   expires_after=5m       as VESTNIK_EMAIL_EXPIRES_AFTER; a workflow's step may say another
//   limit=3/1d             attempts to one recipient, in any window of that length; more wait
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/problem.h"
#include "model/limit.h"

namespace vestnik::planning {

struct Category {
  bool hold_in_doubt = false;
  int attempts_max = 0;  // 0: not said
  std::optional<std::chrono::milliseconds> expires_after;
  std::optional<Limit> recipient_limit;

  friend bool operator==(const Category&, const Category&) = default;
};

using Categories = std::map<std::string, Category, std::less<>>;

Result<Categories, config::Problems> parse_categories(const std::vector<std::string>& texts);

}  // namespace vestnik::planning
