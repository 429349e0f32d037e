#include "sms/peer_process.h"

#include <arpa/inet.h>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace vestnik::sms {
namespace {

constexpr int start_limit_ms = 20'000;
constexpr int end_limit_ms = 2'000;

// True if the process has ended within the time.
bool wait_for_end(pid_t pid, int limit_ms) {
  const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return false;
  pollfd ended{fd, POLLIN, 0};
  const bool in_time = poll(&ended, 1, limit_ms) > 0;
  close(fd);
  return in_time;
}

}  // namespace

PeerProcess::PeerProcess(const std::vector<std::string>& command) {
  int input[2], output[2];
  if (pipe2(input, O_CLOEXEC) != 0 || pipe2(output, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const int error = posix_spawn(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(input[0]);
  close(output[1]);
  input_ = input[1];
  output_ = output[0];
  if (error != 0) throw std::runtime_error("can't start " + command[0]);
}

PeerProcess::~PeerProcess() {
  close(input_);
  if (!wait_for_end(pid_, end_limit_ms)) kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  close(output_);
}

std::string PeerProcess::read_line() {
  std::string line;
  for (char c = 0;;) {
    pollfd readable{output_, POLLIN, 0};
    if (poll(&readable, 1, start_limit_ms) <= 0 || read(output_, &c, 1) != 1 || c == '\n') return line;
    line += c;
  }
}

std::string smsc_directory() {
  if (const char* deps = std::getenv("VESTNIK_DEPS_DIR")) return std::string(deps) + "/smsc";
  const char* home = std::getenv("HOME");
  return std::string(home ? home : "") + "/.cache/vestnik/smsc";
}

bool peers_installed() { return std::filesystem::exists(smsc_directory() + "/.installed"); }

int free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool found = bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(fd);
  if (!found) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

}  // namespace vestnik::sms
