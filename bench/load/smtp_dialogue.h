// An SMTP server (RFC 5321) that takes every message: PIPELINING, 8BITMIME, SMTPUTF8, SIZE and CHUNKING (RFC
// 3030).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/sink.h"

namespace vestnik::bench {

class SmtpDialogue : public Dialogue {
 public:
  // `pauses`: between the end of a message and its answer. A message is counted when its end has come, before
  // the answer; the record has a line for each of its recipients. Bytes are those of the message as sent
  // (dots doubled).
  SmtpDialogue(Tally& tally, bool pauses) : tally_(tally), pauses_(pauses) {}

  Next on_bytes(std::string_view bytes, std::uint64_t now_ns, std::string& answers) override;

 private:
  enum class State {
    greeting,  // ours is to be sent
    commands,
    data,    // until CRLF . CRLF
    chunk,   // chunk_missing_ octets of BDAT
    answer,  // the message is in, its answer is owed
  };

  // One step each. False: it needs more bytes, or next_ has changed.
  bool step(std::string& answers);
  bool read_command(std::string& answers);
  bool read_data();
  bool read_chunk(std::string& answers);
  void begin_chunk(std::string_view arguments, std::string& answers);
  void end_message();
  void forget_transaction();

  Tally& tally_;
  bool pauses_;
  State state_ = State::greeting;
  Next next_ = Next::more;
  std::uint64_t now_ns_ = 0;
  std::string input_;         // not taken in yet; bounded by one read and a command line
  std::size_t position_ = 0;  // what lies before it in input_ is done
  bool has_sender_ = false;
  std::vector<std::string> recipients_;
  std::uint64_t message_bytes_ = 0;
  std::uint64_t chunk_missing_ = 0;
  bool chunk_is_last_ = false;
};

}  // namespace vestnik::bench
