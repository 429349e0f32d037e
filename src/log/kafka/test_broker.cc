#include "log/kafka/test_broker.h"

#include <array>
#include <atomic>
#include <chrono>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdexcept>
#include <stdlib.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#include "log/kafka/kafka_log.h"
#include "log/kafka/settings.h"

extern char** environ;

namespace vestnik::log::kafka::test {
namespace {

constexpr std::chrono::seconds ready_time{60};

// The line that says the broker is ready, without its newline.
std::string read_line(int fd) {
  std::string line;
  const auto until = std::chrono::steady_clock::now() + ready_time;
  for (char c = 0;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd readable{fd, POLLIN, 0};
    if (left.count() <= 0 || poll(&readable, 1, static_cast<int>(left.count())) <= 0)
      throw std::runtime_error("the broker did not start in time");
    if (read(fd, &c, 1) != 1)
      throw std::runtime_error("tests/peers/kafka ended; did `third_party/install test-peers` run?");
    if (c == '\n') return line;
    line += c;
  }
}

// The broker is the script's only child.
pid_t child_of(pid_t parent) {
  const std::string task = std::to_string(parent);
  std::ifstream children("/proc/" + task + "/task/" + task + "/children");
  pid_t child = -1;
  if (!(children >> child)) throw std::runtime_error("tests/peers/kafka has no broker");
  return child;
}

}  // namespace

TestBroker::TestBroker() {
  std::string path = (std::filesystem::temp_directory_path() / "vestnik-kafka-XXXXXX").string();
  if (mkdtemp(path.data()) == nullptr) throw std::system_error(errno, std::generic_category(), "mkdtemp");
  directory_ = path;
  start();
}

TestBroker::~TestBroker() {
  kill();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void TestBroker::start() {
  std::array<int, 2> in{}, out{};
  if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0)
    throw std::system_error(errno, std::generic_category(), "pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  std::vector<std::string> words{"tests/peers/kafka", "--dir", directory_};
  if (!address_.empty()) {
    words.push_back("--port");
    words.push_back(address_.substr(address_.find(':') + 1));
  }
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const int error = posix_spawn(&pid_, words[0].c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(in[0]);
  close(out[1]);
  stdin_ = in[1];
  if (error != 0) throw std::system_error(error, std::generic_category(), words[0]);
  const std::string line = read_line(out[0]);
  close(out[0]);
  address_ = line.substr(line.find('=') + 1);
}

void TestBroker::kill() {
  if (pid_ < 0) return;
  const pid_t broker = child_of(pid_);
  // The broker dies with the script; waiting until it has keeps its port and its lock file free for the next
  // one.
  ::kill(broker, SIGCONT);
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  while (::kill(broker, 0) == 0) usleep(1000);
  pid_ = -1;
  close(stdin_);
}

void TestBroker::freeze() { ::kill(child_of(pid_), SIGSTOP); }
void TestBroker::thaw() { ::kill(child_of(pid_), SIGCONT); }

void TestBroker::create_topic(const std::string& topic, int partitions) const {
  const ClientHandle client = make_client(ClientKind::producer, producer_settings({.brokers = address_}));
  const QueueHandle queue(rd_kafka_queue_new(client.get()));
  std::array<char, 256> reason{};
  const NewTopicHandle created(
      rd_kafka_NewTopic_new(topic.c_str(), partitions, 1, reason.data(), reason.size()));
  rd_kafka_NewTopic_t* topics[] = {created.get()};
  rd_kafka_CreateTopics(client.get(), topics, 1, nullptr, queue.get());
  const EventHandle answer(rd_kafka_queue_poll(queue.get(), 20'000));
  if (answer == nullptr || rd_kafka_event_error(answer.get()) != RD_KAFKA_RESP_ERR_NO_ERROR)
    throw std::runtime_error("the topic was not created");
}

TestBroker& shared_broker() {
  static TestBroker broker;
  return broker;
}

std::string unique_name(const std::string& name) {
  static std::atomic<int> next = 0;
  return name + "-" + std::to_string(++next);
}

}  // namespace vestnik::log::kafka::test
