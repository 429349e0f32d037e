#include "cli/manual.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sstream>
#include <vector>

namespace vestnik::cli {
namespace {

// Text as roff takes it: what it would read as an instruction is escaped, and so is what isn't ASCII, which
// spares readers the question of its encoding. `text` is UTF-8.
std::string roff(std::string_view text) {
  std::string out;
  if (text.starts_with('.') || text.starts_with('\'')) out = "\\&";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == '\\') {
      out += "\\e";
    } else if (byte == '-') {
      out += "\\-";
    } else if (byte < 0x80) {
      out += text[i];
    } else {
      const std::size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
      std::uint32_t code = byte & (0x7Fu >> length);
      for (std::size_t k = 1; k < length && i + 1 < text.size(); ++k)
        code = code << 6 | (static_cast<unsigned char>(text[++i]) & 0x3Fu);
      out += fmt::format("\\[u{:04X}]", code);
    }
  }
  return out;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

bool is_example(const std::string& line) { return line.starts_with("  "); }

// "Only this channel; one of: email, sms"
std::string explained(const DeclaredOption& option) {
  std::string text = option.description;
  if (!option.choices.empty()) text += fmt::format("; one of: {}", fmt::join(option.choices, ", "));
  if (!option.by_default.empty()) text += fmt::format(" (default: {})", option.by_default);
  return text;
}

std::string names_of(const DeclaredOption& option) {
  std::string text = fmt::format("{}", fmt::join(option.names, ", "));
  return option.value.empty() || !option.names.front().starts_with('-') ? text : text + " " + option.value;
}

std::string roff_options(const std::vector<DeclaredOption>& options) {
  std::string out;
  for (const DeclaredOption& option : options)
    if (option.names.back() != "--help")
      out += fmt::format(".TP\n.B {}\n{}\n", roff(names_of(option)), roff(explained(option)));
  return out;
}

// Paragraphs as they are, what is indented as it stands.
std::string roff_footer(const std::string& footer) {
  std::string out;
  bool in_example = false, new_paragraph = true;
  for (const std::string& line : lines_of(footer)) {
    if (is_example(line) != in_example) {
      in_example = !in_example;
      out += in_example ? ".PP\n.nf\n.RS 4\n" : ".RE\n.fi\n";
      new_paragraph = !in_example;
    }
    if (in_example) {
      out += roff(line.substr(2)) + "\n";
    } else if (line.empty()) {
      new_paragraph = true;
    } else {
      out += (new_paragraph ? ".PP\n" : ".br\n") + roff(line) + "\n";
      new_paragraph = false;
    }
  }
  return in_example ? out + ".RE\n.fi\n" : out;
}

std::string roff_command(const DeclaredCommand& command) {
  std::string out = fmt::format(".SS {}\n", roff(usage(command)));
  out += roff(command.description) + ".\n";
  out += roff_options(command.arguments) + roff_options(command.options);
  return out + roff_footer(command.footer);
}

std::string markdown_options(const std::vector<DeclaredOption>& options) {
  std::string out;
  for (const DeclaredOption& option : options)
    if (option.names.back() != "--help")
      out += fmt::format("- `{}`: {}\n", names_of(option), explained(option));
  return out;
}

std::string markdown_footer(const std::string& footer) {
  std::string out;
  bool in_example = false;
  for (const std::string& line : lines_of(footer)) {
    if (is_example(line) != in_example) {
      in_example = !in_example;
      out += in_example ? "\n```sh\n" : "```\n\n";
    }
    out += (in_example ? line.substr(2) : line) + "\n";
  }
  return (in_example ? out + "```\n" : out) + (footer.empty() ? "" : "\n");
}

constexpr std::string_view ending = R"(.SH EXIT STATUS
.TP
.B 0
Done.
.TP
.B 1
Failed, or what was looked at is not as it should be.
.TP
.B 2
Called or configured wrongly.
.TP
.B 3
The system that the command talks to can't be reached.
.SH ENVIRONMENT
Every option of the configuration is an environment variable;
.B vestnik check\-config \-\-options
lists them.
Commands that talk to a running Vestnik take
.BR PORT ,
.B VESTNIK_HOST
and
.B VESTNIK_API_KEYS
from it.
.TP
.B NO_COLOR
If set, nothing is coloured.
.SH FILES
.TP
.I vestnik.yaml
The configuration file; the environment wins over it.
)";

}  // namespace

std::string man_page(const DeclaredCommand& root, std::string_view version) {
  std::string out = fmt::format(".\\\" Written by `{0} man`.\n.TH VESTNIK 1 \"\" \"{1}\" \"User Commands\"\n",
                                root.name, roff(version));
  out += fmt::format(".SH NAME\n{} \\- a notification system for e\\-mail and SMS\n", root.name);
  out += fmt::format(".SH SYNOPSIS\n.B {}\n.I command\n[\\fIoptions\\fR]\n", root.name);
  out += fmt::format(".SH DESCRIPTION\n{}\n", roff(root.description));
  out += roff_footer(root.footer);
  out +=
      fmt::format(".PP\nEvery command explains itself with\n.BR \\-\\-help .\n.SH OPTIONS\n{}.SH COMMANDS\n",
                  roff_options(root.options));
  for (const DeclaredCommand* command : with_all_below(root))
    if (command != &root) out += roff_command(*command);
  return out + std::string(ending);
}

std::string commands_as_markdown(const DeclaredCommand& root) {
  std::string out = fmt::format(
      "# Commands\n\n"
      "What `{0} COMMAND --help` says of each command. Written by `{0} man --docs`; a test compares the two. "
      "The same as a manual page: `{0} man | man -l -`.\n\n"
      "Exit codes: 0 done, 1 failed (or what was looked at is not as it should be), 2 called or configured "
      "wrongly, 3 the system that the command talks to can't be reached. Tables are for people, `--json` is "
      "for "
      "programs. Colours are for terminals, and only where `NO_COLOR` isn't set.\n\n",
      root.name);
  for (const DeclaredCommand* command : with_all_below(root)) {
    if (command == &root) continue;
    out +=
        fmt::format("## {}\n\n{}.\n\n```\n{}\n```\n\n", command->path, command->description, usage(*command));
    const std::string options = markdown_options(command->arguments) + markdown_options(command->options);
    out += options + (options.empty() ? "" : "\n");
    out += markdown_footer(command->footer);
  }
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

}  // namespace vestnik::cli
