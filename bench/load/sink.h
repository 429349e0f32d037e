// What the sinks have in common: a server on 127.0.0.1 that takes everything, counts it and writes down when
// it came.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/json.h"
#include "bench/load/address.h"
#include "bench/load/record.h"

namespace vestnik::bench {

// What came since the start or the last `reset`.
class Tally {
 public:
  explicit Tally(const std::string& record_path) : record_(record_path) {}

  // Units taken at `now_ns`, of `bytes` octets together.
  void count(std::uint64_t now_ns, std::uint64_t messages, std::uint64_t bytes);
  // "<recipient> <now_ns>" goes to the record.
  void record(std::string_view recipient, std::uint64_t now_ns);
  void flush() { record_.flush(); }
  void reset();

  // {messages,bytes,first_ns,last_ns,seconds_first_to_last}
  json::object counters() const;

 private:
  Record record_;
  std::uint64_t messages_ = 0, bytes_ = 0, first_ns_ = 0, last_ns_ = 0;
};

// The server's side of one connection, without its socket.
class Dialogue {
 public:
  enum class Next {
    more,
    pause,  // nothing is read until the sink's pause is over; then on_bytes() is called with none
    close   // after what is to be answered
  };
  virtual ~Dialogue() = default;
  // Takes what the client sent (at the beginning nothing) and appends to `answers`, which go out in one
  // write.
  virtual Next on_bytes(std::string_view bytes, std::uint64_t now_ns, std::string& answers) = 0;
};

struct SinkOptions {
  std::uint16_t port = 0;  // 0: a free one
  std::string record;      // path; empty: no record
  std::uint64_t pause_ns = 0;
};

class Sink {
 public:
  using Factory = std::function<std::unique_ptr<Dialogue>(Tally&)>;
  Sink(const SinkOptions& options, Factory factory);
  ~Sink();

  // Prints "port <N>"; answers the lines `count` (the counters in JSON) and `reset` (sets them to nothing,
  // and answers them as they were) on standard input; when that ends or SIGTERM comes, prints the counters
  // and returns.
  void run();

 private:
  class Connection;
  class Acceptor;

  void on_line(const std::string& line);
  void end_pauses();
  void pause(Connection& connection);
  void close(Connection& connection);
  json::object counters() const;

  SinkOptions options_;
  Factory factory_;
  Tally tally_;
  Reactor reactor_;
  Timer pause_timer_;
  std::unique_ptr<Acceptor> acceptor_;
  std::uint64_t connections_ = 0;
  std::size_t open_max_ = 0;
  std::uint64_t next_id_ = 0;
  // By id, so that a pause can outlive its connection.
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> open_;
  // The pause is always the same length, so they end in the order in which they began. One a connection at
  // most.
  struct Pause {
    std::uint64_t until_ns;
    std::uint64_t connection;
  };
  std::deque<Pause> pauses_;
};

}  // namespace vestnik::bench
