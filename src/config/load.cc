#include "config/load.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "config/cross_check.h"
#include "config/file.h"
#include "config/kafka_properties.h"
#include "config/option.h"
#include "config/unknown_variables.h"
#include "config/values.h"
#include "config/yaml.h"

namespace vestnik::config {
namespace {

constexpr std::size_t secret_bytes_max = 64 * 1024;

// Where a value comes from, and what it is called there.
struct Source {
  std::string file;
  int line = 0;
  int column = 0;
  std::string name;
};

std::string quoted(std::string_view value) {
  constexpr std::size_t shown_max = 80;
  return fmt::format("\"{}{}\"", value.substr(0, shown_max), value.size() > shown_max ? "…" : "");
}

class Loader {
 public:
  explicit Loader(const LoadOptions& options) : options_(options) {}

  Result<Config, Problems> run() {
    read_file();
    read_environment();
    const auto usable = [this](std::string_view variable) { return !refused_.contains(variable); };
    std::ranges::move(cross_check(config_, options_.role, usable), std::back_inserter(problems_));
    if (!problems_.empty()) return std::unexpected(std::move(problems_));
    return std::move(config_);
  }

 private:
  void report(const Source& source, std::string message) {
    problems_.push_back({source.file, source.line, source.column, std::move(message)});
  }

  void set(const Option& option, std::string_view given, const Source& source) {
    const std::string_view value = trimmed(given);
    if (value.empty()) return;
    const auto done = option.value.set(config_, value);
    if (done) return;
    refused_.insert(option.variable);
    const bool shown =
        !option.secret && option.variable != "EMAIL_FROM";  // no secrets or addresses in errors
    report(source,
           fmt::format("{} must be {}{}", source.name, done.error(), shown ? ", not " + quoted(value) : ""));
  }

  // The content of the file that a *_FILE variable or *_file key names, without the line end that editors
  // add.
  std::optional<std::string> secret_from(std::string_view path, const Source& source) {
    auto content = read_small_file(path, secret_bytes_max);
    if (content) return std::string(trimmed(*content));
    report(source, fmt::format("{}: {}: {}", source.name, path, content.error()));
    return std::nullopt;
  }

  void set_from_file(const Option& option, std::string_view path, const Source& source) {
    if (const auto secret = secret_from(path, source))
      set(option, *secret, source);
    else
      refused_.insert(option.variable);
  }

  void set_kafka_property(std::string name, std::string value, const Source& source) {
    if (constexpr std::string_view suffix = ".file"; name.ends_with(suffix)) {
      const std::string holder = name.substr(0, name.size() - suffix.size());
      if (is_secret_kafka_property(holder)) {
        auto secret = secret_from(value, source);
        if (!secret) return;
        name = holder;
        value = std::move(*secret);
      }
    }
    if (const auto reason = refused_kafka_property(name))
      report(source, fmt::format("{} can't be set: {}", source.name, *reason));
    else
      config_.kafka_properties[std::move(name)] = std::move(value);
  }

  std::optional<std::filesystem::path> file_path() const {
    if (options_.config_file) return options_.config_file;
    if (const std::string& named = variable("VESTNIK_CONFIG"); !named.empty()) return named;
    const std::filesystem::path usual = "vestnik.yaml";
    std::error_code error;
    if (!std::filesystem::exists(options_.directory / usual, error)) return std::nullopt;
    return options_.directory == "." ? usual : options_.directory / usual;
  }

  const std::string& variable(const std::string& name) const {
    static const std::string unset;
    const auto found = options_.environment.find(name);
    return found == options_.environment.end() ? unset : found->second;
  }

  void read_file() {
    const auto path = file_path();
    if (!path) return;
    const auto content = read_small_file(*path, yaml::file_bytes_max);
    if (!content) {
      problems_.push_back({path->string(), 0, 0, content.error()});
      return;
    }
    auto root = yaml::parse(path->string(), *content);
    if (!root) {
      std::ranges::move(root.error(), std::back_inserter(problems_));
      return;
    }
    if (root->kind == yaml::Node::Kind::null) return;
    if (root->kind != yaml::Node::Kind::map) {
      problems_.push_back({path->string(), root->line, root->column, "a map of keys and values is expected"});
      return;
    }
    for (const yaml::Member& member : root->members) read_member(member, *root, path->string());
  }

  void read_member(const yaml::Member& member, const yaml::Node& root, const std::string& file) {
    const Source source{file, member.line, member.column, member.key};
    if (member.key == "kafka_properties") return read_kafka_properties(member.value, source);
    for (const Option& option : options()) {
      const std::string key = option.key();
      const bool in_file = option.secret && member.key == key + "_file";
      if (member.key != key && !in_file) continue;
      const auto value = scalar_or_list(option, member.value, source);
      if (!value) return;
      if (!in_file) return set(option, *value, source);
      if (root.find(key)) return report(source, fmt::format("{} and {} are both set", key, member.key));
      return set_from_file(option, *value, source);
    }
    report(source, fmt::format("unknown key \"{}\"{}", member.key, did_you_mean(member.key, known_keys())));
  }

  std::optional<std::string> scalar_or_list(const Option& option, const yaml::Node& node,
                                            const Source& source) {
    using Kind = yaml::Node::Kind;
    if (node.kind == Kind::null) return std::string();
    if (node.kind == Kind::scalar) return node.text;
    std::string joined;
    const bool list = node.kind == Kind::sequence && option.value.is_list && source.name == option.key();
    const bool of_scalars =
        std::ranges::all_of(node.items, [](const auto& i) { return i.kind == Kind::scalar; });
    if (list && of_scalars) {
      for (const yaml::Node& item : node.items) joined += (joined.empty() ? "" : ",") + item.text;
      return joined;
    }
    refused_.insert(option.variable);
    report({source.file, node.line, node.column, source.name},
           fmt::format("{} must be {}, not {}", source.name,
                       option.value.is_list ? "a single value or a list of them" : "a single value",
                       list ? "a list of anything else" : yaml::describe(node.kind)));
    return std::nullopt;
  }

  void read_kafka_properties(const yaml::Node& node, const Source& source) {
    if (node.kind == yaml::Node::Kind::null) return;
    if (node.kind != yaml::Node::Kind::map)
      return report(source, fmt::format("kafka_properties must be a map, not {}", yaml::describe(node.kind)));
    for (const yaml::Member& member : node.members) {
      const Source place{source.file, member.line, member.column, "kafka_properties: " + member.key};
      if (member.value.kind == yaml::Node::Kind::scalar)
        set_kafka_property(member.key, member.value.text, place);
      else
        report(place, fmt::format("{} must be a single value, not {}", place.name,
                                  yaml::describe(member.value.kind)));
    }
  }

  void read_environment() {
    for (const Option& option : options()) {
      const std::string name(option.variable);
      const std::string& value = variable(name);
      const std::string& path = option.secret ? variable(name + "_FILE") : value;
      if (option.secret && !value.empty() && !path.empty()) {
        report({"environment"}, fmt::format("{0} and {0}_FILE are both set", name));
        refused_.insert(option.variable);
      } else if (!value.empty()) {
        set(option, value, {"environment", 0, 0, name});
      } else if (option.secret && !path.empty()) {
        set_from_file(option, path, {"environment", 0, 0, name + "_FILE"});
      }
    }
    for (const auto& [name, value] : options_.environment)
      if (name.starts_with(kafka_property_prefix) && !value.empty())
        set_kafka_property(kafka_property_name(std::string_view(name).substr(kafka_property_prefix.size())),
                           value, {"environment", 0, 0, name});
    std::ranges::move(unknown_variables(options_.environment), std::back_inserter(problems_));
  }

  static std::vector<std::string_view> known_keys() {
    static const std::vector<std::string> keys = [] {
      std::vector<std::string> all{"kafka_properties"};
      for (const Option& option : options()) all.push_back(option.key());
      return all;
    }();
    return {keys.begin(), keys.end()};
  }

  const LoadOptions& options_;
  Config config_ = defaults();
  Problems problems_;
  std::set<std::string_view> refused_;  // variables of options whose value was refused
};

}  // namespace

Result<Config, Problems> load(const LoadOptions& options) { return Loader(options).run(); }

}  // namespace vestnik::config
