// A simulated SMSC: binds, submits, receipts that come early, late, twice or for nobody; and it misbehaves.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "simulation/peer.h"
#include "simulation/wire.h"
#include "sms/smpp/pdu.h"

namespace vestnik::simulation {

class SmppServer {
 public:
  SmppServer(World& world, std::string name, PeerMoods moods)
      : world_(world), name_(std::move(name)), moods_(moods) {}

  const std::string& name() const { return name_; }
  PeerMoods& moods() { return moods_; }
  void watch(PeerWatcher& watcher) { watcher_ = &watcher; }
  void go_away(Duration how_long);
  bool is_away() const { return world_.elapsed() < away_until_; }
  // Every link is lost, with whatever window of submits is open on it.
  void drop_links();

  bool accept(const WirePtr& wire);
  // Every receipt that it means to send has been acknowledged.
  bool has_told_everything() const { return receipts_.empty(); }

 private:
  struct Link {
    WirePtr wire;
    sms::smpp::Decoder decoder;
    bool bound = false;
    bool deaf = false;
    Duration busy_until{0};
    std::map<std::uint32_t, std::string> delivering;  // sequence → message id
    std::uint32_t next_sequence = 1;
  };
  using LinkPtr = std::shared_ptr<Link>;
  struct Receipt {
    std::string text;
  };

  void on_bytes(const LinkPtr& link, std::string_view bytes);
  void on_pdu(const LinkPtr& link, const sms::smpp::Pdu& pdu);
  void on_submit(const LinkPtr& link, const sms::smpp::Pdu& pdu);
  void send(const LinkPtr& link, const sms::smpp::Pdu& pdu, std::function<void()> arrived = {});
  void close(const LinkPtr& link);
  void want_receipt(const std::string& message_id, bool failed, Duration when);
  void tell_receipt(const std::string& message_id);

  World& world_;
  std::string name_;
  PeerMoods moods_;
  PeerWatcher* watcher_ = nullptr;
  std::vector<LinkPtr> links_;
  std::map<std::string, Receipt> receipts_;  // not yet acknowledged, by message id
  std::uint64_t next_id_ = 1;
  Duration away_until_{0};
};

}  // namespace vestnik::simulation
