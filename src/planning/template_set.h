// Templates: templates/<name>/ with subject.txt, body.txt and body.html for e-mail, sms.txt for SMS, and
// sample.json to preview them with; partials in templates/partials/. Compiled once; rendering is const and
// may run on several threads.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "config/problem.h"
#include "model/notification.h"
#include "planning/mustache.h"
#include "planning/source_files.h"

namespace vestnik::planning {

// Upper bounds of what a part may render to, in bytes of UTF-8.
inline constexpr std::size_t subject_bytes_max = 4 * 1024;
inline constexpr std::size_t sms_bytes_max =
    4 * 1024;  // 10 parts of 67 UCS-2 characters are 2010 bytes at most
inline constexpr std::size_t text_bytes_max = 256 * 1024;
inline constexpr std::size_t html_bytes_max = 256 * 1024;

struct Template {
  std::string
      version;  // "welcome@3f2a91c0": name and the first 8 hex digits of SHA-256 over parts and partials
  std::optional<Mustache> subject;
  std::optional<Mustache> text;
  std::optional<Mustache> html;
  std::optional<Mustache> sms;
  std::optional<json::object> sample;  // no part of the version: nothing that is sent follows from it

  // The file that `channel` needs and that isn't there; nothing: it can be used.
  std::optional<std::string_view> lacks(Channel channel) const;
};

struct Rendered {
  std::string subject;
  std::string text;
  std::string html;
};

// The message names the part: "body.html: larger than 262144 bytes".
Result<Rendered, Failure<RenderError>> render(const Template& compiled, Channel channel,
                                              std::span<const json::object* const> data);

class TemplateSet {
 public:
  static Result<TemplateSet, config::Problems> compile(const SourceFiles& files);

  const Template* find(std::string_view name) const;
  const std::map<std::string, Template, std::less<>>& all() const { return templates_; }

 private:
  std::map<std::string, Template, std::less<>> templates_;
};

}  // namespace vestnik::planning
