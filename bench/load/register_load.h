// Load on POST /register over a fixed number of connections, one request at a time on each.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "bench/load/address.h"
#include "bench/load/latencies.h"
#include "bench/load/record.h"
#include "bench/load/registrations.h"

namespace vestnik::bench {

struct RegisterOptions {
  std::uint16_t port = 0;
  std::size_t connections = 1;
  double seconds = 0;          // how long requests arrive; 0: until there were `requests`
  std::uint64_t requests = 0;  // 0: until `seconds` are over
  // Arrivals a second (open loop): the n-th request is meant for start + n / rate, waits where no connection
  // is free, and its latency counts from when it was meant. 0: a connection's next request follows its last
  // answer (closed loop).
  double rate = 0;
  std::string seed;
  Contacts contacts = Contacts::both;
  std::string record;  // path; empty: no record
  double patience_seconds =
      10;  // how long answers are waited for after the last arrival, or while none comes
};

class RegisterLoad {
 public:
  // Throws where an option makes no sense.
  explicit RegisterLoad(const RegisterOptions& options);
  ~RegisterLoad();

  // Until all is answered, patience is over, or SIGTERM. Throws if nobody listens on the port.
  json::object run();

 private:
  class Connection;
  struct Arrival {
    std::uint64_t n;
    std::uint64_t meant_ns;
  };

  void begin();
  void pump();
  void arm();
  std::optional<Arrival> next_arrival(std::uint64_t now_ns);
  std::uint64_t meant_ns(std::uint64_t n) const;
  bool is_over(std::uint64_t now_ns) const;

  void on_connected(Connection& connection);
  void on_answer(Connection& connection, int status, std::uint64_t now_ns);
  // `busy`: a request of ours was under way.
  void on_broken(Connection& connection, bool busy);
  void count_unanswered();
  json::object summary();

  RegisterOptions options_;
  Registrations registrations_;
  Record record_;
  Reactor reactor_;
  Timer timer_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::deque<Connection*> idle_;
  std::deque<Connection*> broken_;  // to be connected again at reconnect_at_ns_
  std::uint64_t reconnect_at_ns_ = 0;
  std::size_t connected_first_ = 0;  // so many have been connected before the start

  std::uint64_t begun_ns_ = 0;  // 0: not yet
  std::uint64_t arrivals_max_ = 0;
  std::uint64_t arrivals_end_ns_ = 0;
  std::uint64_t issued_ = 0;  // sent or tried to
  std::size_t busy_ = 0;
  std::uint64_t last_answer_ns_ = 0;

  std::map<int, std::uint64_t> statuses_;
  std::uint64_t lost_ = 0, malformed_ = 0, connect_errors_ = 0, unanswered_ = 0;
  Latencies latencies_;
};

}  // namespace vestnik::bench
