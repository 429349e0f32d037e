// Any bytes as a template, rendered with unfriendly data: no crash, no output beyond its bound, and no data
// of ours ever opens a tag.
#include <array>
#include <cstdint>
#include <cstdlib>

#include "planning/mustache.h"
#include "planning/text.h"

namespace {

using vestnik::planning::Mustache;
using vestnik::planning::Syntax;
namespace json = boost::json;

constexpr std::size_t bytes_max = 64 * 1024;
constexpr std::string_view marker = "<vestnik-fuzz";

void check(bool holds) {
  if (!holds) std::abort();
}

const json::object& sample() {
  static const json::object data{{"a", "<vestnik-fuzz>\"'`&"},
                                 {"b", {{"a", "javascript:x"}, {"c", nullptr}}},
                                 {"l", {1, "<vestnik-fuzz>", {{"a", true}}, json::array{2, 3}}},
                                 {"n", -1.5}};
  return data;
}

void run(const std::string& text, Syntax syntax) {
  const vestnik::planning::TemplateSource partial{"p", "{{#l}}{{.}}{{/l}}"};
  const auto compiled = Mustache::compile(
      {"t", text}, syntax, [&](std::string_view name) { return name == "p" ? &partial : nullptr; });
  if (!compiled) {
    for (const auto& problem : compiled.error()) check(problem.line >= 1 && problem.column >= 1);
    return;
  }
  const std::array<const json::object*, 1> data{&sample()};
  const auto rendered = compiled->render(data, bytes_max);
  if (!rendered) return;
  check(rendered->size() <= bytes_max);
  if (syntax == Syntax::html && !text.contains(marker)) check(!rendered->contains(marker));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  run(text, Syntax::html);
  run(text, Syntax::text);
  (void)vestnik::planning::one_line(text);
  (void)vestnik::planning::without_controls(text);
  (void)vestnik::planning::first_invalid_utf8(text);
  return 0;
}
