// One SMPP 3.4 link as seen by a transceiver, without socket and clock: bytes and time in, bytes and events
// out.
//
//   1. The transport is connected: construct. bind_transceiver is in the output.
//   2. take_output() and write it; wrote() once the transport has taken it. A submit is with the peer, as far
//   as anyone can
//      know, from then on.
//   3. feed() what was read; tick() at next_deadline().
//   4. take_events() and take_output() after each call. `Bound` first, then answers and receipts, at last
//   `Closed`.
//   5. Each receipt's deliver_sm is answered once receipt_recorded() or receipt_refused() is called.
//   6. The transport is gone, or `Closed` came (then write what output is left and close): end(), whose
//   events are the
//      outcomes of all submits that have none. The session is of no more use.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "sms/smpp/pacer.h"
#include "sms/smpp/pdu.h"
#include "sms/smpp/receipt.h"
#include "sms/smpp/submit_window.h"

namespace vestnik::sms::smpp {

struct SessionOptions {
  BindTransceiver bind;
  std::size_t window = 100;  // submits unanswered at a time
  std::chrono::milliseconds bind_limit{10'000};
  std::chrono::milliseconds response_limit{30'000};      // then the submit is in doubt
  std::chrono::milliseconds queue_limit{30'000};         // a submit waits so long for the window and the pace
  std::chrono::milliseconds enquire_link_idle{30'000};   // nothing heard for so long: enquire_link
  std::chrono::milliseconds enquire_link_limit{10'000};  // nothing heard after it: the link is dead
  std::chrono::milliseconds unbind_limit{5'000};
  std::uint32_t first_sequence = 1;  // 1 to 0x7FFFFFFF (section 3.2)
};

// A receipt of one session.
using ReceiptToken = std::uint64_t;

enum class CloseReason {
  bind_refused,
  bind_unanswered,
  protocol_error,  // the peer's bytes are no SMPP, or it doesn't read what it asks for
  enquire_link_unanswered,
  unbound,  // unbind() was called
  peer_unbound,
};

struct Bound {};
// Its deliver_sm is answered by receipt_recorded(token) or receipt_refused(token).
struct ReceiptCame {
  DeliveryReceipt receipt;  // intermediate ones are not told
  ReceiptToken token = 0;
};
struct Closed {
  CloseReason reason = CloseReason::unbound;
  std::string detail;  // for people: status or cause
};
using Event = std::variant<Bound, Answered, ReceiptCame, Closed>;

class Session {
 public:
  Session(SessionOptions options, SteadyTime now);

  void feed(std::string_view bytes, SteadyTime now);
  void tick(SteadyTime now);
  // The transport has taken `bytes` of the output in all.
  void wrote(std::uint64_t bytes, SteadyTime now);

  // Submits that may be given now. It is 0 while not bound, while the window is full and while the pacer
  // holds.
  std::size_t free(SteadyTime now);
  // Ends in one Answered. More than free() wait for their turn (the parts of one notification do).
  void submit(SubmitToken token, ShortMessage message, SteadyTime now);

  // The receipt is where it can't be lost: the peer may forget it. On a link that is over by then this does
  // nothing, and the peer sends the receipt again on the next one.
  void receipt_recorded(ReceiptToken token);
  // There is no room for it now. The caller bounds in this way how many receipts it has open.
  void receipt_refused(ReceiptToken token);

  // Orderly end: what waits is Transient, unanswered submits have until the peer's unbind_resp.
  void unbind(SteadyTime now);
  // `bytes` of the output may have reached the peer: submits wholly in them are InDoubt, the rest Transient.
  void end(std::uint64_t bytes);

  // All that is to be written now, as many submits in it as window and pace allow.
  std::string take_output(SteadyTime now);
  std::vector<Event> take_events();
  SteadyTime next_deadline(SteadyTime now);

  bool bound() const { return state_ == State::bound; }
  std::size_t unanswered() const { return window_.unanswered(); }
  bool throttled() const { return pacer_.limited(); }

 private:
  enum class State { binding, bound, unbinding, peer_unbinding, closed };

  void handle(const Pdu& pdu, SteadyTime now);
  void handle_refused(const DecodeError& error);
  void handle_bind_resp(const Pdu& pdu, SteadyTime now);
  void handle_submit_resp(const Pdu& pdu, const SubmitSmResp& resp, SteadyTime now);
  void handle_deliver(const Pdu& pdu, const DeliverSm& deliver);
  void answer_receipt(ReceiptToken token, std::uint32_t status);
  void handle_nack(const Pdu& pdu, SteadyTime now);
  void handle_peer_unbind(const Pdu& pdu, SteadyTime now);
  void refuse_submit(SubmitToken token, std::uint32_t status, SteadyTime now);
  void finish_if_drained();
  void close(CloseReason reason, std::string detail);

  std::uint32_t next_sequence();
  void send(std::uint32_t sequence, Body body, std::uint32_t status = 0);
  void tell(std::vector<Answered> answers);

  SessionOptions options_;
  State state_ = State::binding;
  Decoder decoder_;
  SubmitWindow window_;
  Pacer pacer_;
  std::string output_;
  std::uint64_t output_bytes_taken_ = 0;  // before output_'s first byte
  std::vector<Event> events_;
  std::uint32_t last_sequence_;
  std::unordered_map<ReceiptToken, std::uint32_t> unrecorded_;  // the sequence of each one's deliver_sm
  ReceiptToken next_receipt_ = 1;
  std::uint32_t bind_sequence_ = 0;
  std::uint32_t unbind_sequence_ = 0;
  SteadyTime heard_at_;                            // the last PDU
  SteadyTime enquired_until_ = SteadyTime::max();  // an enquire_link is out; the link is dead then
  SteadyTime state_until_;                         // binding, unbinding, peer_unbinding: no longer than this
};

}  // namespace vestnik::sms::smpp
