#include "app/version.h"

#include <cstdio>

#include "app/commands.h"

namespace vestnik::app {

const std::string_view version_text = VESTNIK_VERSION;

int version() {
  std::printf("vestnik %s\n", VESTNIK_VERSION);
  return 0;
}

}  // namespace vestnik::app
