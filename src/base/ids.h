// Identifiers: UUIDs (RFC 9562) and the named types that the rest of the code passes around.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace vestnik {

struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  // Lower-case 8-4-4-4-12 form (RFC 9562 section 4).
  std::string text() const;
  static std::optional<Uuid> parse(std::string_view text);

  friend auto operator<=>(const Uuid&, const Uuid&) = default;
};

// Source of unpredictable bytes; tests and the simulation pass their own.
class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;
};

// The operating system's generator, buffered; safe to use from any thread.
Random& system_random();

// Version 7 (RFC 9562 section 5.7): `now` in milliseconds, the rest random.
Uuid uuid_v7(Timestamp now, Random& random);

// Version 8 (RFC 9562 section 5.8): SHA-256 over `parts`, each preceded by its length, cut to 122 bits.
// The same parts always give the same id, and ("ab","c") differs from ("a","bc").
Uuid uuid_v8(std::initializer_list<std::string_view> parts);

// The same with the first 48 bits of `timed` in front, cut to 74 bits: ids made from others of about the same
// time stand together, as those do, so an index of many of them is written at its end and not all over.
Uuid uuid_v8(const Uuid& timed, std::initializer_list<std::string_view> parts);

// The version 7 UUID that `id` is, or ends with ("user_" + UUID).
std::optional<Uuid> uuid_v7_in(std::string_view id);

// A string id that can't be mistaken for another kind of id.
template <class Tag>
struct Id {
  std::string value;

  bool empty() const { return value.empty(); }
  friend auto operator<=>(const Id&, const Id&) = default;
};

using UserId = Id<struct UserIdTag>;                  // "user_" + UUIDv7
using EventId = Id<struct EventIdTag>;                // the client's Idempotency-Key or a UUID
using NotificationId = Id<struct NotificationIdTag>;  // UUIDv8 of event, user, channel and workflow step

}  // namespace vestnik

template <class Tag>
struct std::hash<vestnik::Id<Tag>> {
  std::size_t operator()(const vestnik::Id<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.value);
  }
};
