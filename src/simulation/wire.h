// A byte stream between a process and a peer: in order, late, in pieces, cut off at any byte.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "simulation/process.h"

namespace vestnik::simulation {

class Wire : public std::enable_shared_from_this<Wire> {
 public:
  Wire(World& world, ProcessPtr client, Duration delay_max)
      : world_(world), client_(std::move(client)), delay_max_(delay_max) {}

  // Set by each end when it has the wire; unset when it has it no more.
  struct End {
    std::function<void(std::string_view)> bytes;
    std::function<void()> closed;
  };
  End to_server;
  End to_client;  // called on the process

  void send_to_server(std::string bytes);
  // `arrived`, if set, is called just before the last of these bytes are handed to the client.
  void send_to_client(std::string bytes, std::function<void()> arrived = {});
  void close_from_server();
  // The client is done with it, or is no more; what is on its way may be cut off anywhere.
  void close_from_client();
  // The network loses it: each end finds out, what is on its way may be cut off anywhere.
  void cut();
  bool is_open() const { return open_; }

 private:
  Duration arrival(Duration& last);
  void piece_to_server(std::string bytes);

  World& world_;
  ProcessPtr client_;
  Duration delay_max_;
  Duration last_to_server_{0}, last_to_client_{0};
  Duration cut_at_ = Duration::max();  // what arrives later does not
  bool open_ = true;
};
using WirePtr = std::shared_ptr<Wire>;

}  // namespace vestnik::simulation
