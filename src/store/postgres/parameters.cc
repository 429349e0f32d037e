#include "store/postgres/parameters.h"

#include <bit>
#include <cstring>

namespace vestnik::store::postgres {
namespace {

// Type numbers of the system catalogue (src/include/catalog/pg_type.dat); they never change.
constexpr unsigned oid_bool = 16, oid_bytea = 17, oid_int8 = 20, oid_text = 25, oid_bytea_array = 1001,
                   oid_int8_array = 1016;

template <class Integer>
void append_big_endian(std::string& out, Integer value) {
  for (int shift = 8 * static_cast<int>(sizeof value) - 8; shift >= 0; shift -= 8)
    out += static_cast<char>(static_cast<std::uint64_t>(value) >> shift);
}

// array_recv: dimensions, has-nulls flag, element type, then length and lower bound of each dimension.
std::string array_header(unsigned element, std::size_t size) {
  std::string out;
  append_big_endian<std::int32_t>(out, size == 0 ? 0 : 1);
  append_big_endian<std::int32_t>(out, 0);
  append_big_endian<std::uint32_t>(out, element);
  if (size == 0) return out;
  append_big_endian(out, static_cast<std::int32_t>(size));
  append_big_endian<std::int32_t>(out, 1);
  return out;
}

}  // namespace

Parameters& Parameters::integer(std::int64_t value) {
  append_big_endian(values_.emplace_back(), value);
  types_.push_back(oid_int8);
  return *this;
}

Parameters& Parameters::boolean(bool value) {
  values_.emplace_back(1, value ? '\1' : '\0');
  types_.push_back(oid_bool);
  return *this;
}

Parameters& Parameters::text(std::string_view value) {
  values_.emplace_back(value);
  types_.push_back(oid_text);
  return *this;
}

Parameters& Parameters::bytes(std::string_view value) {
  values_.emplace_back(value);
  types_.push_back(oid_bytea);
  return *this;
}

Parameters& Parameters::integers(const std::vector<std::int64_t>& values) {
  std::string& out = values_.emplace_back(array_header(oid_int8, values.size()));
  for (const std::int64_t value : values) {
    append_big_endian<std::int32_t>(out, sizeof value);
    append_big_endian(out, value);
  }
  types_.push_back(oid_int8_array);
  return *this;
}

Parameters& Parameters::blobs(const std::vector<std::string>& values) {
  std::string& out = values_.emplace_back(array_header(oid_bytea, values.size()));
  for (const std::string& value : values) {
    append_big_endian(out, static_cast<std::int32_t>(value.size()));
    out += value;
  }
  types_.push_back(oid_bytea_array);
  return *this;
}

}  // namespace vestnik::store::postgres
