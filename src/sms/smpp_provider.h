// SMS over SMPP: a notification becomes parts, the parts go over the bind with the most room, their answers
// become one outcome.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "delivery/provider.h"
#include "net/event_loop.h"
#include "sms/attempt_parts.h"
#include "sms/smpp/url.h"
#include "sms/smpp_link.h"
#include "sms/text/segment.h"

namespace vestnik::sms {

struct SmppProviderOptions {
  std::string name = "smpp";  // of its log lines too
  smpp::SmppUrl url;
  smpp::Address source;  // sender_address()
  std::size_t parts_max = text::parts_max_default;
  // What the URL doesn't say. bind, window, enquire_link_idle and response_limit come from the URL.
  smpp::SessionOptions session;
  delivery::Backoff reconnect{std::chrono::milliseconds(500), std::chrono::milliseconds(30'000)};
  std::size_t receipts_max = LinkOptions{}.receipts_max;  // of each bind
};

class SmppProvider final : public delivery::Provider, private SmppLink::Owner {
 public:
  // Connects once on_capacity and on_receipt are both set. `random` spreads the reconnects; both must outlive
  // this. Throws if TLS is wanted and the trust store can't be read.
  SmppProvider(net::EventLoop& loop, SmppProviderOptions options, Random& random = system_random());
  // On the loop's thread, or once the loop no longer runs. Open attempts get no outcome.
  ~SmppProvider() override;

  std::string_view name() const override { return options_.name; }

  // The free window over the bound binds. An attempt takes a place for each of its parts, so it may shrink by
  // more than one; parts beyond the window (at most parts_max - 1 for the last attempt taken) wait in their
  // bind's queue.
  std::size_t capacity() const override;
  void send(delivery::Attempt attempt, delivery::AttemptDone done) override;
  void on_capacity(std::move_only_function<void()> call) override;
  void on_receipt(std::move_only_function<void(Receipt, Task)> call) override;

  // Once no attempt is open each bind is unbound; at `limit` what is left is cut.
  void stop(std::chrono::milliseconds limit, Task stopped) override;
  Health health() const override;

 private:
  struct Open {
    AttemptParts parts;
    delivery::AttemptDone done;
  };

  void link_answered(smpp::SubmitToken token, Outcome outcome) override;
  void link_receipt(smpp::DeliveryReceipt receipt, Task recorded) override;
  void link_changed() override;
  void link_stopped() override;

  void start_when_wired();
  SmppLink* freest_link() const;
  void finish(std::uint64_t attempt);
  void finish_later(delivery::AttemptDone done, Outcome outcome);
  smpp::ShortMessage message_of(const text::Part& part, const smpp::Address& destination) const;

  net::EventLoop& loop_;
  SmppProviderOptions options_;
  std::vector<std::shared_ptr<SmppLink>> links_;
  std::unordered_map<std::uint64_t, Open> open_;
  std::uint64_t next_attempt_ = 1;
  std::move_only_function<void()> on_capacity_;
  std::move_only_function<void(Receipt, Task)> on_receipt_;
  mutable bool seen_empty_ = true;  // capacity() said 0 since on_capacity_ was last called
  bool started_ = false;
  bool stopping_ = false;
  std::size_t links_running_ = 0;
  std::unique_ptr<Timer> stop_timer_;
  Task stopped_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for what is posted
};

}  // namespace vestnik::sms
