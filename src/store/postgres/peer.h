// A real PostgreSQL for the tests: started by tests/peers/postgres, or the one VESTNIK_TEST_DATABASE_URL
// names.
#pragma once

#include <memory>
#include <string>

struct pg_conn;
#include <sys/types.h>

namespace vestnik::store::postgres {

class Peer {
 public:
  // Starts one of its own. Throws if it can't.
  Peer();
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  const std::string& url() const { return url_; }
  // "stop", "start", "restart", "freeze", "thaw"; returns when it is so.
  void command(const std::string& command);

 private:
  std::string read_line();

  pid_t pid_ = -1;
  int in_ = -1, out_ = -1;
  std::string url_, read_;
};

// The URL of a server that all tests of the process share, and that nobody stops.
const std::string& shared_server_url();
// `url` with an empty schema of its own in it.
std::string fresh_schema(const std::string& url);

// A session of the test's own, beside any store.
class Session {
 public:
  explicit Session(const std::string& url);
  // The first value of the answer, empty if there is none. Throws if the server refuses.
  std::string run(const std::string& sql);
  // Repeats a query until it gives `expected`; false: it doesn't within 10 s.
  bool becomes(const std::string& sql, const std::string& expected);

 private:
  std::unique_ptr<pg_conn, void (*)(pg_conn*)> connection_;
};

}  // namespace vestnik::store::postgres
