#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "log/sqlite/batch_codec.h"
#include "log/sqlite/crc32c.h"

// Whatever the bytes are, reading ends within them; what can be read can be written and read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vestnik::log::sqlite;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::string sealed(bytes), again_sealed;
  if (size >= 5) {  // else the checksum would let nothing through
    const std::uint32_t crc = crc32c(bytes.substr(5));
    std::memcpy(sealed.data() + 1, &crc, sizeof crc);
  }
  const auto unsealed = unseal(sealed);
  if (unsealed) seal(*unsealed, again_sealed);
  if (unsealed && unseal(again_sealed) != *unsealed) std::abort();
  BatchReader reader(unsealed ? *unsealed : bytes);
  while (!reader.at_end()) {
    const auto record = reader.next();
    if (!record) break;
    BatchWriter writer;
    writer.add(*record);
    const std::string written = std::move(writer).records();
    BatchReader again(written);
    if (again.next() != *record || !again.at_end()) std::abort();
  }
  return 0;
}
