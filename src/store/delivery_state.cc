#include "store/delivery_state.h"

#include <array>
#include <utility>

namespace vestnik::store {
namespace {

constexpr std::array<std::pair<DeliveryState, std::string_view>, delivery_state_count> names{{
    {DeliveryState::pending, "pending"},
    {DeliveryState::sending, "sending"},
    {DeliveryState::sent, "sent"},
    {DeliveryState::delivered, "delivered"},
    {DeliveryState::bounced, "bounced"},
    {DeliveryState::in_doubt, "in_doubt"},
    {DeliveryState::dead, "dead"},
    {DeliveryState::expired, "expired"},
    {DeliveryState::suppressed, "suppressed"},
    {DeliveryState::discarded, "discarded"},
}};

}  // namespace

std::string_view to_string(DeliveryState state) {
  for (const auto& [candidate, name] : names)
    if (candidate == state) return name;
  return "";
}

std::optional<DeliveryState> parse_delivery_state(std::string_view text) {
  for (const auto& [candidate, name] : names)
    if (name == text) return candidate;
  return std::nullopt;
}

bool is_final(DeliveryState state) {
  switch (state) {
    case DeliveryState::pending:
    case DeliveryState::sending:
    case DeliveryState::in_doubt: return false;
    case DeliveryState::sent:
    case DeliveryState::delivered:
    case DeliveryState::bounced:
    case DeliveryState::dead:
    case DeliveryState::expired:
    case DeliveryState::suppressed:
    case DeliveryState::discarded: return true;
  }
  return true;
}

bool content_is_needed(DeliveryState state) {
  switch (state) {
    case DeliveryState::pending:
    case DeliveryState::sending:
    case DeliveryState::in_doubt:
    case DeliveryState::dead: return true;
    case DeliveryState::sent:
    case DeliveryState::delivered:
    case DeliveryState::bounced:
    case DeliveryState::expired:
    case DeliveryState::suppressed:
    case DeliveryState::discarded: return false;
  }
  return true;
}

}  // namespace vestnik::store
