#include "config/describe.h"

#include <algorithm>
#include <fmt/format.h>

#include "config/kafka_properties.h"
#include "config/option.h"

namespace vestnik::config {
namespace {

constexpr std::string_view markdown_head = R"(# Configuration

<!-- Generated from src/config/options.cc by `vestnik check-config --docs`; a test compares them. -->

Every option is an environment variable and a key of `vestnik.yaml`; the environment wins, and a variable with an empty
value counts as unset. The file is the one that `--config` or `VESTNIK_CONFIG` names, else `vestnik.yaml` in the working
directory if it is there. Relative paths start at the working directory.

An unknown key or variable is an error that names the nearest known one, and every problem is reported at once, with file,
line and column. `vestnik check-config` does that without starting anything.

A secret can stand in a file of its own: `SMTP_URL_FILE=/run/secrets/smtp` (key `smtp_url_file`), and so for each option
marked *secret*.
)";

constexpr std::string_view markdown_kafka_properties = R"(
`KAFKA_PROPERTY_<NAME>` reaches librdkafka: `KAFKA_PROPERTY_SASL_USERNAME` is its `sasl.username`. In `vestnik.yaml`:

```yaml
kafka_properties:
  security.protocol: sasl_ssl
  sasl.mechanism: SCRAM-SHA-512
  sasl.username: vestnik
  sasl.password.file: /run/secrets/kafka
```

Secret properties can stand in files, as `sasl.password.file` (`KAFKA_PROPERTY_SASL_PASSWORD_FILE`) does here. What
nothing may be lost by (`acks`, `enable.idempotence`, the offsets' handling) and what has an option here (the brokers, the
groups) can't be set this way.
)";

constexpr std::string_view markdown_foot = R"(
## What must fit together

- A host that isn't loopback needs `VESTNIK_API_KEYS`.
- One service alone (`vestnik serve email-service`) needs `KAFKA_BROKERS`, since the embedded log is for one process, and
  `DATABASE_URL`, since a second instance would not see an embedded store. `DATABASE_URL=sqlite:` says that it is the only
  one; without `KAFKA_BROKERS` too, it works on the embedded log, one service after the other on one data directory.
- The topics differ from each other, and so do the groups.
- `VESTNIK_RETRY_BACKOFF_BASE` is not longer than `VESTNIK_RETRY_BACKOFF_CAP`.
)";

constexpr Section sections[] = {Section::http,     Section::intake,   Section::storage, Section::kafka,
                                Section::planning, Section::delivery, Section::tracing, Section::process};

// A pipe would end the cell.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

std::string default_cell(const Option& option) {
  return option.default_text.empty() ? "unset" : fmt::format("`{}`", option.default_text);
}

// Single quotes, doubled inside (YAML 1.2.2 section 7.3.2).
std::string yaml_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

}  // namespace

std::string options_as_help() {
  std::string out;
  for (const Section section : sections) {
    out += fmt::format("{}{}:\n", out.empty() ? "" : "\n", title(section));
    for (const Option& option : options()) {
      if (option.section != section) continue;
      out += fmt::format("  {:<33}{}\n  {:<33}{}\n", option.variable, option.doc, "",
                         option.default_text.empty() ? "[unset]" : fmt::format("[{}]", option.default_text));
    }
    if (section == Section::kafka)
      out += fmt::format("  {:<33}{}\n", "KAFKA_PROPERTY_<NAME>",
                         "Property for librdkafka: KAFKA_PROPERTY_SASL_USERNAME is sasl.username.");
  }
  return out;
}

std::string options_as_markdown() {
  std::string out(markdown_head);
  for (const Section section : sections) {
    out += fmt::format("\n## {}\n\n| variable | key | default | value | meaning |\n|---|---|---|---|---|\n",
                       title(section));
    for (const Option& option : options()) {
      if (option.section != section) continue;
      out += fmt::format("| `{}` | `{}` | {} | {} | {}{} |\n", option.variable, option.key(),
                         default_cell(option), cell(option.value.accepts), cell(option.doc),
                         option.secret ? " *Secret.*" : "");
    }
    if (section == Section::kafka) out += markdown_kafka_properties;
  }
  out += markdown_foot;
  return out;
}

std::string effective_configuration(const Config& config) {
  const Config usual = defaults();
  std::string out;
  for (const Section section : sections) {
    out += fmt::format("{}# {}\n", out.empty() ? "" : "\n", title(section));
    for (const Option& option : options()) {
      if (option.section != section) continue;
      const std::string value = option.value.show(config);
      if (value.empty())
        out += fmt::format("# {}: unset\n", option.key());
      else if (option.secret)
        out += fmt::format("{}: '***'  # set, not shown\n", option.key());
      else
        out += fmt::format("{}: {}{}\n", option.key(), yaml_text(value),
                           value == option.value.show(usual) ? "  # default" : "");
    }
    if (section == Section::kafka && !config.kafka_properties.empty()) {
      out += "kafka_properties:\n";
      for (const auto& [name, value] : config.kafka_properties)
        out += fmt::format("  {}: {}\n", name,
                           is_secret_kafka_property(name) ? "'***'  # set, not shown" : yaml_text(value));
    }
  }
  return out;
}

}  // namespace vestnik::config
