// The one JSON library (Boost.JSON), with the bounds that outside data is read under.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace vestnik {

namespace json = boost::json;

enum class JsonError { not_json, too_deep, not_an_object };

// Nesting beyond this is refused: nothing of ours is deeper than 4, and a client's `data` may use the rest.
constexpr std::size_t json_depth_max = 16;

// Parses one JSON object (RFC 8259). Invalid UTF-8, duplicate trailing text and depth beyond json_depth_max
// are errors; the message names the byte where reading stopped. The size is bounded by whoever read the text.
Result<json::object, Failure<JsonError>> parse_json_object(std::string_view text);

// Takes the members of an object as they are read; views are good for the call. A member of an object that is
// a member itself has both names ("outer.inner"). What lies deeper, what is in arrays, null and numbers that
// are not 64-bit integers are passed over. A member that stands there twice comes twice.
class JsonMembers {
 public:
  virtual void on_text(std::string_view name, std::string_view value) = 0;
  virtual void on_integer(std::string_view name, std::int64_t value) = 0;
  virtual void on_boolean(std::string_view name, bool value) = 0;
  // The member is an object; its own members follow.
  virtual void on_object(std::string_view name) = 0;

 protected:
  ~JsonMembers() = default;
};

// As parse_json_object, for known objects that come often: nothing is built.
Result<void, Failure<JsonError>> read_json_object(std::string_view text, JsonMembers& members);

// The member `name` if it is there and of that type; null counts as absent.
std::optional<std::string_view> string_member(const json::object& object, std::string_view name);
std::optional<std::int64_t> integer_member(const json::object& object, std::string_view name);

}  // namespace vestnik
