// A peer that a test runs as a process of its own.
#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

namespace vestnik::sms {

// Ends the process when destroyed: its standard input closes, and what doesn't end by that within 2 s is
// killed.
class PeerProcess {
 public:
  // `command[0]` is a path. Throws if it can't be started.
  explicit PeerProcess(const std::vector<std::string>& command);
  ~PeerProcess();
  PeerProcess(const PeerProcess&) = delete;
  PeerProcess& operator=(const PeerProcess&) = delete;

  // The next line of its standard output, without the newline; empty if none comes within 20 s.
  std::string read_line();

 private:
  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
};

// Where third_party/smsc/install puts the peers.
std::string smsc_directory();
bool peers_installed();

// A port of 127.0.0.1 that was free a moment ago, for peers that can't choose their own.
int free_port();

}  // namespace vestnik::sms
