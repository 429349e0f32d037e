// The file that says of every unit of work when it happened: one line each, times as of CLOCK_MONOTONIC.
#pragma once

#include <string>

#include "bench/load/reactor.h"

namespace vestnik::bench {

class Record {
 public:
  // Empty path: nothing is recorded. What stood in the file is gone. Throws if it can't be written.
  explicit Record(const std::string& path);
  ~Record();
  Record(const Record&) = delete;
  Record& operator=(const Record&) = delete;

  bool is_wanted() const { return file_.is_open(); }
  // Append one line with its end, then call line_done(): the text goes to the file in blocks.
  std::string& text() { return text_; }
  void line_done() {
    if (text_.size() >= block_bytes) flush();
  }
  void flush();

 private:
  static constexpr std::size_t block_bytes = 64 * 1024;
  std::string path_;
  Descriptor file_;
  std::string text_;
};

}  // namespace vestnik::bench
