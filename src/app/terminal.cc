#include "app/terminal.h"

#include <algorithm>
#include <clocale>
#include <cwchar>
#include <iostream>
#include <locale.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utility>

#include "base/text.h"

namespace vestnik::app {
namespace {

constexpr std::size_t cell_columns_min = 10;

// The first character's bytes; `text` is valid UTF-8.
std::string_view first_character(std::string_view text) {
  std::size_t length = 1;
  while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) ++length;
  return text.substr(0, length);
}

// 0 for combining marks, 2 for wide ones. The C library's table by a locale of our own: the process has none.
std::size_t character_columns(std::string_view character) {
  if (character.size() == 1) return 1;
  static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (!utf8) return 1;
  const locale_t before = uselocale(utf8);
  wchar_t wide = 0;
  std::mbstate_t state{};
  const std::size_t read = std::mbrtowc(&wide, character.data(), character.size(), &state);
  const int columns = read == character.size() ? ::wcwidth(wide) : 1;
  uselocale(before);
  return columns < 0 ? 1 : static_cast<std::size_t>(columns);
}

// U+0080 to U+009F: control characters to some terminals ("\xc2\x9b" is an escape sequence's beginning).
void blank_c1(std::string& text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i)
    if (text[i] == '\xc2' && static_cast<unsigned char>(text[i + 1]) < 0xA0) text.replace(i, 2, " ");
}

}  // namespace

bool is_terminal(std::FILE* stream) { return ::isatty(::fileno(stream)) == 1; }

std::optional<std::size_t> terminal_columns() {
  winsize size{};
  if (!is_terminal(stdout) || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return std::nullopt;
  return size.ws_col == 0 ? 80 : size.ws_col;
}

std::string one_line(std::string_view text) {
  std::string line = printable_utf8(text, text.size());
  blank_c1(line);
  return line;
}

std::string several_lines(std::string_view text) {
  std::string lines;
  while (!text.empty()) {
    const std::size_t end = text.find_first_of("\n\t");
    lines += one_line(text.substr(0, end));
    if (end == text.npos) break;
    lines += text[end];
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const std::string_view character = first_character(text);
    columns += character_columns(character);
    text.remove_prefix(character.size());
  }
  return columns;
}

std::string cut_to(std::string_view text, std::size_t columns) {
  if (columns_of(text) <= columns) return std::string(text);
  std::string cut;
  std::size_t used = 1;  // the ellipsis
  while (!text.empty()) {
    const std::string_view character = first_character(text);
    used += character_columns(character);
    if (used > columns) break;
    cut += character;
    text.remove_prefix(character.size());
  }
  return cut + "…";
}

void Table::add(std::vector<std::string> row) {
  for (std::string& cell : row) cell = one_line(cell);
  rows_.push_back(std::move(row));
}

std::string Table::text(std::optional<std::size_t> columns) const {
  std::vector<std::size_t> widths(rows_.front().size(), 0);
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns_of(row[i]));
  std::size_t before_last = 0;
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) before_last += widths[i] + 2;

  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i + 1 < row.size(); ++i)
      line += row[i] + std::string(widths[i] - columns_of(row[i]) + 2, ' ');
    const std::size_t left = columns && *columns > before_last ? *columns - before_last : 0;
    line += columns ? cut_to(row.back(), std::max(left, cell_columns_min)) : row.back();
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

Progress::Progress() : shown_(is_terminal(stderr)) {}

void Progress::clear() {
  if (dirty_) std::cerr << "\r\x1b[K" << std::flush;
  dirty_ = false;
}

void Progress::show(const std::string& text) {
  if (!shown_) return;
  dirty_ = true;
  std::cerr << "\r\x1b[K" << text << std::flush;
}

bool confirmed(const std::string& question) {
  std::cerr << question << " [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace vestnik::app
