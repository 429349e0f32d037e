// What commands show to people: tables, progress, questions. All of it takes text from outside and lets no
// control character of it reach the terminal.
#pragma once

#include <cstddef>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vestnik::app {

// `stream` is a terminal.
bool is_terminal(std::FILE* stream);
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

class Table {
 public:
  explicit Table(std::vector<std::string> header) { rows_.push_back(std::move(header)); }
  void add(std::vector<std::string> row);
  bool empty() const { return rows_.size() == 1; }
  // With the last column cut so that a row fits `columns`; none: whole.
  std::string text(std::optional<std::size_t> columns) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

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

}  // namespace vestnik::app
