#include "planning/configured.h"

#include <algorithm>
#include <fmt/format.h>

#include "planning/planner.h"

namespace vestnik::planning {
namespace {

void collect(config::Problems& all, config::Problems more) {
  std::ranges::move(more, std::back_inserter(all));
}

void check_step(const WorkflowStep& step, const TemplateSet& templates, config::Problems& problems) {
  const auto report = [&](std::string message) {
    problems.push_back({step.file, step.line, step.column, std::move(message)});
  };
  const Template* used = templates.find(step.template_name);
  if (!used) {
    std::vector<std::string_view> known;
    for (const auto& [name, unused] : templates.all()) known.push_back(name);
    return report(fmt::format("there is no template \"{}\"{}", step.template_name,
                              config::did_you_mean(step.template_name, known)));
  }
  if (const auto missing = used->lacks(step.channel))
    report(fmt::format("template \"{}\" has no {}, which channel {} needs", step.template_name, *missing,
                       to_string(step.channel)));
}

Result<SourceFiles, config::Problems> files_of(const std::filesystem::path& directory,
                                               const SourceFiles& shipped) {
  if (directory.empty()) return shipped;
  return read_directory(directory);
}

}  // namespace

Result<Configured, config::Problems> configure(const SourceFiles& workflows, const SourceFiles& templates,
                                               Expiry expiry, Categories categories) {
  config::Problems problems;
  auto parsed = parse_workflows(workflows);
  auto compiled = TemplateSet::compile(templates);
  if (!parsed) collect(problems, std::move(parsed.error()));
  if (!compiled) collect(problems, std::move(compiled.error()));
  if (!problems.empty()) return std::unexpected(std::move(problems));

  for (const auto& [event_type, workflow] : *parsed)
    for (const WorkflowStep& step : workflow.steps) check_step(step, *compiled, problems);
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return Configured{std::move(*parsed), std::move(*compiled), expiry, std::move(categories)};
}

Category category_of(const WorkflowStep& step, const Configured& configured) {
  const auto listed = configured.categories.find(step.category);
  return listed == configured.categories.end() ? Category{} : listed->second;
}

std::chrono::milliseconds expires_after(const WorkflowStep& step, const Configured& configured) {
  if (step.expires_after) return *step.expires_after;
  const auto usual = step.channel == Channel::email ? configured.expiry.email : configured.expiry.sms;
  return category_of(step, configured).expires_after.value_or(usual);
}

Result<Configured, config::Problems> load_configured(const config::Config& config) {
  const auto workflows = files_of(config.workflows_dir, shipped_workflows());
  const auto templates = files_of(config.templates_dir, shipped_templates());
  auto categories = parse_categories(config.categories);
  config::Problems problems;
  if (!categories) collect(problems, categories.error());
  if (!workflows) collect(problems, workflows.error());
  if (!templates) collect(problems, templates.error());
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return configure(*workflows, *templates, {config.email_expires_after, config.sms_expires_after},
                   std::move(*categories));
}

config::Problems doubts(const Configured& configured) {
  constexpr std::size_t typing_errors_max = 1;
  config::Problems problems;
  for (const auto& [name, compiled] : configured.templates.all()) {
    for (const auto* part : {&compiled.subject, &compiled.text, &compiled.html, &compiled.sms}) {
      if (!*part) continue;
      for (const Mustache::Reference& reference : (*part)->references()) {
        for (const std::string_view known : names_always_there)
          if (reference.name != known && config::edit_distance(reference.name, known) <= typing_errors_max)
            problems.push_back(
                {reference.path, reference.line, reference.column,
                 fmt::format("\"{}\" is nearly \"{}\", which is always there", reference.name, known)});
      }
    }
  }
  return problems;
}

}  // namespace vestnik::planning
