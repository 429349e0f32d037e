#include "planning/workflow.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "base/duration.h"
#include "config/values.h"
#include "config/yaml.h"
#include "planning/text.h"

namespace vestnik::planning {
namespace {

using config::yaml::Member;
using config::yaml::Node;

constexpr std::string_view workflow_extension = ".yaml";
constexpr std::array<std::string_view, 2> workflow_keys{"description", "steps"};
constexpr std::array<std::string_view, 6> step_keys{"name",     "channel",       "template",
                                                    "category", "expires_after", "delay"};

class WorkflowParser {
 public:
  WorkflowParser(const std::string& event_type, const SourceFile& file, config::Problems& problems)
      : file_(file), problems_(problems) {
    workflow_.event_type = event_type;
  }

  Workflow run() {
    const auto root = config::yaml::parse(file_.path, file_.content);
    if (!root) {
      std::ranges::copy(root.error(), std::back_inserter(problems_));
    } else if (root->kind != Node::Kind::map) {
      report(*root, fmt::format("a map with \"steps\" is expected, not {}", describe(root->kind)));
    } else {
      check_keys(*root, workflow_keys);
      if (const auto text = scalar(*root, "description")) workflow_.description = text->text;
      steps(*root);
    }
    return std::move(workflow_);
  }

 private:
  template <class Place>
  void report(const Place& place, std::string message) {
    problems_.push_back({file_.path, place.line, place.column, std::move(message)});
  }

  template <std::size_t N>
  void check_keys(const Node& map, const std::array<std::string_view, N>& known) {
    for (const Member& member : map.members)
      if (std::ranges::find(known, member.key) == known.end())
        report(member, fmt::format("unknown key \"{}\"{}", member.key,
                                   config::did_you_mean(member.key, {known.begin(), known.end()})));
  }

  // The single value of `key`; nothing when it isn't there or isn't one, which is reported.
  const Node* scalar(const Node& map, std::string_view key) {
    const Member* member = map.find(key);
    if (!member) return nullptr;
    if (member->value.kind == Node::Kind::scalar) return &member->value;
    report(member->value,
           fmt::format("{} must be a single value, not {}", key, describe(member->value.kind)));
    return nullptr;
  }

  const Node* required(const Node& map, std::string_view key) {
    if (!map.find(key)) report(map, fmt::format("\"{}\" is missing", key));
    return scalar(map, key);
  }

  void steps(const Node& root) {
    const Member* member = root.find("steps");
    if (!member) return report(root, "\"steps\" is missing");
    const Node& list = member->value;
    if (list.kind != Node::Kind::sequence || list.items.empty())
      return report(list, "steps must be a list with at least one step");
    if (list.items.size() > steps_per_workflow_max)
      return report(list, fmt::format("more than {} steps", steps_per_workflow_max));
    for (const Node& item : list.items) {
      if (item.kind == Node::Kind::map)
        step(item);
      else
        report(item, fmt::format("a step is a map, not {}", describe(item.kind)));
    }
  }

  void step(const Node& map) {
    check_keys(map, step_keys);
    WorkflowStep step;
    step.file = file_.path;
    if (const Node* name = required(map, "name")) {
      step.name = identifier("name", *name);
      if (std::ranges::find(workflow_.steps, step.name, &WorkflowStep::name) != workflow_.steps.end())
        report(*name, fmt::format("there is a step \"{}\" already", step.name));
    }
    if (const Node* channel = required(map, "channel")) {
      const auto known = parse_channel(channel->text);
      if (!known) report(*channel, fmt::format("unknown channel \"{}\": email or sms", channel->text));
      step.channel = known.value_or(Channel::email);
    }
    if (const Node* named = required(map, "template")) {
      step.template_name = identifier("template", *named);
      step.line = named->line;
      step.column = named->column;
    }
    if (const Node* category = scalar(map, "category")) step.category = identifier("category", *category);
    if (const Node* text = scalar(map, "delay")) step.delay = duration("delay", *text, 0);
    if (const Node* text = scalar(map, "expires_after"))
      step.expires_after = duration("expires_after", *text, 1000);
    workflow_.steps.push_back(std::move(step));
  }

  std::string identifier(std::string_view key, const Node& node) {
    if (!is_identifier(node.text))
      report(node, fmt::format("{} must be 1 to 64 letters, digits, '_', '-' or '.', not \"{}\"", key,
                               std::string_view(node.text).substr(0, 80)));
    return node.text;
  }

  std::chrono::milliseconds duration(std::string_view key, const Node& node, std::int64_t min_ms) {
    constexpr std::chrono::milliseconds max = std::chrono::hours(24 * 366);
    const auto parsed = parse_duration(node.text);
    if (parsed && parsed->count() >= min_ms && *parsed <= max) return *parsed;
    report(node, fmt::format("{} must be a duration (ms, s, m, h, d) from {} to {}, not \"{}\"", key,
                             format_duration(std::chrono::milliseconds(min_ms)), format_duration(max),
                             std::string_view(node.text).substr(0, 80)));
    return {};
  }

  const SourceFile& file_;
  config::Problems& problems_;
  Workflow workflow_;
};

}  // namespace

Result<Workflows, config::Problems> parse_workflows(const SourceFiles& files) {
  Workflows workflows;
  config::Problems problems;
  for (const auto& [name, file] : files) {
    const bool is_yaml = name.ends_with(workflow_extension);
    const std::string event_type = is_yaml ? name.substr(0, name.size() - workflow_extension.size()) : "";
    if (!is_yaml || !is_identifier(event_type))
      problems.push_back({file.path, 0, 0, "a workflow's file is named <event type>.yaml"});
    else
      workflows.emplace(event_type, WorkflowParser(event_type, file, problems).run());
  }
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return workflows;
}

}  // namespace vestnik::planning
