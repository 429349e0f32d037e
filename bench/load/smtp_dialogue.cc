#include "bench/load/smtp_dialogue.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "bench/load/ascii.h"

namespace vestnik::bench {
namespace {

// RFC 5321 section 4.5.3.1.4 asks for 512 octets; extensions add to it, and nobody sends so much.
constexpr std::size_t command_bytes_max = 8192;
constexpr std::string_view end_of_data = "\r\n.\r\n";
constexpr std::string_view greeting = "220 bench-smtp-sink ESMTP\r\n";
constexpr std::string_view capabilities =
    "250-bench-smtp-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-SIZE 104857600\r\n"
    "250-ENHANCEDSTATUSCODES\r\n250 CHUNKING\r\n";

bool is_verb(std::string_view line, std::string_view verb) {
  return equal_without_case(line.substr(0, verb.size()), verb) &&
         (line.size() == verb.size() || line[verb.size()] == ' ');
}

// "RCPT TO:<anna@example.org> NOTIFY=NEVER" → "anna@example.org"
std::string_view path_of(std::string_view line) {
  const std::size_t begin = line.find('<');
  const std::size_t end = line.find('>', begin == line.npos ? 0 : begin);
  if (begin == line.npos || end == line.npos) return {};
  return line.substr(begin + 1, end - begin - 1);
}

std::size_t find(std::string_view text, std::string_view what, std::size_t from) {
  // memmem is vectorised; std::string_view::find goes from one first octet to the next.
  const void* found = ::memmem(text.data() + from, text.size() - from, what.data(), what.size());
  return found ? static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) : text.npos;
}

}  // namespace

Dialogue::Next SmtpDialogue::on_bytes(std::string_view bytes, std::uint64_t now_ns, std::string& answers) {
  now_ns_ = now_ns;
  input_ += bytes;
  next_ = Next::more;
  while (step(answers)) {
  }
  input_.erase(0, position_);
  position_ = 0;
  return next_;
}

bool SmtpDialogue::step(std::string& answers) {
  switch (state_) {
    case State::greeting:
      answers += greeting;
      state_ = State::commands;
      return true;
    case State::commands: return read_command(answers);
    case State::data: return read_data();
    case State::chunk: return read_chunk(answers);
    case State::answer:
      answers += "250 2.0.0 Ok: taken\r\n";
      state_ = State::commands;
      return true;
  }
  return false;
}

bool SmtpDialogue::read_command(std::string& answers) {
  const std::size_t end = find(input_, "\r\n", position_);
  if (end == input_.npos) {
    if (input_.size() - position_ > command_bytes_max) next_ = Next::close;
    return false;
  }
  const std::string_view line = std::string_view(input_).substr(position_, end - position_);
  position_ = end + 2;
  if (is_verb(line, "MAIL")) {
    forget_transaction();
    has_sender_ = true;
    answers += "250 2.1.0 Ok\r\n";
  } else if (is_verb(line, "RCPT")) {
    if (!has_sender_) return answers += "503 5.5.1 MAIL first\r\n", true;
    recipients_.emplace_back(path_of(line));
    answers += "250 2.1.5 Ok\r\n";
  } else if (is_verb(line, "DATA")) {
    if (recipients_.empty()) return answers += "503 5.5.1 RCPT first\r\n", true;
    answers += "354 Go on\r\n";
    state_ = State::data;
    // The line's end may be the first half of the end of the data, where the message is empty.
    position_ -= 2;
  } else if (is_verb(line, "BDAT")) {
    begin_chunk(line.substr(4), answers);
  } else if (is_verb(line, "EHLO")) {
    forget_transaction();
    answers += capabilities;
  } else if (is_verb(line, "HELO")) {
    forget_transaction();
    answers += "250 bench-smtp-sink\r\n";
  } else if (is_verb(line, "RSET")) {
    forget_transaction();
    answers += "250 2.0.0 Ok\r\n";
  } else if (is_verb(line, "NOOP")) {
    answers += "250 2.0.0 Ok\r\n";
  } else if (is_verb(line, "QUIT")) {
    answers += "221 2.0.0 Bye\r\n";
    next_ = Next::close;
    return false;
  } else {
    answers += "500 5.5.2 Unknown command\r\n";
  }
  return true;
}

bool SmtpDialogue::read_data() {
  const std::size_t end = find(input_, end_of_data, position_);
  if (end == input_.npos) {
    // Its end may have begun already.
    const std::size_t kept = std::min(input_.size() - position_, end_of_data.size() - 1);
    message_bytes_ += input_.size() - kept - position_;
    position_ = input_.size() - kept;
    return false;
  }
  message_bytes_ += end - position_;  // without the last CRLF, but with the one of the DATA line
  position_ = end + end_of_data.size();
  end_message();
  return !pauses_;
}

void SmtpDialogue::begin_chunk(std::string_view arguments, std::string& answers) {
  arguments.remove_prefix(std::min(arguments.find_first_not_of(' '), arguments.size()));
  const auto [rest, error] =
      std::from_chars(arguments.data(), arguments.data() + arguments.size(), chunk_missing_);
  const std::string_view mark = arguments.substr(static_cast<std::size_t>(rest - arguments.data()));
  if (error != std::errc() || (!mark.empty() && mark.front() != ' ')) {
    // Where the chunk ends is unknown (RFC 3030 section 2): nothing that follows would make sense.
    answers += "501 5.5.4 BDAT needs a number of octets\r\n";
    next_ = Next::close;
    chunk_missing_ = 0;
  }
  chunk_is_last_ = equal_without_case(mark, " LAST");
  state_ = State::chunk;
}

bool SmtpDialogue::read_chunk(std::string& answers) {
  if (next_ == Next::close) return false;
  const std::uint64_t taken = std::min<std::uint64_t>(input_.size() - position_, chunk_missing_);
  position_ += taken;
  message_bytes_ += taken;
  chunk_missing_ -= taken;
  if (chunk_missing_ > 0) return false;
  state_ = State::commands;
  if (recipients_.empty()) {
    answers += "503 5.5.1 RCPT first\r\n";
  } else if (chunk_is_last_) {
    end_message();
    return !pauses_;
  } else {
    answers += "250 2.0.0 Ok: octets taken\r\n";
  }
  return true;
}

void SmtpDialogue::end_message() {
  tally_.count(now_ns_, 1, message_bytes_);
  for (const std::string& recipient : recipients_) tally_.record(recipient, now_ns_);
  forget_transaction();
  state_ = State::answer;
  if (pauses_) next_ = Next::pause;
}

void SmtpDialogue::forget_transaction() {
  has_sender_ = false;
  recipients_.clear();
  message_bytes_ = 0;
}

}  // namespace vestnik::bench
