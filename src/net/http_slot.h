// How what another thread brings reaches a connection that waits for it.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace vestnik::net {

// Whoever brings the value holds the slot too, so one for a connection that is gone ends here. Touched on the
// connection's thread only.
template <class T>
struct HttpSlot {
  std::optional<T> value;
  std::move_only_function<void()> wake;  // set while the connection waits

  // The first value counts.
  void put(T brought) {
    if (!value) value = std::move(brought);
  }
  void resume() {
    if (wake) std::exchange(wake, nullptr)();
  }
};

// Puts a value into the slot, from any thread. Declared in this order, the slot goes first and the context
// last.
template <class T>
struct HttpDelivery {
  std::shared_ptr<boost::asio::io_context> context;
  std::shared_ptr<HttpSlot<T>> slot;

  void operator()(T value) {
    const auto executor = context->get_executor();
    if (executor.running_in_this_thread()) {
      slot->put(std::move(value));
      // Not from within the caller: it may hold locks.
      if (slot->wake) boost::asio::post(executor, [slot = slot] { slot->resume(); });
    } else {
      boost::asio::post(executor, [slot = slot, value = std::move(value)]() mutable {
        slot->put(std::move(value));
        slot->resume();
      });
    }
  }
};

// Puts a value into the slot on the connection's thread, which goes on later: it may end then, and the caller
// still walks over the connections.
template <class T>
void give_up(boost::asio::io_context& context, const std::shared_ptr<HttpSlot<T>>& slot, T value) {
  slot->put(std::move(value));
  boost::asio::post(context, [slot] { slot->resume(); });
}

// Waits until the slot has been resumed.
template <class T>
auto resumed(HttpSlot<T>& slot) {
  return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(
      [slot = &slot](auto handler) { slot->wake = std::move(handler); }, boost::asio::use_awaitable);
}

}  // namespace vestnik::net
