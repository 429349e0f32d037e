// A session, a clock and the peer's end of the wire, for tests.
#pragma once

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <vector>

#include "sms/smpp/session.h"

namespace vestnik::sms::smpp {

inline std::string bytes_of(std::uint32_t sequence, Body body, std::uint32_t status = 0) {
  std::string out;
  encode({status, sequence, std::move(body)}, out);
  return out;
}

inline ShortMessage message(std::string text = "hello") {
  return {
      .source = {5, 0, "Vestnik"}, .destination = {1, 1, "79161234567"}, .short_message = std::move(text)};
}

inline ShortMessage receipt(std::string text) {
  return {.esm_class = 0x04, .short_message = std::move(text)};
}

// A session, the clock, and the peer's end of the wire.
struct Dialogue {
  explicit Dialogue(SessionOptions options = {}) : session(std::move(options), now) { write(); }

  // All output reaches the peer.
  void write() {
    const std::string out = session.take_output(now);
    written += out.size();
    session.wrote(written, now);
    decoder.feed(out);
    while (auto pdu = decoder.next()) got.push_back(pdu->value());
    collect();
  }
  void collect() {
    for (Event& event : session.take_events()) {
      std::visit(Overloaded{
                     [&](Bound&) { ++bound; },
                     [&](Answered& answered) {
                       EXPECT_TRUE(outcomes.emplace(answered.token, answered.outcome).second) << "told twice";
                     },
                     [&](ReceiptCame& came) {
                       receipts.push_back(came.receipt);
                       tokens.push_back(came.token);
                     },
                     [&](Closed& end) { closed.push_back(end); },
                 },
                 event);
    }
  }
  void peer(std::string_view bytes) {
    session.feed(bytes, now);
    collect();
  }
  void peer(std::uint32_t sequence, Body body, std::uint32_t status = 0) {
    peer(bytes_of(sequence, body, status));
  }
  void wait(std::chrono::milliseconds time) {
    now += time;
    session.tick(now);
    collect();
  }
  void bind() {
    peer(1, BindTransceiverResp{"smsc", {}});
    ASSERT_EQ(bound, 1);
  }
  void submit(SubmitToken token) {
    session.submit(token, message(), now);
    collect();
  }
  void submit_and_write(int count) {
    for (int i = 1; i <= count; ++i) submit(i);
    write();
  }
  template <class T>
  std::vector<Pdu> all() const {
    std::vector<Pdu> out;
    for (const Pdu& pdu : got)
      if (std::holds_alternative<T>(pdu.body)) out.push_back(pdu);
    return out;
  }
  template <class T>
  bool outcome_is(SubmitToken token) const {
    return outcomes.contains(token) && std::holds_alternative<T>(outcomes.at(token));
  }
  template <class T>
  std::size_t count() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(outcomes, [](const auto& o) { return std::holds_alternative<T>(o.second); }));
  }

  SteadyTime now = SteadyTime(std::chrono::hours(1));
  Session session;
  Decoder decoder;
  std::uint64_t written = 0;
  std::vector<Pdu> got;  // what the peer has read
  int bound = 0;
  std::map<SubmitToken, Outcome> outcomes;
  std::vector<DeliveryReceipt> receipts;
  std::vector<ReceiptToken> tokens;  // theirs
  std::vector<Closed> closed;
};

}  // namespace vestnik::sms::smpp
