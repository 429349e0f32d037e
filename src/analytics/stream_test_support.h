// What a connection does with a streamed answer, for tests without one.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "net/http.h"

namespace vestnik::analytics {

class StreamReader {
 public:
  explicit StreamReader(net::HttpResponse response) : source_(std::move(response.source)) {}

  // All that is there now; asks again until the source has nothing, and leaves that question open.
  std::string read() {
    std::string text;
    for (;;) {
      if (!asked_) {
        asked_ = std::make_shared<Answer>();
        source_->next([answer = asked_](net::BodyPiece piece) {
          const std::lock_guard lock(answer->mutex);
          answer->piece = std::move(piece);
        });
      }
      const auto asked = asked_;
      const std::lock_guard lock(asked->mutex);
      if (!asked->piece) return text;
      text += asked->piece->bytes;
      last_ = asked->piece->kind;
      if (last_ != net::BodyPiece::Kind::more) return text;
      asked_ = nullptr;
    }
  }
  // The open question has been answered.
  bool woken() const {
    const std::lock_guard lock(asked_->mutex);
    return asked_->piece.has_value();
  }
  net::BodyPiece::Kind last() const { return last_; }
  void leave() { source_.reset(); }

 private:
  struct Answer {
    std::mutex mutex;
    std::optional<net::BodyPiece> piece;
  };

  std::unique_ptr<net::BodySource> source_;
  std::shared_ptr<Answer> asked_;
  net::BodyPiece::Kind last_ = net::BodyPiece::Kind::more;
};

}  // namespace vestnik::analytics
