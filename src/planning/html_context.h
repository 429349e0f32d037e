// Where in an HTML document a piece of data would stand. Not a parser: it follows literal text closely enough
// to tell the places where escaping is safe from those where it isn't (WHATWG HTML, 13.2.5 tokenization, much
// reduced).
#pragma once

#include <string>
#include <string_view>

namespace vestnik::planning {

class HtmlContext {
 public:
  enum class Place {
    text,          // between tags: escape
    attribute,     // inside a quoted value: escape
    url_start,     // in a quoted URL attribute before any literal text: the scheme may come from the data
    unquoted,      // an attribute without quotes
    tag,           // a tag's or attribute's name
    script_style,  // inside <script> or <style>, or an attribute that holds code (style, on…)
    comment,
  };

  void literal(std::string_view text);

  // A section that began at `opening` ends here. Since it may be left out, both must be the same place
  // (false: they aren't), and a URL's start that stands inside it is none.
  bool leave_section(const HtmlContext& opening);

  Place place() const;

 private:
  enum class State { text, tag_open, tag_name, in_tag, attribute_name, before_value, value, raw, comment };

  void step(char c);
  void open_tag(char c);
  void leave_tag();
  void in_tag(char c);
  void begin_value(char c);
  bool holds_code() const;
  bool holds_url() const;

  State state_ = State::text;
  char quote_ = 0;  // 0: unquoted
  bool closing_ = false;
  bool value_started_ = false;
  std::string tag_;
  std::string attribute_;
  std::string recent_;  // the last characters of raw text or a comment, to see its end
};

}  // namespace vestnik::planning
