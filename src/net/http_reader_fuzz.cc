// The first byte says in what pieces the rest comes; the pieces must make no difference to what is read.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "net/http_reader.h"

namespace {

using vestnik::net::HttpReader;

// The requests read, as text. When a broken header is refused may depend on the pieces (at the broken line,
// or once the header is whole), which requests are read may not.
std::string read(std::string_view bytes, std::size_t piece) {
  constexpr vestnik::net::HttpLimits limits{.header_bytes_max = 256, .body_bytes_max = 64};
  HttpReader reader(limits);
  std::string requests;
  std::string pending;
  while (!bytes.empty() && reader.state() != HttpReader::State::refused) {
    pending.append(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    for (std::size_t used = 1;
         used > 0 && !pending.empty() && reader.state() != HttpReader::State::refused;) {
      used = reader.feed(pending);
      if (used > pending.size()) std::abort();
      pending.erase(0, used);
      if (reader.state() != HttpReader::State::complete) continue;
      const vestnik::net::HttpRequest request = reader.take();
      if (request.body.size() > limits.body_bytes_max) std::abort();
      if (request.path.empty() || (request.path[0] != '/' && request.path != "*")) std::abort();
      requests += request.method + " " + request.target + " " + request.body + "\n";
      for (const auto& [name, value] : request.headers) requests += name + ":" + value + "\n";
    }
    if (pending.size() > limits.header_bytes_max && reader.state() != HttpReader::State::refused)
      std::abort();
  }
  return requests;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (read(bytes, bytes.size()) != read(bytes, 1 + data[0] % 64)) std::abort();
  return 0;
}
