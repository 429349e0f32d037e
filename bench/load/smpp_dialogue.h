// An SMS centre (SMPP 3.4) that takes every submit_sm. It has its own reading of the PDUs: it must not agree
// with Vestnik's codec about a mistake, and it reads in place what that makes values of.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bench/load/sink.h"

namespace vestnik::bench {

class SmppDialogue : public Dialogue {
 public:
  // `receipts`: a deliver_sm follows the answer to each submit_sm that registered for one, and says DELIVRD.
  // Bytes are those of the short messages, with their user data headers. The record names destinations as
  // sent.
  SmppDialogue(Tally& tally, bool receipts) : tally_(tally), receipts_(receipts) {}

  Next on_bytes(std::string_view bytes, std::uint64_t now_ns, std::string& answers) override;

 private:
  struct Header {
    std::uint32_t command, status, sequence;
  };
  Next on_pdu(const Header& header, std::string_view body, std::string& answers);
  void on_submit(const Header& header, std::string_view body, std::string& answers);

  Tally& tally_;
  bool receipts_;
  bool is_bound_ = false;
  std::uint64_t now_ns_ = 0;
  std::uint32_t next_sequence_ = 1;
  std::string input_;  // the beginning of a PDU, at most pdu_bytes_max
};

}  // namespace vestnik::bench
