// SmppProvider on a loop of its own, driven from a test's thread, against the peer in tests/peers/smsc.
#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <fstream>
#include <future>
#include <gtest/gtest.h>
#include <map>
#include <mutex>
#include <set>
#include <unistd.h>

#include "base/json.h"
#include "sms/peer_process.h"
#include "sms/sender.h"
#include "sms/smpp_provider.h"

namespace vestnik::sms {

inline smpp::SmppUrl url_of(std::string text) { return smpp::parse_smpp_url(text).value(); }

// Everything here may be called from the test's thread; it is done on the loop.
class ProviderOnLoop {
 public:
  explicit ProviderOnLoop(const std::string& url, smpp::SessionOptions session = {},
                          std::size_t receipts_max = SmppProviderOptions{}.receipts_max) {
    loop_.start();
    on_loop([&] {
      SmppProviderOptions options{.url = url_of(url), .session = session};
      options.source = sender_address("Vestnik", options.url).value();
      options.receipts_max = receipts_max;
      options.reconnect = {std::chrono::milliseconds(20), std::chrono::milliseconds(200)};
      provider_ = std::make_unique<SmppProvider>(loop_, std::move(options));
      provider_->on_capacity([this] { pump(); });
      provider_->on_receipt([this](Receipt receipt, Task recorded) {
        note([&] { receipts_.push_back(std::move(receipt)); });
        if (ledger_stands_still_)
          unrecorded_.push_back(std::move(recorded));
        else
          recorded();
      });
    });
  }
  ~ProviderOnLoop() {
    on_loop([&] { provider_.reset(); });
    loop_.stop();
  }

  // Queued; given to the provider as its capacity allows, as the engine does.
  void send(int id, std::string text, std::string to = "+79160000000", std::string progress = {}) {
    auto n = std::make_shared<Notification>();
    n->id = {"notification-" + std::to_string(id)};
    n->channel = Channel::sms;
    n->to = std::move(to);
    n->text = std::move(text);
    on_loop([&] {
      waiting_.push_back({id, {.notification = n, .number = 1, .progress = progress}});
      pump();
    });
  }

  // From now on receipts are told and not recorded, until let_ledger_go_on().
  void stop_ledger() {
    on_loop([&] { ledger_stands_still_ = true; });
  }
  void let_ledger_go_on() {
    on_loop([&] {
      ledger_stands_still_ = false;
      for (Task& recorded : std::exchange(unrecorded_, {})) recorded();
    });
  }

  // False: it didn't come true within 20 s.
  bool wait_until(std::function<bool()> true_now) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), true_now);
  }
  bool wait_for_outcomes(std::size_t count) {
    return wait_until([&] { return outcomes_.size() >= count; });
  }
  bool wait_for_receipts(std::size_t count) {
    return wait_until([&] { return receipts_.size() >= count; });
  }
  // Of what nobody tells: it is looked at again and again.
  bool look_until(const std::function<bool()>& true_now) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < limit) {
      if (true_now()) return true;
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, std::chrono::milliseconds(2));
    }
    return false;
  }
  bool wait_until_bound() {
    return wait_until_health([](const Health& health) { return health.well; });
  }
  bool wait_until_health(std::function<bool(const Health&)> good) {
    return look_until([&] { return good(health()); });
  }
  Health health() {
    Health health;
    on_loop([&] { health = provider_->health(); });
    return health;
  }
  std::size_t capacity() {
    std::size_t capacity = 0;
    on_loop([&] { capacity = provider_->capacity(); });
    return capacity;
  }
  // True once the provider says that it has stopped.
  bool stop(std::chrono::milliseconds limit) {
    auto stopped = std::make_shared<std::promise<void>>();
    on_loop([&] { provider_->stop(limit, [stopped] { stopped->set_value(); }); });
    return stopped->get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready;
  }

  template <class T>
  std::size_t count() {
    std::lock_guard lock(mutex_);
    std::size_t found = 0;
    for (const auto& [id, outcome] : outcomes_) found += std::holds_alternative<T>(outcome) ? 1 : 0;
    return found;
  }
  Outcome outcome(int id) {
    std::lock_guard lock(mutex_);
    return outcomes_.at(id);
  }
  std::vector<Receipt> receipts() {
    std::lock_guard lock(mutex_);
    return receipts_;
  }

 private:
  struct Waiting {
    int id;
    delivery::Attempt attempt;
  };

  void on_loop(std::function<void()> what) {
    std::promise<void> finished;
    loop_.post([&] {
      what();
      finished.set_value();
    });
    finished.get_future().wait();
  }
  template <class F>
  void note(F change) {
    std::lock_guard lock(mutex_);
    change();
    changed_.notify_all();
  }
  void pump() {
    while (!waiting_.empty() && provider_->capacity() > 0) {
      Waiting next = std::move(waiting_.front());
      waiting_.pop_front();
      provider_->send(std::move(next.attempt), [this, id = next.id](Outcome outcome) {
        note([&] { EXPECT_TRUE(outcomes_.emplace(id, std::move(outcome)).second); });
        pump();
      });
    }
  }

  net::EventLoop loop_{"sms-test"};
  std::unique_ptr<SmppProvider> provider_;
  std::deque<Waiting> waiting_;
  bool ledger_stands_still_ = false;
  std::vector<Task> unrecorded_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int, Outcome> outcomes_;
  std::vector<Receipt> receipts_;
};

// tests/peers/smsc with its record.
class RecordingSmsc {
 public:
  explicit RecordingSmsc(std::vector<std::string> options = {})
      : record_(make_record()), process_(command(options)) {
    port_ = std::stoi(process_.read_line().substr(5));
  }
  ~RecordingSmsc() {
    std::filesystem::remove(record_);
    std::filesystem::remove(receipt_record());
  }

  std::string url(const std::string& query = "", const std::string& scheme = "smpp") const {
    return scheme + "://vestnik:secret@127.0.0.1:" + std::to_string(port_) + query;
  }
  std::vector<json::object> record() const { return lines_of(record_); }
  // What deliver_sm were answered with.
  std::vector<json::object> receipt_answers() const {
    std::vector<json::object> lines = lines_of(receipt_record());
    std::erase_if(lines, [](const json::object& line) { return line.at("status").is_null(); });
    return lines;
  }

 private:
  static std::vector<json::object> lines_of(const std::string& path) {
    std::vector<json::object> lines;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line) && !file.eof();)
      lines.push_back(json::parse(line).as_object());
    return lines;
  }
  std::string receipt_record() const { return record_ + ".receipts"; }
  static std::string make_record() {
    std::string path = std::filesystem::temp_directory_path() / "vestnik-smsc-XXXXXX";
    const int fd = mkstemp(path.data());
    EXPECT_GE(fd, 0);
    close(fd);
    return path;
  }
  std::vector<std::string> command(const std::vector<std::string>& options) const {
    std::vector<std::string> all{"tests/peers/smsc", "--record", record_, "--receipt-record",
                                 receipt_record()};
    all.insert(all.end(), options.begin(), options.end());
    return all;
  }

  std::string record_;
  PeerProcess process_;
  int port_ = 0;
};

class WithPeers : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!peers_installed()) GTEST_SKIP() << "run third_party/smsc/install to have the SMPP peers";
  }
};

}  // namespace vestnik::sms
