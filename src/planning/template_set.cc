#include "planning/template_set.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <set>

#include "base/ids.h"
#include "planning/sample.h"
#include "planning/text.h"

namespace vestnik::planning {
namespace {

constexpr std::string_view partials_name = "partials";
constexpr std::string_view sample_file = "sample.json";

struct Part {
  std::string_view file;
  Syntax syntax;
  std::optional<Mustache> Template::* member;
};
constexpr std::array parts{
    Part{"subject.txt", Syntax::text, &Template::subject}, Part{"body.txt", Syntax::text, &Template::text},
    Part{"body.html", Syntax::html, &Template::html}, Part{"sms.txt", Syntax::text, &Template::sms}};

std::string_view extension(Syntax syntax) { return syntax == Syntax::html ? ".html" : ".txt"; }

// A canonical text of everything that shapes what is rendered; equal content has equal versions wherever it
// lies.
class Content {
 public:
  void add(std::string_view name, std::string_view content) {
    text_ += fmt::format("{}:{}{}:{}", name.size(), name, content.size(), content);
  }
  std::string version(std::string_view name) const {
    constexpr std::size_t hex_digits = 8;
    // The first bytes of a version 8 UUID are those of the SHA-256 (base/ids.h).
    return fmt::format("{}@{}", name, uuid_v8({text_}).text().substr(0, hex_digits));
  }

 private:
  std::string text_;
};

class SetCompiler {
 public:
  explicit SetCompiler(const SourceFiles& files) {
    for (const auto& [name, file] : files) sources_.emplace(name, TemplateSource{file.path, file.content});
  }

  Result<std::map<std::string, Template, std::less<>>, config::Problems> run() {
    std::set<std::string> names;
    for (const auto& [path, source] : sources_) {
      const std::size_t slash = path.find('/');
      const std::string name = path.substr(0, slash);
      if (slash == std::string::npos)
        problems_.push_back(
            {source.path, 0, 0, "a template is a directory with subject.txt, body.txt, … in it"});
      else if (!is_identifier(name))
        problems_.push_back({source.path, 0, 0, fmt::format("\"{}\" can't be a template's name", name)});
      else if (name == partials_name)
        check_partial(path, source);
      else if (check_part(path.substr(slash + 1), source))
        names.insert(name);
    }
    std::map<std::string, Template, std::less<>> templates;
    for (const std::string& name : names) templates.emplace(name, compile(name));
    if (!problems_.empty()) return std::unexpected(std::move(problems_));
    return templates;
  }

 private:
  bool check_part(const std::string& file, const TemplateSource& source) {
    if (file == sample_file || std::ranges::find(parts, file, &Part::file) != parts.end()) return true;
    std::vector<std::string_view> known{sample_file};
    for (const Part& part : parts) known.push_back(part.file);
    problems_.push_back(
        {source.path, 0, 0, fmt::format("unknown part \"{}\"{}", file, config::did_you_mean(file, known))});
    return false;
  }

  void check_partial(const std::string& path, const TemplateSource& source) {
    if (!path.ends_with(".txt") && !path.ends_with(".html"))
      problems_.push_back({source.path, 0, 0, "a partial ends in .txt or .html, as the parts that use it"});
  }

  const TemplateSource* partial(std::string_view name, Syntax syntax) const {
    const auto found = sources_.find(fmt::format("{}/{}{}", partials_name, name, extension(syntax)));
    return found == sources_.end() ? nullptr : &found->second;
  }

  Template compile(const std::string& name) {
    Template result;
    Content content;
    for (const Part& part : parts) {
      const auto found = sources_.find(fmt::format("{}/{}", name, part.file));
      if (found == sources_.end()) continue;
      auto compiled = Mustache::compile(
          found->second, part.syntax, [&](std::string_view wanted) { return partial(wanted, part.syntax); });
      if (!compiled) {
        report(std::move(compiled.error()));
        continue;
      }
      content.add(part.file, found->second.content);
      for (const std::string& used : compiled->partials())
        content.add(used + std::string(extension(part.syntax)), partial(used, part.syntax)->content);
      result.*part.member = std::move(*compiled);
    }
    result.version = content.version(name);
    result.sample = sample(name);
    return result;
  }

  std::optional<json::object> sample(const std::string& name) {
    const auto found = sources_.find(fmt::format("{}/{}", name, sample_file));
    if (found == sources_.end()) return std::nullopt;
    const auto report_here = [&](std::string message) {
      problems_.push_back({found->second.path, 0, 0, std::move(message)});
    };
    auto object = parse_json_object(found->second.content);
    if (!object) {
      report_here(object.error().message);
      return std::nullopt;
    }
    if (const auto wrong = not_text_in(*object)) report_here(fmt::format("{} must be a string", *wrong));
    return std::move(*object);
  }

  // A mistake in a partial shows in every template that uses it, and is one mistake.
  void report(config::Problems problems) {
    for (config::Problem& problem : problems)
      if (std::ranges::find(problems_, problem) == problems_.end()) problems_.push_back(std::move(problem));
  }

  std::map<std::string, TemplateSource, std::less<>> sources_;
  config::Problems problems_;
};

// Renders one part if the template has it.
Result<std::string, Failure<RenderError>> render_part(const std::optional<Mustache>& part,
                                                      std::string_view file, std::size_t bytes_max,
                                                      std::span<const json::object* const> data) {
  if (!part) return std::string();
  auto text = part->render(data, bytes_max);
  if (!text) return fail(text.error().kind, fmt::format("{}: {}", file, text.error().message));
  return text;
}

}  // namespace

std::optional<std::string_view> Template::lacks(Channel channel) const {
  switch (channel) {
    case Channel::email:
      if (!subject) return "subject.txt";
      if (!text) return "body.txt";
      return std::nullopt;
    case Channel::sms:
      if (!sms) return "sms.txt";
      return std::nullopt;
  }
  return std::nullopt;
}

Result<Rendered, Failure<RenderError>> render(const Template& compiled, Channel channel,
                                              std::span<const json::object* const> data) {
  Rendered rendered;
  if (channel == Channel::sms) {
    auto sms = render_part(compiled.sms, "sms.txt", sms_bytes_max, data);
    if (!sms) return std::unexpected(sms.error());
    rendered.text = without_controls(std::move(*sms));
    const std::size_t last = rendered.text.find_last_not_of(" \t\n");
    rendered.text.resize(last == std::string::npos ? 0
                                                   : last + 1);  // a file's last line end costs a character
    return rendered;
  }
  const auto subject = render_part(compiled.subject, "subject.txt", subject_bytes_max, data);
  if (!subject) return std::unexpected(subject.error());
  auto text = render_part(compiled.text, "body.txt", text_bytes_max, data);
  if (!text) return std::unexpected(text.error());
  auto html = render_part(compiled.html, "body.html", html_bytes_max, data);
  if (!html) return std::unexpected(html.error());
  rendered.subject = one_line(*subject);
  rendered.text = without_controls(std::move(*text));
  rendered.html = without_controls(std::move(*html));
  return rendered;
}

Result<TemplateSet, config::Problems> TemplateSet::compile(const SourceFiles& files) {
  auto templates = SetCompiler(files).run();
  if (!templates) return std::unexpected(std::move(templates.error()));
  TemplateSet set;
  set.templates_ = std::move(*templates);
  return set;
}

const Template* TemplateSet::find(std::string_view name) const {
  const auto found = templates_.find(name);
  return found == templates_.end() ? nullptr : &found->second;
}

}  // namespace vestnik::planning
