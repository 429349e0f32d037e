#include "net/stream.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>
#include <optional>

namespace vestnik::net {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

Stream::Deadline in(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

// A listener that accepts and says nothing.
struct SilentPeer {
  asio::io_context context;
  asio::ip::tcp::acceptor acceptor{context, {asio::ip::address_v4::loopback(), 0}};
  std::uint16_t port = acceptor.local_endpoint().port();
};

using End = std::optional<StreamErrorKind>;

Awaitable<void> connect_to(Stream& stream, std::uint16_t port) {
  auto connected = co_await stream.connect("127.0.0.1", port, in(5s));
  EXPECT_TRUE(connected);
}

Awaitable<void> read_until(Stream& stream, Stream::Deadline deadline, End& end) {
  char buffer[16];
  auto count = co_await stream.read_some(buffer, deadline);
  end = count ? std::nullopt : End(count.error().kind);
}

Awaitable<void> write_often(Stream& stream, int times) {
  for (int i = 0; i < times; ++i) {
    auto written = co_await stream.write("0123456789", in(5s));
    EXPECT_TRUE(written);
  }
}

Awaitable<void> write_until(Stream& stream, std::string_view bytes, Stream::Deadline deadline, End& end) {
  auto written = co_await stream.write(bytes, deadline);
  end = written ? std::nullopt : End(written.error().kind);
}

TEST(Stream, AWriteLeavesTheReadersDeadlineInForce) {
  SilentPeer peer;
  Stream stream(peer.context.get_executor());
  asio::co_spawn(peer.context, connect_to(stream, peer.port), asio::detached);
  peer.context.run();
  End end;
  peer.context.restart();
  asio::co_spawn(peer.context, read_until(stream, in(50ms), end), asio::detached);
  asio::co_spawn(peer.context, write_often(stream, 20), asio::detached);
  peer.context.run_for(10s);
  EXPECT_EQ(end, StreamErrorKind::timeout);
  EXPECT_EQ(stream.bytes_written(), 200u);
}

TEST(Stream, AReadLeavesTheWritersDeadlineInForce) {
  SilentPeer peer;
  Stream stream(peer.context.get_executor());
  asio::co_spawn(peer.context, connect_to(stream, peer.port), asio::detached);
  peer.context.run();
  // More than the socket buffers hold, to a peer that never reads.
  const std::string much(64 << 20, 'x');
  End read_end, write_end;
  peer.context.restart();
  asio::co_spawn(peer.context, write_until(stream, much, in(50ms), write_end), asio::detached);
  asio::co_spawn(peer.context, read_until(stream, in(10s), read_end), asio::detached);
  peer.context.run_for(10s);
  EXPECT_EQ(write_end, StreamErrorKind::timeout);
  EXPECT_EQ(read_end, StreamErrorKind::timeout);
  EXPECT_LT(stream.bytes_written(), much.size());
}

TEST(Stream, CancelEndsEveryWait) {
  SilentPeer peer;
  Stream stream(peer.context.get_executor());
  asio::co_spawn(peer.context, connect_to(stream, peer.port), asio::detached);
  peer.context.run();
  End end;
  peer.context.restart();
  asio::co_spawn(peer.context, read_until(stream, in(10s), end), asio::detached);
  asio::post(peer.context, [&] { stream.cancel(); });
  peer.context.run_for(10s);
  EXPECT_EQ(end, StreamErrorKind::cancelled);
}

}  // namespace
}  // namespace vestnik::net
