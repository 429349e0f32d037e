// Appending and waiting for the answer.
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "log/log.h"

namespace vestnik::log::kafka::test {

// Longer than anything here takes; no test waits for it to pass.
inline constexpr std::chrono::seconds patience{30};

// The answer to come. Asking for it fails the wait with `closed` when there is none in time.
class Answer {
 public:
  Answer(Log& log, const std::string& topic, std::vector<Record> records) : begin_(Now()) {
    auto told = std::make_shared<std::promise<std::pair<Result<void, Error>, TimePoint>>>();
    told_ = told->get_future();
    log.append(topic, std::move(records),
               [told](Result<void, Error> result) { told->set_value({std::move(result), Now()}); });
  }

  bool is_there() const { return told_.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }
  Result<void, Error> get() {
    if (told_.wait_for(patience) != std::future_status::ready) return fail(ErrorKind::closed, "no answer");
    auto [result, at] = told_.get();
    took_ = std::chrono::duration_cast<std::chrono::milliseconds>(at - begin_);
    return result;
  }
  // Nothing: it succeeded.
  std::optional<ErrorKind> error() {
    const auto result = get();
    return result ? std::nullopt : std::optional(result.error().kind);
  }
  // From the call to the answer; after get().
  std::chrono::milliseconds took() const { return took_; }

 private:
  using TimePoint = std::chrono::steady_clock::time_point;
  static TimePoint Now() { return std::chrono::steady_clock::now(); }

  TimePoint begin_;
  std::chrono::milliseconds took_{};
  std::future<std::pair<Result<void, Error>, TimePoint>> told_;
};

inline std::optional<ErrorKind> append(Log& log, const std::string& topic, const std::string& key,
                                       const std::string& value) {
  return Answer(log, topic, {Record{key, value, {}}}).error();
}

// Appends again and again until it succeeds, as a client does after a 503.
inline bool append_in_the_end(Log& log, const std::string& topic, const std::string& key,
                              const std::string& value) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < until)
    if (!append(log, topic, key, value)) return true;
  return false;
}

}  // namespace vestnik::log::kafka::test
