// Mustache templates (mustache(5)): variables, sections, inverted sections, comments, partials; no lambdas
// and no changed delimiters. Compiled once, rendered from many threads. Rendering does no I/O and is bounded
// in steps and in output.
//
// Where data may go follows from the place: in HTML it is always escaped, a URL attribute takes only harmless
// schemes, and places where no escaping is enough (scripts, styles, unquoted attributes) are errors when the
// template is compiled.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "config/problem.h"

namespace vestnik::planning {

enum class Syntax { text, html };

enum class RenderError { too_large, too_many_steps };

struct TemplateSource {
  std::string path;  // for problems
  std::string content;
};

// The source of the partial `name`; it stays valid while compile() runs.
using FindPartial = std::function<const TemplateSource*(std::string_view name)>;

class Mustache {
 public:
  // Bounds of one compiled template, its partials included.
  static constexpr std::size_t depth_max = 32;  // sections and partials inside each other
  static constexpr std::size_t instructions_max = 20'000;
  static constexpr std::size_t includes_max = 1000;
  static constexpr std::size_t literal_bytes_max = 1024 * 1024;
  // Bound of one rendering: instructions run, turns of loops included.
  static constexpr std::size_t steps_max = 200'000;

  struct Reference {
    std::string name;  // "order.id"
    std::string path;
    int line = 1;
    int column = 1;
  };

  // All problems that can be told apart, each with file, line and column.
  static Result<Mustache, config::Problems> compile(const TemplateSource& source, Syntax syntax,
                                                    const FindPartial& find_partial);

  // A name is looked up in the innermost section's value first, then outwards, then in `data` from first to
  // last. Unknown names, null, lists and objects render as nothing.
  Result<std::string, Failure<RenderError>> render(std::span<const json::object* const> data,
                                                   std::size_t bytes_max) const;

  // Every name the template asks for, in its order.
  const std::vector<Reference>& references() const { return references_; }
  // Names of the partials that were included, directly or not; sorted, each once.
  const std::vector<std::string>& partials() const { return partials_; }

 private:
  friend class MustacheCompiler;
  friend class MustacheRenderer;

  enum class Operation { literal, variable, section, inverted };
  enum class Escape { none, html, url };
  struct Instruction {
    Operation operation = Operation::literal;
    Escape escape = Escape::none;
    std::string text;               // literal
    std::vector<std::string> name;  // "order.id" is {"order", "id"}; {} is the current value, "."
    std::uint32_t end = 0;          // section: index after its last instruction
  };

  std::vector<Instruction> program_;
  std::vector<Reference> references_;
  std::vector<std::string> partials_;
};

}  // namespace vestnik::planning
