// One message: from Begin to its outcome.
#include <algorithm>
#include <cassert>

#include "email/smtp/session.h"

namespace vestnik::email::smtp {
namespace {

constexpr std::size_t block_octets = 64 * 1024;

std::string answer_of(const Reply& reply, Command command, std::chrono::milliseconds took) {
  const std::string where =
      " (" + std::string(to_string(command)) + ", " + std::to_string(took.count()) + " ms)";
  return reply.text(answer_bytes_max - where.size()) + where;
}

// The server asks for less traffic rather than refusing the message: RFC 3463 X.3.2 and X.4.5.
bool asks_to_slow_down(const Reply& reply) {
  return reply.status == EnhancedStatus{4, 3, 2} || reply.status == EnhancedStatus{4, 4, 5};
}

// RFC 4954 section 6: the session lacks (stronger) authentication. Our configuration is at fault, not the
// message.
bool wants_authentication(const Reply& reply) {
  return reply.code == 530 || reply.code == 534 || reply.code == 535 || reply.code == 538;
}

}  // namespace

Action Session::begin(const Begin& message) {
  assert(phase_ == Phase::ready);
  const auto refuse = [&](const std::string& reason) { return ready(Permanent{"not sent: " + reason}); };
  const auto recipient = parse_envelope_address(message.recipient);
  if (!recipient) return refuse(recipient.error().message);
  Result<EnvelopeAddress, Failure<AddressError>> sender;
  if (!message.sender.empty()) sender = parse_envelope_address(message.sender);
  if (!sender) return refuse("the sender: " + sender.error().message);

  transaction_ = {.data = encode_message(message.message)};
  const bool utf8 = recipient->needs_smtputf8() || sender->needs_smtputf8();
  if (utf8 && !capabilities_.smtputf8)
    return refuse("the address needs SMTPUTF8, which the server does not offer");
  if (transaction_.data.eight_bit && !capabilities_.eight_bit_mime)
    return refuse("the message needs 8BITMIME, which the server does not offer");
  if (capabilities_.size_max && transaction_.data.octets > *capabilities_.size_max)
    return refuse("the message has " + std::to_string(transaction_.data.octets) +
                  " octets, the server takes " + std::to_string(*capabilities_.size_max));

  std::string& mail = transaction_.mail_line;
  mail = message.sender.empty() ? "MAIL FROM:<>" : "MAIL FROM:<" + sender->wire() + ">";
  if (capabilities_.size) mail += " SIZE=" + std::to_string(transaction_.data.octets);
  if (transaction_.data.eight_bit) mail += " BODY=8BITMIME";
  if (utf8) mail += " SMTPUTF8";
  mail += "\r\n";
  transaction_.rcpt_line = "RCPT TO:<" + recipient->wire() + ">\r\n";
  if (reset_needed_) transaction_.unsent.push_back(Command::rset);
  transaction_.unsent.insert(transaction_.unsent.end(), {Command::mail, Command::rcpt, Command::data});
  phase_ = Phase::transaction;
  return next_command();
}

Action Session::next_command() {
  const auto line_of = [&](Command command) -> std::string {
    if (command == Command::rset) return "RSET\r\n";
    if (command == Command::mail) return transaction_.mail_line;
    if (command == Command::rcpt) return transaction_.rcpt_line;
    return "DATA\r\n";
  };
  std::deque<Command>& unsent = transaction_.unsent;
  std::string lines = line_of(unsent.front());
  std::deque<Command> sent{unsent.front()};
  unsent.pop_front();
  // RFC 2920 section 3.1: DATA may end a group.
  while (capabilities_.pipelining && !unsent.empty()) {
    lines += line_of(unsent.front());
    sent.push_back(unsent.front());
    unsent.pop_front();
  }
  out_ = std::move(lines);
  awaiting_ = std::move(sent);
  since_ = now_;
  return write(out_, limit_of(awaiting_.front()));
}

// The first negative answer is the transaction's; the ones after it only follow from it.
void Session::judge(Command command, const Reply& reply) {
  if (transaction_.verdict) return;
  const std::string answer = answer_of(reply, command, took());
  if (reply.permanent() && !wants_authentication(reply))
    transaction_.verdict = Permanent{answer};
  else
    transaction_.verdict = Transient{.answer = answer, .throttled = asks_to_slow_down(reply)};
}

Action Session::after_transaction_reply(Command command, const Reply& reply) {
  if (!reply.positive() && !reply.transient() && !reply.permanent())
    return close(FailureKind::protocol,
                 "the server sent " + reply.code_text() + ", which is no answer to this command");
  if (command == Command::rset && !reply.positive())
    return close(FailureKind::protocol, "RSET was refused with " + reply.code_text());
  if (command == Command::rset)
    reset_needed_ = false;
  else
    transaction_.answered = true;
  if (command == Command::mail && reply.positive()) reset_needed_ = true;
  if (command == Command::rcpt) transaction_.rcpt_accepted = reply.positive();
  if (!reply.positive()) judge(command, reply);
  if (wants_authentication(reply))
    return close(FailureKind::authentication,
                 "the server wants a user, and said so with " + reply.code_text());
  if (awaiting_.size() > 1) {
    awaiting_.pop_front();
    return read_on();
  }
  if (transaction_.verdict) return ready(transaction_.verdict);
  return next_command();
}

Action Session::after_data_reply(const Reply& reply) {
  transaction_.answered = true;
  if (reply.transient() || reply.permanent()) {
    judge(Command::data, reply);
    return ready(transaction_.verdict);
  }
  if (reply.code != 354) return close(FailureKind::protocol, "DATA was answered with " + reply.code_text());
  awaiting_ = {Command::message};
  since_ = now_;
  if (!transaction_.verdict) return write_block();
  // RFC 2920 section 3.1: a pipelined DATA may be answered with 354 though no recipient was accepted; the dot
  // ends it. With a recipient accepted the dot would deliver an empty message.
  if (transaction_.rcpt_accepted)
    return close(FailureKind::protocol, "DATA was answered with 354 though MAIL FROM was refused");
  transaction_.abandoned = true;
  out_ = ".\r\n";
  return write(out_, config_.limits.block);
}

Action Session::write_block() {
  return write(std::string_view(transaction_.data.wire).substr(transaction_.written, block_octets),
               config_.limits.block);
}

Action Session::after_message_reply(const Reply& reply) {
  if (!reply.positive() && !reply.transient() && !reply.permanent())
    return close(FailureKind::protocol, "the message was answered with " + reply.code_text());
  // Accepted or not, the server has forgotten the transaction (RFC 5321 section 4.1.1.4).
  reset_needed_ = false;
  if (transaction_.abandoned) return ready(transaction_.verdict);
  if (reply.positive()) return ready(Sent{.answer = reply.text()});
  judge(Command::message, reply);
  return ready(transaction_.verdict);
}

Action Session::ready(std::optional<Outcome> outcome) {
  phase_ = Phase::ready;
  awaiting_.clear();
  transaction_ = {};
  return Ready{std::move(outcome)};
}

std::optional<Outcome> Session::outcome_of_failure(const std::string& text) const {
  if (transaction_.verdict) return transaction_.verdict;
  if (transaction_.handed_over) return InDoubt{text};
  return Transient{.answer = text};
}

}  // namespace vestnik::email::smtp
