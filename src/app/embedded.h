#pragma once

#include "base/embedded_file.h"

namespace vestnik::app {

// The page and openapi.json (src/app/CMakeLists.txt lists them).
std::span<const EmbeddedFile> embedded_files();

}  // namespace vestnik::app
