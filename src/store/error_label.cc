#include "store/error_label.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"

namespace vestnik::store {
namespace {

constexpr std::size_t label_bytes_max = 80;
// Longer answers are cut before they are looked at; what is left of their words fills a label.
constexpr std::size_t answer_bytes_max = 400;
constexpr std::string_view number = "#", address = "…@…", quotation = "\"…\"";

bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::string_view word_at(std::string_view text) {
  return text.substr(0, std::ranges::find_if(text, is_space) - text.begin());
}

// RFC 3463: class.subject.detail.
bool is_enhanced_code(std::string_view word) {
  return word.size() >= 5 && word.size() <= 9 && is_digit(word[0]) && word[1] == '.' &&
         std::ranges::count(word, '.') == 2 && word.back() != '.' &&
         std::ranges::all_of(word, [](char c) { return is_digit(c) || c == '.'; });
}

std::optional<std::string> smtp_code(std::string_view answer) {
  const std::string_view code = answer.substr(0, 3);
  if (code.size() < 3 || code[0] < '2' || code[0] > '5' || !std::ranges::all_of(code, is_digit))
    return std::nullopt;
  if (answer.size() > 3 && answer[3] != ' ' && answer[3] != '-') return std::nullopt;
  std::string label(code);
  const std::string_view enhanced = word_at(answer.substr(std::min<std::size_t>(4, answer.size())));
  if (is_enhanced_code(enhanced)) label.append(" ").append(enhanced);
  return label;
}

std::optional<std::string> smpp_status(std::string_view answer) {
  std::string label(answer.substr(0, 10));  // 0x and eight digits
  if (label.size() < 10 || !label.starts_with("0x") ||
      !std::ranges::all_of(std::string_view(label).substr(2), is_hex))
    return std::nullopt;
  for (char& c : label)
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  return label;
}

// Where a quotation that begins `text` ends; npos: it doesn't, or is an apostrophe within a word.
std::size_t end_of_quotation(std::string_view text, char before) {
  if (text[0] != '"' && (text[0] != '\'' || !is_space(before))) return text.npos;
  return text.find(text[0], 1);
}

std::string masked(std::string_view text) {
  std::string out;
  for (char before = ' '; !text.empty() && out.size() <= label_bytes_max;) {
    if (is_space(text[0])) {
      if (!out.empty() && out.back() != ' ') out += ' ';
      before = ' ';
      text.remove_prefix(1);
    } else if (const std::size_t end = end_of_quotation(text, before); end != text.npos) {
      out += quotation;
      before = text[end];
      text.remove_prefix(end + 1);
    } else {
      const std::string_view word = word_at(text).substr(0, word_at(text).find('"', 1));
      if (word.find('@') != word.npos)
        out += address;
      else
        out += std::ranges::any_of(word, is_digit) ? number : word;
      before = word.back();
      text.remove_prefix(word.size());
    }
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

}  // namespace

bool is_failure(StepKind kind) {
  switch (kind) {
    case StepKind::skipped:
    case StepKind::deferred:
    case StepKind::bounced:
    case StepKind::dead:
    case StepKind::in_doubt:
    case StepKind::expired:
    case StepKind::suppressed: return true;
    case StepKind::sending:
    case StepKind::sent:
    case StepKind::delivered:
    case StepKind::retried:
    case StepKind::discarded: return false;
  }
  return false;
}

std::string error_label(std::string_view answer) {
  while (!answer.empty() && is_space(answer.front())) answer.remove_prefix(1);
  if (auto code = smtp_code(answer)) return *std::move(code);
  if (auto status = smpp_status(answer)) return *std::move(status);
  const std::string text = printable_utf8(answer, answer_bytes_max);
  std::string label = text.starts_with("stat:") ? text : masked(text);
  label = printable_utf8(label, label_bytes_max);
  return label.empty() ? "no reason given" : label;
}

}  // namespace vestnik::store
