// The values of one statement in PostgreSQL's binary format: no escaping, any bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vestnik::store::postgres {

class Parameters {
 public:
  Parameters& integer(std::int64_t value);                        // int8
  Parameters& boolean(bool value);                                // bool
  Parameters& text(std::string_view value);                       // text
  Parameters& bytes(std::string_view value);                      // bytea
  Parameters& integers(const std::vector<std::int64_t>& values);  // int8[]
  Parameters& blobs(const std::vector<std::string>& values);      // bytea[]

  const std::vector<std::string>& values() const { return values_; }
  const std::vector<unsigned>& types() const { return types_; }

 private:
  std::vector<std::string> values_;
  std::vector<unsigned> types_;
};

// One statement; `sql` must live as long as the program (its prepared form is kept per connection).
struct Statement {
  std::string_view sql;
  Parameters parameters;
};

}  // namespace vestnik::store::postgres
