// What commands show to people: tables, progress, questions. All of it takes text from outside and lets no
// control character of it reach the terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vestnik::cli {

// `stream` is a terminal.
bool is_terminal(std::FILE* stream);
// `stream` shows colours: a terminal that isn't "dumb", where nobody has set NO_COLOR (no-color.org).
bool colours(std::FILE* stream);
// The width of standard output's terminal; none: it is no terminal.
std::optional<std::size_t> terminal_columns();

// One line of UTF-8 without control characters.
std::string one_line(std::string_view text);
// The same, keeping line ends and tabs.
std::string several_lines(std::string_view text);
// How many columns a terminal gives it.
std::size_t columns_of(std::string_view text);
// At most so many columns; what was cut ends with "…".
std::string cut_to(std::string_view text, std::size_t columns);

enum class Style { plain, bold, dim, green, yellow, red, cyan };
// `text` as a terminal shows it in that style; as it is where `coloured` is false.
std::string styled(std::string_view text, Style style, bool coloured);

struct Cell {
  std::string text;
  Style style = Style::plain;

  Cell(std::string cell_text, Style cell_style = Style::plain)
      : text(std::move(cell_text)), style(cell_style) {}
  Cell(const char* cell_text) : text(cell_text) {}
};

class Table {
 public:
  struct Column {
    std::string title;
    bool right = false;  // numbers, so that they can be compared at a glance

    Column(std::string column_title, bool right_aligned = false)
        : title(std::move(column_title)), right(right_aligned) {}
    Column(const char* column_title) : title(column_title) {}
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  // As many cells as columns.
  void add(std::vector<Cell> row);
  bool empty() const { return rows_.empty(); }
  // How wide a row is.
  std::size_t columns() const;
  // With the last column cut so that a row fits `columns`; none: whole.
  std::string text(std::optional<std::size_t> columns, bool coloured = false) const;

 private:
  std::vector<std::size_t> widths() const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

// "12,345"
std::string grouped(std::int64_t number);
// One character a value, from empty to the highest, at most `columns`: neighbours are added up where there
// are more values. Nothing where all are 0.
std::string sparkline(const std::vector<std::int64_t>& values, std::size_t columns);
// "████████░░░░  62 %", of `columns` characters and the number.
std::string progress_bar(std::int64_t done, std::int64_t total, std::size_t columns);

// One line on standard error that is written over and over, and gone in the end. Where that is no terminal:
// nothing.
class Progress {
 public:
  Progress();
  ~Progress() { clear(); }
  void show(const std::string& text);
  // Makes room for what is printed next; show() brings it back.
  void clear();

 private:
  const bool shown_;
  bool dirty_ = false;
};

// Asks on the terminal; only "y" and "yes" are a yes.
bool confirmed(const std::string& question);

}  // namespace vestnik::cli
