// Real brokers for the tests, started through tests/peers/kafka.
#pragma once

#include <filesystem>
#include <string>
#include <sys/types.h>

namespace vestnik::log::kafka::test {

class TestBroker {
 public:
  // A fresh broker on a free port; returns when it is ready. Throws when it isn't within a minute.
  TestBroker();
  ~TestBroker();
  TestBroker(const TestBroker&) = delete;
  TestBroker& operator=(const TestBroker&) = delete;

  const std::string& address() const { return address_; }

  // As kill -9 does; the data stays.
  void kill();
  // The same port and data again; returns when it is ready.
  void start();
  // Freezes and thaws it: connections stay open, nothing is answered.
  void freeze();
  void thaw();

  // Waits for the topic to be there.
  void create_topic(const std::string& topic, int partitions) const;

 private:
  std::filesystem::path directory_;
  std::string address_;
  pid_t pid_ = -1;
  int stdin_ = -1;
};

// One for the whole test binary; tests use topics and groups of their own in it.
TestBroker& shared_broker();

// "name-<n>", which nobody else has in this run.
std::string unique_name(const std::string& name);

}  // namespace vestnik::log::kafka::test
