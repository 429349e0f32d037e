// What the read side keeps of a recipient: enough to recognise and to search, not the address or number.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vestnik::store {

// "a•••@example.com", "+7•••••4567"; all of a short number is hidden. Empty: `to` is.
std::string masked_recipient(std::string_view to);

// The same for addresses that differ in ASCII case only, and for numbers that differ in separators only. 0:
// `to` is empty, and only then.
std::int64_t recipient_digest(std::string_view to);

}  // namespace vestnik::store
