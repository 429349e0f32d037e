// A client that can be as rude as a test needs: bytes out, bytes in, every wait bounded.
#pragma once

#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace vestnik::net {

class TestClient {
 public:
  explicit TestClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("can't connect");
  }
  ~TestClient() { close(); }
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return;  // the server closed: what it said shows in the next read
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  void half_close() { ::shutdown(socket_, SHUT_WR); }
  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

  // One whole answer (head and body), "" when the connection ends first. `has_body` false: the answer to
  // HEAD, or 100.
  std::string read_answer(bool has_body = true) {
    for (;;) {
      const std::size_t head = buffer_.find("\r\n\r\n");
      if (head != buffer_.npos) {
        std::size_t size = head + 4;
        const std::size_t length = buffer_.find("Content-Length: ");
        if (has_body && length < head) size += std::stoul(buffer_.substr(length + 16, 20));
        if (buffer_.size() >= size) {
          std::string answer = buffer_.substr(0, size);
          buffer_.erase(0, size);
          return answer;
        }
      }
      if (!read_some()) return "";
    }
  }

  // All up to and with `mark`; "" when the connection ends first.
  std::string read_until(std::string_view mark) {
    for (;;) {
      const std::size_t at = buffer_.find(mark);
      if (at != buffer_.npos) {
        std::string read = buffer_.substr(0, at + mark.size());
        buffer_.erase(0, read.size());
        return read;
      }
      if (!read_some()) return "";
    }
  }
  // All that comes until the connection ends.
  std::string read_to_end() {
    while (read_some()) {
    }
    return std::exchange(buffer_, {});
  }
  bool was_reset() const { return reset_; }

  // The server closed the connection, and nothing came before.
  bool closed() {
    while (read_some()) {
    }
    return buffer_.empty() && !timed_out_;
  }

 private:
  bool read_some() {
    pollfd waiting{socket_, POLLIN, 0};
    timed_out_ = ::poll(&waiting, 1, 10'000) != 1;
    if (timed_out_) return false;
    char bytes[16 * 1024];
    const ssize_t count = ::recv(socket_, bytes, sizeof bytes, 0);
    reset_ = count < 0 && errno == ECONNRESET;
    if (count <= 0) return false;
    buffer_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }

  int socket_;
  std::string buffer_;
  bool timed_out_ = false;
  bool reset_ = false;
};

inline std::string status_of(const std::string& answer) { return answer.substr(0, answer.find("\r\n")); }

}  // namespace vestnik::net
