#include "net/http_api_keys.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdexcept>

namespace vestnik::net {
namespace {

std::array<std::uint8_t, 32> sha256(std::string_view text) {
  std::array<std::uint8_t, 32> digest;
  if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("SHA-256 is not available");
  return digest;
}

bool is_bearer(std::string_view authorization) {
  constexpr std::string_view scheme = "bearer ";
  if (authorization.size() < scheme.size()) return false;
  for (std::size_t i = 0; i < scheme.size(); ++i)
    if ((authorization[i] | 0x20) != scheme[i]) return false;
  return true;
}

std::string_view presented_key(const HttpRequest& request) {
  std::string_view authorization = request.header("authorization");
  if (!is_bearer(authorization)) return request.header("x-api-key");
  authorization.remove_prefix(authorization.find(' '));
  while (authorization.starts_with(' ')) authorization.remove_prefix(1);
  return authorization;
}

}  // namespace

ApiKeys::ApiKeys(std::span<const std::string> keys) {
  for (const std::string& key : keys) {
    if (key.size() < key_bytes_min)
      throw std::invalid_argument("an API key is shorter than " + std::to_string(key_bytes_min) +
                                  " bytes; make one with: openssl rand -hex 16");
    digests_.push_back(sha256(key));
  }
}

bool ApiKeys::accepts(std::string_view key) const {
  const auto digest = sha256(key);
  bool found = false;
  for (const auto& known : digests_) found |= CRYPTO_memcmp(known.data(), digest.data(), digest.size()) == 0;
  return found;
}

HttpHandler require_api_key(ApiKeys keys, HttpHandler handler) {
  if (keys.empty()) return handler;
  return [keys = std::move(keys), handler = std::move(handler)](HttpRequest request, Respond respond) {
    if (keys.accepts(presented_key(request))) return handler(std::move(request), std::move(respond));
    HttpResponse response = to_response({401, "unauthorized", "API key needed",
                                         "Send Authorization: Bearer <key> or X-API-Key: <key>.", "", 0});
    response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"vestnik\"");
    respond(std::move(response));
  };
}

}  // namespace vestnik::net
