#include "base/ids.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdexcept>

#include "base/text.h"

namespace vestnik {
namespace {

constexpr std::size_t text_bytes = 36;
constexpr std::size_t time_bytes = 6;  // of version 7: big-endian milliseconds

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void set_version_and_variant(Uuid& uuid, std::uint8_t version) {
  uuid.bytes[6] = static_cast<std::uint8_t>((uuid.bytes[6] & 0x0F) | (version << 4));
  uuid.bytes[8] = static_cast<std::uint8_t>((uuid.bytes[8] & 0x3F) | 0x80);
}

class SystemRandom final : public Random {
 public:
  std::uint64_t next() override {
    std::lock_guard lock(mutex_);
    if (used_ == buffer_.size()) {
      if (RAND_bytes(reinterpret_cast<unsigned char*>(buffer_.data()), sizeof buffer_) != 1)
        throw std::runtime_error("the operating system's random generator failed");
      used_ = 0;
    }
    return buffer_[used_++];
  }

 private:
  std::mutex mutex_;
  std::array<std::uint64_t, 128> buffer_{};
  std::size_t used_ = buffer_.size();
};

}  // namespace

std::string Uuid::text() const {
  std::string out;
  out.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += hex_digits[bytes[i] >> 4];
    out += hex_digits[bytes[i] & 0x0F];
  }
  return out;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != text_bytes) return std::nullopt;
  Uuid uuid;
  std::size_t at = 0;
  for (std::size_t i = 0; i < uuid.bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) {
      if (text[at++] != '-') return std::nullopt;
    }
    const int high = hex_value(text[at++]);
    const int low = hex_value(text[at++]);
    if (high < 0 || low < 0) return std::nullopt;
    uuid.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return uuid;
}

Random& system_random() {
  static SystemRandom random;
  return random;
}

Uuid uuid_v7(Timestamp now, Random& random) {
  Uuid uuid;
  const std::uint64_t a = random.next();
  const std::uint64_t b = random.next();
  std::memcpy(uuid.bytes.data(), &a, 8);
  std::memcpy(uuid.bytes.data() + 8, &b, 8);
  const auto ms = static_cast<std::uint64_t>(to_unix_ms(now));
  for (int i = 0; i < 6; ++i) uuid.bytes[i] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
  set_version_and_variant(uuid, 7);
  return uuid;
}

Uuid uuid_v8(std::initializer_list<std::string_view> parts) {
  // Looking SHA-256 up by name takes locks and longer than the hashing.
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                                     &EVP_MD_CTX_free);
  std::array<std::uint8_t, 32> digest;
  bool ok = sha256 && context && EVP_DigestInit_ex(context.get(), sha256, nullptr) == 1;
  for (std::string_view part : parts) {
    std::array<std::uint8_t, 8> length;
    for (int i = 0; i < 8; ++i) length[i] = static_cast<std::uint8_t>(part.size() >> (56 - 8 * i));
    ok = ok && EVP_DigestUpdate(context.get(), length.data(), length.size()) == 1 &&
         EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  }
  ok = ok && EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1;
  if (!ok) throw std::runtime_error("SHA-256 is not available");
  Uuid uuid;
  std::memcpy(uuid.bytes.data(), digest.data(), uuid.bytes.size());
  set_version_and_variant(uuid, 8);
  return uuid;
}

Uuid uuid_v8(const Uuid& timed, std::initializer_list<std::string_view> parts) {
  Uuid uuid = uuid_v8(parts);
  std::copy_n(timed.bytes.begin(), time_bytes, uuid.bytes.begin());
  return uuid;
}

std::optional<Uuid> uuid_v7_in(std::string_view id) {
  if (id.size() < text_bytes) return std::nullopt;
  const auto uuid = Uuid::parse(id.substr(id.size() - text_bytes));
  if (!uuid || uuid->bytes[6] >> 4 != 7 || uuid->bytes[8] >> 6 != 2) return std::nullopt;
  return uuid;
}

}  // namespace vestnik
