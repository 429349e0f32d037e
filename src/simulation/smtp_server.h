// A simulated SMTP server. It speaks just enough of RFC 5321 for the session under test, and misbehaves.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "simulation/peer.h"
#include "simulation/wire.h"

namespace vestnik::simulation {

class SmtpServer {
 public:
  SmtpServer(World& world, std::string name, PeerMoods moods)
      : world_(world), name_(std::move(name)), moods_(moods) {}

  const std::string& name() const { return name_; }
  PeerMoods& moods() { return moods_; }
  void watch(PeerWatcher& watcher) { watcher_ = &watcher; }
  // It is away: refuses, and drops what is open.
  void go_away(Duration how_long);
  bool is_away() const { return world_.elapsed() < away_until_; }

  // None: refused. The server's end of the wire is taken.
  bool accept(const WirePtr& wire);

 private:
  struct Connection {
    WirePtr wire;
    std::string input;
    std::string message;
    bool in_message = false;
    bool has_recipient = false;
    bool deaf = false;  // takes no notice any more
    Duration busy_until{0};
  };
  using ConnectionPtr = std::shared_ptr<Connection>;

  void on_bytes(const ConnectionPtr& connection, std::string_view bytes);
  void on_line(const ConnectionPtr& connection, const std::string& line);
  void on_command(const ConnectionPtr& connection, const std::string& line);
  void on_message(const ConnectionPtr& connection);
  void answer(const ConnectionPtr& connection, std::string text, std::function<void()> arrived = {});
  void close(const ConnectionPtr& connection);
  // A mood that ends the conversation, if one comes over it.
  bool misbehaves(const ConnectionPtr& connection);

  World& world_;
  std::string name_;
  PeerMoods moods_;
  PeerWatcher* watcher_ = nullptr;
  std::vector<ConnectionPtr> open_;
  std::uint64_t taken_ = 0;
  Duration away_until_{0};
};

}  // namespace vestnik::simulation
