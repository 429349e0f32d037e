#include "sms/smpp/session.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "sms/smpp/status.h"

namespace vestnik::sms::smpp {
namespace {

constexpr std::uint32_t sequence_max = 0x7FFF'FFFF;  // section 3.2

// Answers to the peer's own requests wait here while it doesn't read. A peer that asks on regardless is cut
// off.
constexpr std::size_t output_bytes_max = 1 << 20;

// ESME_RINVBNDSTS: a request that fits no bound link.
constexpr std::uint32_t status_not_bound = 0x04;

}  // namespace

Session::Session(SessionOptions options, SteadyTime now)
    : options_(std::move(options)),
      window_(options_.window, options_.response_limit, options_.queue_limit),
      last_sequence_(options_.first_sequence - 1),
      heard_at_(now),
      state_until_(now + options_.bind_limit) {
  bind_sequence_ = next_sequence();
  send(bind_sequence_, options_.bind);
}

std::uint32_t Session::next_sequence() {
  do {
    last_sequence_ = last_sequence_ >= sequence_max ? 1 : last_sequence_ + 1;
  } while (window_.is_open(last_sequence_));
  return last_sequence_;
}

void Session::send(std::uint32_t sequence, Body body, std::uint32_t status) {
  encode(Pdu{status, sequence, std::move(body)}, output_);
}

void Session::tell(std::vector<Answered> answers) { std::ranges::move(answers, std::back_inserter(events_)); }

void Session::close(CloseReason reason, std::string detail) {
  if (state_ == State::closed) return;
  state_ = State::closed;
  events_.push_back(Closed{reason, std::move(detail)});
}

void Session::feed(std::string_view bytes, SteadyTime now) {
  if (state_ == State::closed) return;
  decoder_.feed(bytes);
  while (state_ != State::closed) {
    const auto next = decoder_.next();
    if (!next) break;
    heard_at_ = now;
    enquired_until_ = SteadyTime::max();
    if (*next)
      handle(**next, now);
    else
      handle_refused(next->error());
  }
  if (output_.size() > output_bytes_max)
    close(CloseReason::protocol_error, "the peer sends requests and doesn't read the answers");
  finish_if_drained();
}

void Session::handle(const Pdu& pdu, SteadyTime now) {
  std::visit(Overloaded{
                 [&](const BindTransceiverResp&) { handle_bind_resp(pdu, now); },
                 [&](const SubmitSmResp& resp) { handle_submit_resp(pdu, resp, now); },
                 [&](const DeliverSm& deliver) { handle_deliver(pdu, deliver); },
                 [&](const EnquireLink&) { send(pdu.sequence, EnquireLinkResp{}); },
                 [&](const Unbind&) { handle_peer_unbind(pdu, now); },
                 [&](const UnbindResp&) {
                   if (state_ == State::unbinding) close(CloseReason::unbound, "");
                 },
                 [&](const GenericNack&) { handle_nack(pdu, now); },
                 // What heard_at_ has already taken note of, or what answers nothing of ours.
                 [](const EnquireLinkResp&) {},
                 [](const DeliverSmResp&) {},
                 // Requests that an SMSC never sends.
                 [&](const BindTransceiver&) { send(pdu.sequence, GenericNack{}, status_invalid_command); },
                 [&](const SubmitSm&) { send(pdu.sequence, GenericNack{}, status_invalid_command); },
                 [&](const Other& other) {
                   constexpr std::uint32_t outbind = 0x0B;              // has no response (section 4.1.7)
                   constexpr std::uint32_t alert_notification = 0x102;  // neither (section 4.12)
                   const bool silent = (other.command_id & response_bit) != 0 ||
                                       other.command_id == outbind || other.command_id == alert_notification;
                   if (!silent) send(pdu.sequence, GenericNack{}, status_invalid_command);
                 },
             },
             pdu.body);
}

void Session::handle_refused(const DecodeError& error) {
  send(error.sequence, GenericNack{}, status_invalid_length);
  if (error.kind == DecodeErrorKind::length) close(CloseReason::protocol_error, error.reason);
}

void Session::handle_bind_resp(const Pdu& pdu, SteadyTime now) {
  if (state_ != State::binding || pdu.sequence != bind_sequence_) return;
  if (pdu.status != status_ok) return close(CloseReason::bind_refused, describe_status(pdu.status));
  state_ = State::bound;
  heard_at_ = now;
  events_.push_back(Bound{});
}

void Session::refuse_submit(SubmitToken token, std::uint32_t status, SteadyTime now) {
  switch (verdict(status)) {
    case Verdict::throttled:
      pacer_.throttled(now);
      events_.push_back(Answered{token, Transient{.answer = describe_status(status), .throttled = true}});
      return;
    case Verdict::permanent: events_.push_back(Answered{token, Permanent{describe_status(status)}}); return;
    case Verdict::taken:  // a generic_nack that says ESME_ROK refuses all the same
    case Verdict::transient:
      events_.push_back(Answered{token, Transient{.answer = describe_status(status)}});
      return;
  }
}

void Session::handle_submit_resp(const Pdu& pdu, const SubmitSmResp& resp, SteadyTime now) {
  // An answer to nothing open comes late, after its submit was given up as in doubt.
  const auto token = window_.answered(pdu.sequence);
  if (!token) return;
  if (verdict(pdu.status) != Verdict::taken) return refuse_submit(*token, pdu.status, now);
  pacer_.accepted(now);
  events_.push_back(Answered{*token, Sent{describe_status(pdu.status), {resp.message_id}}});
}

void Session::handle_nack(const Pdu& pdu, SteadyTime now) {
  if (state_ == State::binding && pdu.sequence == bind_sequence_)
    return close(CloseReason::bind_refused, describe_status(pdu.status));
  if (state_ == State::unbinding && pdu.sequence == unbind_sequence_) return close(CloseReason::unbound, "");
  if (const auto token = window_.answered(pdu.sequence)) refuse_submit(*token, pdu.status, now);
}

void Session::handle_deliver(const Pdu& pdu, const DeliverSm& deliver) {
  if (state_ == State::binding) return send(pdu.sequence, DeliverSmResp{}, status_not_bound);
  auto receipt = read_receipt(deliver.message);
  if (!receipt || receipt->state == DeliveryState::intermediate) return send(pdu.sequence, DeliverSmResp{});
  const ReceiptToken token = next_receipt_++;
  unrecorded_.emplace(token, pdu.sequence);
  events_.push_back(ReceiptCame{std::move(*receipt), token});
}

void Session::receipt_recorded(ReceiptToken token) { answer_receipt(token, status_ok); }

void Session::receipt_refused(ReceiptToken token) {
  answer_receipt(token, status_temporary_application_error);
}

void Session::answer_receipt(ReceiptToken token, std::uint32_t status) {
  const auto waiting = unrecorded_.find(token);
  if (waiting == unrecorded_.end() || state_ == State::closed) return;
  send(waiting->second, DeliverSmResp{}, status);
  unrecorded_.erase(waiting);
  finish_if_drained();
}

void Session::handle_peer_unbind(const Pdu& pdu, SteadyTime now) {
  send(pdu.sequence, UnbindResp{});
  if (state_ == State::unbinding || state_ == State::peer_unbinding) return;
  tell(window_.drop_queue("the peer has unbound"));
  state_ = State::peer_unbinding;
  state_until_ = now + options_.unbind_limit;
}

// After its unbind a peer may still answer what it has, and hear of what it told; then nothing is left to
// wait for.
void Session::finish_if_drained() {
  if (state_ == State::peer_unbinding && window_.unanswered() == 0 && unrecorded_.empty())
    close(CloseReason::peer_unbound, "");
}

void Session::tick(SteadyTime now) {
  if (state_ == State::closed) return;
  tell(window_.expire(now));
  if (state_ == State::binding && now >= state_until_)
    return close(CloseReason::bind_unanswered, "no bind_transceiver_resp in time");
  if (state_ == State::unbinding && now >= state_until_)
    return close(CloseReason::unbound, "no unbind_resp in time");
  if (state_ == State::peer_unbinding && now >= state_until_) return close(CloseReason::peer_unbound, "");
  finish_if_drained();
  if (state_ != State::bound) return;
  if (now >= enquired_until_)
    return close(CloseReason::enquire_link_unanswered, "no enquire_link_resp in time");
  if (enquired_until_ == SteadyTime::max() && now - heard_at_ >= options_.enquire_link_idle) {
    send(next_sequence(), EnquireLink{});
    enquired_until_ = now + options_.enquire_link_limit;
  }
}

void Session::wrote(std::uint64_t bytes, SteadyTime now) { window_.transport_took(bytes, now); }

std::size_t Session::free(SteadyTime now) {
  if (state_ != State::bound) return 0;
  const std::size_t allowed = pacer_.allowance(now);
  return std::min(window_.free(), allowed - std::min(allowed, window_.queued()));
}

void Session::submit(SubmitToken token, ShortMessage message, SteadyTime now) {
  window_.push(token, std::move(message), now);
  if (state_ != State::bound) tell(window_.drop_queue("not bound", true));
}

void Session::unbind(SteadyTime now) {
  if (state_ == State::binding) return close(CloseReason::unbound, "before the bind was answered");
  if (state_ != State::bound) return;
  tell(window_.drop_queue("stopping"));
  state_ = State::unbinding;
  state_until_ = now + options_.unbind_limit;
  unbind_sequence_ = next_sequence();
  send(unbind_sequence_, Unbind{});
}

void Session::end(std::uint64_t bytes) {
  state_ = State::closed;
  tell(window_.lost(bytes, "the link was lost before the answer"));
}

std::string Session::take_output(SteadyTime now) {
  while (state_ == State::bound && window_.can_pop() && pacer_.allowance(now) > 0) {
    const std::uint32_t sequence = next_sequence();
    send(sequence, SubmitSm{window_.pop(sequence)});
    window_.written_as(sequence, output_bytes_taken_ + output_.size());
    pacer_.spend(now);
  }
  output_bytes_taken_ += output_.size();
  return std::exchange(output_, {});
}

std::vector<Event> Session::take_events() { return std::exchange(events_, {}); }

SteadyTime Session::next_deadline(SteadyTime now) {
  if (state_ == State::closed) return SteadyTime::max();
  SteadyTime at = window_.next_deadline();
  if (state_ != State::bound) return std::min(at, state_until_);
  const bool enquired = enquired_until_ != SteadyTime::max();
  at = std::min(at, enquired ? enquired_until_ : heard_at_ + options_.enquire_link_idle);
  // The pace lets something out again: free() grows, or what waits can go.
  if (pacer_.allowance(now) == 0) at = std::min(at, pacer_.next_allowance(now));
  return at;
}

}  // namespace vestnik::sms::smpp
