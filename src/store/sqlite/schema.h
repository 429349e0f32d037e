#pragma once

#include <span>

namespace vestnik::store::sqlite {

// For sqlite::Database::migrate("store", …). Append only: a step that was released never changes.
std::span<const char* const> migrations();

}  // namespace vestnik::store::sqlite
