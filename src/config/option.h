// One declaration per option; reading, checking, help and documentation derive from it.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/config.h"

namespace vestnik::config {

enum class Section { http, intake, storage, kafka, planning, delivery, tracing, process };
std::string_view title(Section section);

// How the text of an option becomes a member of Config and back.
struct Value {
  std::string accepts;   // for people: "0 to 65535", "debug, info, warning or error"
  bool is_list = false;  // in vestnik.yaml it may be a list; elsewhere commas separate
  // The error completes "must be …". Surrounding spaces are trimmed by the caller; the text isn't empty.
  std::function<Result<void, std::string>(Config&, std::string_view)> set;
  std::function<std::string(const Config&)> show;  // empty: unset
};

struct Option {
  std::string_view variable;  // "VESTNIK_DATA_DIR"
  Section section = Section::http;
  std::string_view default_text;  // as one would write it; empty: unset
  std::string_view doc;           // one sentence
  Value value;
  bool secret = false;  // never shown; `<variable>_FILE` may name a file that holds it

  // The key in vestnik.yaml: "data_dir".
  std::string key() const;
};

std::span<const Option> options();

// The variable's lower-case name without the VESTNIK_ prefix.
std::string key_of(std::string_view variable);

// Every option at its default.
Config defaults();

}  // namespace vestnik::config
