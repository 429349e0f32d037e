#include "bench/load/record.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace vestnik::bench {

Record::Record(const std::string& path) : path_(path) {
  if (path.empty()) return;
  file_ = Descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file_.is_open()) throw_errno("can't write " + path);
}

Record::~Record() {
  try {
    flush();
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
  }
}

void Record::flush() {
  for (std::size_t done = 0; done < text_.size();) {
    const ssize_t written = ::write(file_.get(), text_.data() + done, text_.size() - done);
    if (written < 0) {
      text_.clear();
      throw_errno("can't write " + path_);
    }
    done += static_cast<std::size_t>(written);
  }
  text_.clear();
}

}  // namespace vestnik::bench
