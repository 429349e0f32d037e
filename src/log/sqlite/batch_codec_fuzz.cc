#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "log/sqlite/batch_codec.h"

// Whatever the bytes are, reading ends within them; what can be read can be written and read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vestnik::log::sqlite;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)verify(bytes);
  BatchReader reader(bytes);
  while (!reader.at_end()) {
    const auto record = reader.next();
    if (!record) break;
    BatchWriter writer;
    writer.add(*record);
    const std::string sealed = std::move(writer).seal();
    BatchReader again(sealed);
    if (!verify(sealed) || again.next() != *record || !again.at_end()) std::abort();
  }
  return 0;
}
