#include <algorithm>
#include <fmt/format.h>

#include "planning/html_context.h"
#include "planning/mustache.h"

namespace vestnik::planning {
namespace {

constexpr std::string_view tag_begin = "{{";
constexpr std::string_view spaces = " \t";

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

// Letters, digits, _ and -, in any script; dots between the parts.
bool is_name(std::string_view text) {
  if (text == ".") return true;
  if (text.empty() || text.front() == '.' || text.back() == '.' || text.contains("..")) return false;
  return std::ranges::all_of(text, [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return std::isalnum(u) != 0 || c == '_' || c == '-' || c == '.' || u >= 0x80;
  });
}

std::vector<std::string> split_name(std::string_view name) {
  std::vector<std::string> parts;
  if (name == ".") return parts;
  for (std::size_t start = 0; start <= name.size();) {
    const std::size_t dot = std::min(name.find('.', start), name.size());
    parts.emplace_back(name.substr(start, dot - start));
    start = dot + 1;
  }
  return parts;
}

struct Tag {
  std::size_t begin = 0;  // of "{{"
  std::size_t end = 0;    // after "}}"
  char sigil = 0;         // # ^ / ! > & { or 0
  std::string_view name;
};

}  // namespace

// One pass over the text. Partials are compiled into the place where they are asked for.
class MustacheCompiler {
 public:
  MustacheCompiler(Syntax syntax, const FindPartial& find_partial)
      : syntax_(syntax), find_partial_(find_partial) {}

  Result<Mustache, config::Problems> run(const TemplateSource& source) {
    compile(source);
    std::ranges::sort(out_.partials_);
    const auto repeated = std::ranges::unique(out_.partials_);
    out_.partials_.erase(repeated.begin(), repeated.end());
    if (!problems_.empty()) return std::unexpected(std::move(problems_));
    return std::move(out_);
  }

 private:
  struct Section {
    std::size_t instruction;
    std::string_view name;
    std::size_t begin;
    HtmlContext context;  // where it was opened
  };
  // A text that is being compiled; partials stack.
  struct Text {
    const TemplateSource& source;
    std::size_t at = 0;
    std::vector<Section> sections;
    // Lines counted so far, so that placing every reference stays linear.
    std::size_t counted = 0;
    int line = 1;
    std::size_t line_start = 0;
  };

  void report(const Text& text, std::size_t at, std::string message) {
    const std::string_view before = std::string_view(text.source.content).substr(0, at);
    const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
    problems_.push_back({text.source.path, static_cast<int>(std::ranges::count(before, '\n')) + 1,
                         static_cast<int>(at - line_start) + 1, std::move(message)});
  }

  void compile(const TemplateSource& source) {
    Text text{source, 0, {}, 0, 1, 0};
    const std::string_view content = source.content;
    while (text.at < content.size() && !given_up_) {
      const std::size_t begin = content.find(tag_begin, text.at);
      if (begin == std::string_view::npos) {
        literal(text, content.substr(text.at));
        break;
      }
      const auto tag = read_tag(text, begin);
      if (!tag) {
        given_up_ = true;  // where an unclosed tag ends can't be known, so nothing after it can be read
        break;
      }
      std::size_t literal_end = tag->begin;
      std::size_t next = tag->end;
      if (const auto line = standalone(content, *tag)) std::tie(literal_end, next) = *line;
      literal(text, content.substr(text.at, literal_end - text.at));
      text.at = next;
      apply(text, *tag);
    }
    for (const Section& section : text.sections)
      report(text, section.begin, fmt::format("section \"{}\" is not closed", section.name));
    depth_ -= text.sections.size();
  }

  std::optional<Tag> read_tag(const Text& text, std::size_t begin) {
    const std::string_view content = text.source.content;
    const bool triple = content.substr(begin).starts_with("{{{");
    const std::string_view closing = triple ? "}}}" : "}}";
    const std::size_t inner = begin + (triple ? 3 : 2);
    const std::size_t end = content.find(closing, inner);
    if (end == std::string_view::npos) {
      report(text, begin, fmt::format("this tag is not closed: {} is missing", closing));
      return std::nullopt;
    }
    Tag tag{begin, end + closing.size(), triple ? '{' : '\0', trimmed(content.substr(inner, end - inner))};
    if (!triple && !tag.name.empty() && std::string_view("#^/!>&=").contains(tag.name.front())) {
      tag.sigil = tag.name.front();
      tag.name = trimmed(tag.name.substr(1));
    }
    return tag;
  }

  // A section's tag, a comment or a partial alone on its line takes the whole line with it: where the literal
  // before ends, and where reading goes on.
  static std::optional<std::pair<std::size_t, std::size_t>> standalone(std::string_view content,
                                                                       const Tag& tag) {
    if (!std::string_view("#^/!>").contains(tag.sigil) || tag.sigil == 0) return std::nullopt;
    const std::size_t text_before = content.substr(0, tag.begin).find_last_not_of(spaces);
    const std::size_t line_start = text_before == std::string_view::npos ? 0 : text_before + 1;
    if (line_start != 0 && content[line_start - 1] != '\n') return std::nullopt;
    const std::size_t after = content.find_first_not_of(spaces, tag.end);
    if (after == std::string_view::npos) return std::pair{line_start, content.size()};
    if (content[after] == '\n') return std::pair{line_start, after + 1};
    if (content.substr(after).starts_with("\r\n")) return std::pair{line_start, after + 2};
    return std::nullopt;
  }

  void literal(const Text& text, std::string_view content) {
    if (content.empty()) return;
    literal_bytes_ += content.size();
    if (literal_bytes_ > Mustache::literal_bytes_max)
      return give_up(text,
                     fmt::format("larger than {} bytes with its partials", Mustache::literal_bytes_max));
    if (syntax_ == Syntax::html) context_.literal(content);
    if (!out_.program_.empty() && out_.program_.back().operation == Mustache::Operation::literal &&
        out_.program_.size() > barrier_) {
      out_.program_.back().text += content;
    } else if (auto* instruction = add(text, Mustache::Operation::literal)) {
      instruction->text = content;
    }
  }

  void apply(Text& text, const Tag& tag) {
    if (tag.sigil == '!') return;
    if (tag.sigil == '=') return report(text, tag.begin, "changed delimiters ({{=…=}}) aren't supported");
    if (!is_name(tag.name)) return report(text, tag.begin, fmt::format("\"{}\" is not a name", tag.name));
    switch (tag.sigil) {
      case '#': return open(text, tag, Mustache::Operation::section);
      case '^': return open(text, tag, Mustache::Operation::inverted);
      case '/': return close(text, tag);
      case '>': return include(text, tag);
      default: return variable(text, tag);
    }
  }

  void variable(Text& text, const Tag& tag) {
    const auto escape = escape_for(text, tag);
    auto* instruction = add(text, Mustache::Operation::variable);
    if (!instruction) return;
    instruction->name = split_name(tag.name);
    instruction->escape = escape;
    refer(text, tag);
  }

  Mustache::Escape escape_for(const Text& text, const Tag& tag) {
    using Place = HtmlContext::Place;
    if (syntax_ == Syntax::text) return Mustache::Escape::none;
    if (tag.sigil == '{' || tag.sigil == '&')
      report(text, tag.begin, "data is always escaped in HTML: write {{" + std::string(tag.name) + "}}");
    const Place place = context_.place();
    switch (place) {
      case Place::text:
      case Place::attribute: return Mustache::Escape::html;
      case Place::url_start: return Mustache::Escape::url;
      case Place::unquoted:
        report(text, tag.begin, "data in an attribute needs quotes around the value");
        break;
      case Place::tag: report(text, tag.begin, "data can't be part of a tag"); break;
      case Place::script_style: report(text, tag.begin, "data can't be part of a script or style"); break;
      case Place::comment: report(text, tag.begin, "data can't be part of an HTML comment"); break;
    }
    return Mustache::Escape::html;
  }

  void open(Text& text, const Tag& tag, Mustache::Operation operation) {
    if (++depth_ > Mustache::depth_max) return give_up(text, too_deep());
    auto* instruction = add(text, operation);
    if (!instruction) return;
    instruction->name = split_name(tag.name);
    text.sections.push_back({out_.program_.size() - 1, tag.name, tag.begin, context_});
    barrier_ = out_.program_.size();
    refer(text, tag);
  }

  void close(Text& text, const Tag& tag) {
    if (text.sections.empty())
      return report(text, tag.begin, fmt::format("section \"{}\" is closed and was not opened", tag.name));
    const Section section = text.sections.back();
    if (section.name != tag.name)
      report(text, tag.begin,
             fmt::format("\"{}\" is closed here, the open section is \"{}\"", tag.name, section.name));
    if (syntax_ == Syntax::html && !context_.leave_section(section.context))
      report(
          text, tag.begin,
          fmt::format(
              "section \"{}\" begins and ends in different places of the HTML: a tag, attribute or comment "
              "must begin and end on the same side",
              section.name));
    text.sections.pop_back();
    --depth_;
    out_.program_[section.instruction].end = static_cast<std::uint32_t>(out_.program_.size());
    barrier_ = out_.program_.size();
  }

  void include(const Text& text, const Tag& tag) {
    const TemplateSource* partial = find_partial_ ? find_partial_(tag.name) : nullptr;
    if (!partial) return report(text, tag.begin, fmt::format("there is no partial \"{}\"", tag.name));
    if (std::ranges::find(including_, partial) != including_.end())
      return report(text, tag.begin, fmt::format("partial \"{}\" includes itself", tag.name));
    if (++depth_ > Mustache::depth_max) return give_up(text, too_deep());
    if (++includes_ > Mustache::includes_max)  // each may include two more, even with nothing else in them
      return give_up(text, fmt::format("more than {} partials inside", Mustache::includes_max));
    out_.partials_.emplace_back(tag.name);
    including_.push_back(partial);
    compile(*partial);
    including_.pop_back();
    --depth_;
  }

  Mustache::Instruction* add(const Text& text, Mustache::Operation operation) {
    if (out_.program_.size() >= Mustache::instructions_max) {
      give_up(text, fmt::format("more than {} parts with its partials", Mustache::instructions_max));
      return nullptr;
    }
    return &out_.program_.emplace_back(Mustache::Instruction{.operation = operation});
  }

  // Tags come in their order.
  void refer(Text& text, const Tag& tag) {
    for (; text.counted < tag.begin; ++text.counted) {
      if (text.source.content[text.counted] != '\n') continue;
      ++text.line;
      text.line_start = text.counted + 1;
    }
    out_.references_.push_back({std::string(tag.name), text.source.path, text.line,
                                static_cast<int>(tag.begin - text.line_start) + 1});
  }

  void give_up(const Text& text, std::string message) {
    if (!given_up_) report(text, text.at, std::move(message));
    given_up_ = true;
  }

  static std::string too_deep() { return fmt::format("nested deeper than {} levels", Mustache::depth_max); }

  Syntax syntax_;
  const FindPartial& find_partial_;
  HtmlContext context_;
  Mustache out_;
  config::Problems problems_;
  std::vector<const TemplateSource*> including_;
  std::size_t depth_ = 0;
  std::size_t literal_bytes_ = 0;
  std::size_t includes_ = 0;
  std::size_t barrier_ = 0;  // a literal is not appended to an instruction before this one: a jump ends there
  bool given_up_ = false;
};

Result<Mustache, config::Problems> Mustache::compile(const TemplateSource& source, Syntax syntax,
                                                     const FindPartial& find_partial) {
  return MustacheCompiler(syntax, find_partial).run(source);
}

}  // namespace vestnik::planning
