// What /readyz shows: each part says whether it is well, and if not, why and what to do.
#pragma once

#include <string>
#include <vector>

namespace vestnik {

struct Health {
  std::string part;  // "log", "store", "smtp" …
  bool well = true;
  std::string detail;  // for people; holds no addresses, keys or passwords
};

}  // namespace vestnik
