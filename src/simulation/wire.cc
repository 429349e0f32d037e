#include "simulation/wire.h"

#include <algorithm>
#include <utility>

namespace vestnik::simulation {

Duration Wire::arrival(Duration& last) {
  last = std::max(last, world_.elapsed() + world_.dice.between(Duration(10), delay_max_));
  return last - world_.elapsed();
}

void Wire::send_to_server(std::string bytes) {
  if (bytes.size() > 1 && world_.dice.chance(0.15)) {
    const std::size_t at = 1 + world_.dice.below(bytes.size() - 1);
    piece_to_server(bytes.substr(0, at));
    bytes.erase(0, at);
  }
  piece_to_server(std::move(bytes));
}

void Wire::piece_to_server(std::string bytes) {
  if (!open_) return;
  world_.after(arrival(last_to_server_), [self = shared_from_this(), bytes = std::move(bytes)] {
    if (self->world_.elapsed() > self->cut_at_ || !self->to_server.bytes) return;
    const auto call = self->to_server.bytes;
    call(bytes);
  });
}

void Wire::send_to_client(std::string bytes, std::function<void()> arrived) {
  if (!open_) return;
  world_.after(arrival(last_to_client_),
               [self = shared_from_this(), bytes = std::move(bytes), arrived = std::move(arrived)]() mutable {
                 if (self->world_.elapsed() > self->cut_at_) return;
                 self->client_->post([self, bytes = std::move(bytes), arrived = std::move(arrived)] {
                   if (!self->to_client.bytes) return;
                   if (arrived) arrived();
                   const auto call = self->to_client.bytes;
                   call(bytes);
                 });
               });
}

void Wire::close_from_server() {
  if (!std::exchange(open_, false)) return;
  to_server = {};
  world_.after(arrival(last_to_client_), [self = shared_from_this()] {
    self->client_->post([self] {
      const auto call = self->to_client.closed;
      if (call) call();
    });
  });
}

void Wire::close_from_client() {
  to_client = {};
  if (!std::exchange(open_, false)) return;
  cut_at_ = std::min(cut_at_, world_.elapsed() + world_.dice.between(Duration(0), delay_max_));
  world_.after(arrival(last_to_server_), [self = shared_from_this()] {
    const auto call = std::exchange(self->to_server, {}).closed;
    if (call) call();
  });
}

void Wire::cut() {
  if (!std::exchange(open_, false)) return;
  cut_at_ = std::min(cut_at_, world_.elapsed() + world_.dice.between(Duration(0), delay_max_));
  world_.after(delay_max_ + Duration(1), [self = shared_from_this()] {
    const auto call = std::exchange(self->to_server, {}).closed;
    if (call) call();
    self->client_->post([self] {
      const auto closed = self->to_client.closed;
      if (closed) closed();
    });
  });
}

}  // namespace vestnik::simulation
