#include "cli/terminal.h"

#include <algorithm>
#include <clocale>
#include <cmath>
#include <cstdlib>
#include <cwchar>
#include <fmt/format.h>
#include <iostream>
#include <locale.h>
#include <numeric>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utility>

#include "base/text.h"

namespace vestnik::cli {
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

// SGR parameters (ECMA-48 section 8.3.117).
std::string_view code_of(Style style) {
  switch (style) {
    case Style::plain: return "";
    case Style::bold: return "1";
    case Style::dim: return "2";
    case Style::green: return "32";
    case Style::yellow: return "33";
    case Style::red: return "31";
    case Style::cyan: return "36";
  }
  return "";
}

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value && *value != '\0';
}

}  // namespace

bool is_terminal(std::FILE* stream) { return ::isatty(::fileno(stream)) == 1; }

bool colours(std::FILE* stream) {
  const char* kind = std::getenv("TERM");
  return is_terminal(stream) && !is_set("NO_COLOR") && !(kind && std::string_view(kind) == "dumb");
}

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

std::string styled(std::string_view text, Style style, bool coloured) {
  const std::string_view code = code_of(style);
  if (!coloured || code.empty() || text.empty()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

void Table::add(std::vector<Cell> row) {
  for (Cell& cell : row) cell.text = one_line(cell.text);
  rows_.push_back(std::move(row));
}

std::vector<std::size_t> Table::widths() const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    widths.push_back(columns_of(columns_[i].title));
    for (const auto& row : rows_) widths[i] = std::max(widths[i], columns_of(row[i].text));
  }
  return widths;
}

std::size_t Table::columns() const {
  const auto all = widths();
  return std::reduce(all.begin(), all.end()) + 2 * (all.size() - 1);
}

std::string Table::text(std::optional<std::size_t> columns, bool coloured) const {
  auto widths = this->widths();
  if (columns) {
    const std::size_t before_last = this->columns() - widths.back();
    const std::size_t left = *columns > before_last ? *columns - before_last : 0;
    widths.back() = std::min(widths.back(), std::max(left, cell_columns_min));
  }
  std::vector<Cell> titles;
  for (const Column& column : columns_) titles.emplace_back(column.title, Style::bold);
  std::vector<const std::vector<Cell>*> lines{&titles};
  for (const auto& row : rows_) lines.push_back(&row);

  std::string text;
  for (const auto* line : lines) {
    std::string pending;  // spaces that only matter when something follows
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const std::string cell = cut_to((*line)[i].text, widths[i]);
      const std::string space(widths[i] - columns_of(cell), ' ');
      if (columns_[i].right) pending += space;
      if (!cell.empty()) text += std::exchange(pending, "") + styled(cell, (*line)[i].style, coloured);
      pending += (columns_[i].right ? "" : space) + "  ";
    }
    text += '\n';
  }
  return text;
}

std::string grouped(std::int64_t number) {
  std::string text = std::to_string(number);
  const std::size_t first = number < 0 ? 1 : 0;
  for (std::size_t i = text.size(); i > first + 3; i -= 3) text.insert(i - 3, 1, ',');
  return text;
}

std::string sparkline(const std::vector<std::int64_t>& values, std::size_t columns) {
  constexpr std::string_view bars[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr std::size_t highest = std::size(bars) - 1;
  std::vector<std::int64_t> sums(std::min(values.size(), columns), 0);
  for (std::size_t i = 0; i < values.size(); ++i) sums[i * sums.size() / values.size()] += values[i];
  const std::int64_t most = sums.empty() ? 0 : std::ranges::max(sums);
  if (most <= 0) return "";
  std::string line;
  for (const std::int64_t sum : sums) {
    const double share = static_cast<double>(std::max<std::int64_t>(sum, 0)) / static_cast<double>(most);
    line += bars[static_cast<std::size_t>(std::ceil(share * static_cast<double>(highest)))];
  }
  return line;
}

std::string progress_bar(std::int64_t done, std::int64_t total, std::size_t columns) {
  const double share =
      total > 0 ? std::clamp(static_cast<double>(done) / static_cast<double>(total), 0.0, 1.0) : 0;
  const auto full = static_cast<std::size_t>(share * static_cast<double>(columns));
  std::string bar;
  for (std::size_t i = 0; i < columns; ++i) bar += i < full ? "█" : "░";
  return fmt::format("{} {:3} %", bar, static_cast<int>(share * 100));
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

}  // namespace vestnik::cli
