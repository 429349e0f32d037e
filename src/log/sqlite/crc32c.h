// CRC-32C (Castagnoli), as RFC 3720 section 12.1 has it: what guards a batch of records in the file.
#pragma once

#include <cstdint>
#include <string_view>

namespace vestnik::log::sqlite {

std::uint32_t crc32c(std::string_view bytes);

// The same where the processor has no instruction for it.
std::uint32_t crc32c_by_tables(std::string_view bytes);

}  // namespace vestnik::log::sqlite
