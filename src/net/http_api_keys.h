// Who may call the API: those who hold one of a few keys.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"

namespace vestnik::net {

// Kept as SHA-256 digests: a key is random and long, so it needs no slow hash, and a memory dump shows none.
class ApiKeys {
 public:
  // Shorter keys could be guessed.
  static constexpr std::size_t key_bytes_min = 16;

  ApiKeys() = default;
  // Throws std::invalid_argument when a key is shorter than key_bytes_min; the message does not hold the key.
  explicit ApiKeys(std::span<const std::string> keys);

  bool empty() const { return digests_.empty(); }
  // Takes the same time whichever key it is and wherever it differs.
  bool accepts(std::string_view key) const;

 private:
  std::vector<std::array<std::uint8_t, 32>> digests_;
};

// Lets requests through to `handler` that carry a key as `Authorization: Bearer <key>` (RFC 6750) or
// `X-API-Key: <key>`; the others are answered 401. No keys at all: everything is let through.
HttpHandler require_api_key(ApiKeys keys, HttpHandler handler);

}  // namespace vestnik::net
