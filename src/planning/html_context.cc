#include "planning/html_context.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace vestnik::planning {
namespace {

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }
bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

constexpr std::array<std::string_view, 8> url_attributes{"href",   "src",        "action",     "formaction",
                                                         "poster", "background", "xlink:href", "cite"};

}  // namespace

void HtmlContext::literal(std::string_view text) {
  for (const char c : text) step(c);
}

bool HtmlContext::leave_section(const HtmlContext& opening) {
  value_started_ = value_started_ && opening.value_started_;
  if (state_ != opening.state_) return false;
  switch (state_) {
    case State::text:
    case State::in_tag:
    case State::comment: return true;
    case State::raw:
    case State::tag_open:
    case State::tag_name: return tag_ == opening.tag_;
    case State::attribute_name:
    case State::before_value: return attribute_ == opening.attribute_;
    case State::value: return attribute_ == opening.attribute_ && quote_ == opening.quote_;
  }
  return false;
}

HtmlContext::Place HtmlContext::place() const {
  switch (state_) {
    case State::text: return Place::text;
    case State::comment: return Place::comment;
    case State::raw: return Place::script_style;
    case State::tag_open:
    case State::tag_name:
    case State::in_tag:
    case State::attribute_name: return Place::tag;
    case State::before_value: return Place::unquoted;
    case State::value:
      if (holds_code()) return Place::script_style;
      if (quote_ == 0) return Place::unquoted;
      return holds_url() && !value_started_ ? Place::url_start : Place::attribute;
  }
  return Place::tag;
}

bool HtmlContext::holds_code() const {
  return attribute_ == "style" || attribute_ == "srcdoc" || attribute_.starts_with("on");
}

bool HtmlContext::holds_url() const {
  return std::ranges::find(url_attributes, attribute_) != url_attributes.end();
}

void HtmlContext::step(char c) {
  switch (state_) {
    case State::text:
      if (c == '<') state_ = State::tag_open;
      break;
    case State::tag_open: open_tag(c); break;
    case State::tag_name:
      recent_ += c;
      if (tag_ == "!" && recent_ == "--") {
        state_ = State::comment;
        recent_.clear();
      } else if (c == '>') {
        leave_tag();
      } else if (is_space(c) || c == '/') {
        state_ = State::in_tag;
      } else {
        tag_ += lower(c);
        if (tag_.starts_with("!-")) tag_ = "!";
      }
      break;
    case State::in_tag:
    case State::attribute_name:
    case State::before_value: in_tag(c); break;
    case State::value:
      if (quote_ != 0 ? c == quote_ : is_space(c))
        state_ = State::in_tag;
      else if (quote_ == 0 && c == '>')
        leave_tag();
      else
        value_started_ = value_started_ || !is_space(c);
      break;
    case State::raw:
      recent_ = recent_.size() < 16 ? recent_ + lower(c) : recent_.substr(1) + lower(c);
      if (recent_.ends_with("</" + tag_)) {
        closing_ = true;
        state_ = State::in_tag;
      }
      break;
    case State::comment:
      recent_ = recent_.size() < 3 ? recent_ + c : recent_.substr(1) + c;
      if (recent_ == "-->") state_ = State::text;
      break;
  }
}

void HtmlContext::open_tag(char c) {
  closing_ = c == '/';
  recent_.clear();
  if (is_letter(c) || c == '/' || c == '!' || c == '?') {
    state_ = State::tag_name;
    tag_ = closing_ ? std::string() : std::string(1, lower(c));
  } else {
    state_ = c == '<' ? State::tag_open : State::text;
  }
}

void HtmlContext::leave_tag() {
  const bool raw = !closing_ && (tag_ == "script" || tag_ == "style");
  state_ = raw ? State::raw : State::text;
  recent_.clear();
}

void HtmlContext::in_tag(char c) {
  if (c == '>') return leave_tag();
  if (state_ == State::before_value) return begin_value(c);
  if (c == '=') {
    state_ = State::before_value;
  } else if (is_space(c) || c == '/') {
    state_ = State::in_tag;  // and attribute_ stays: "name =" is this attribute still
  } else {
    if (state_ == State::in_tag) attribute_.clear();
    state_ = State::attribute_name;
    attribute_ += lower(c);
  }
}

void HtmlContext::begin_value(char c) {
  if (is_space(c)) return;
  state_ = State::value;
  quote_ = c == '"' || c == '\'' ? c : 0;
  value_started_ = quote_ == 0;
}

}  // namespace vestnik::planning
