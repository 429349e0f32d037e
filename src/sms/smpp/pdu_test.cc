#include "sms/smpp/pdu.h"

#include <gtest/gtest.h>

namespace vestnik::sms::smpp {
namespace {

std::string unhex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return out;
}

std::string encoded(const Pdu& pdu) {
  std::string out;
  encode(pdu, out);
  return out;
}

Pdu decoded(std::string_view bytes) {
  Decoder decoder;
  decoder.feed(bytes);
  auto pdu = decoder.next();
  EXPECT_TRUE(pdu && *pdu);
  EXPECT_FALSE(decoder.next());
  return pdu && *pdu ? **pdu : Pdu{};
}

ShortMessage sample_message() {
  return {.service_type = "VMA",
          .source = {5, 0, "Vestnik"},
          .destination = {1, 1, "79161234567"},
          .esm_class = 0x40,
          .registered_delivery = 1,
          .data_coding = 8,
          .short_message = std::string("\x05\x00\x03\x2A\x02\x01\x04\x16", 8),
          .tlvs = {{0x001E, "abc"}, {0x0427, "\x02"}}};
}

std::vector<Pdu> samples() {
  return {
      {.sequence = 1, .body = BindTransceiver{"vestnik", "secret", "VMA", 0x34, {1, 1, "791"}}},
      {.sequence = 1, .body = BindTransceiverResp{"smsc", {{0x0210, "\x34"}}}},
      {.sequence = 2, .body = SubmitSm{sample_message()}},
      {.status = 0x58, .sequence = 2, .body = SubmitSmResp{"0123ABCD"}},
      {.sequence = 0x7FFFFFFF, .body = DeliverSm{sample_message()}},
      {.sequence = 3, .body = DeliverSmResp{}},
      {.sequence = 4, .body = EnquireLink{}},
      {.sequence = 4, .body = EnquireLinkResp{}},
      {.sequence = 5, .body = Unbind{}},
      {.sequence = 5, .body = UnbindResp{}},
      {.status = 3, .sequence = 0, .body = GenericNack{}},
      {.sequence = 6, .body = Other{0x103}},
  };
}

TEST(Pdu, EveryKindRoundTrips) {
  for (const Pdu& pdu : samples()) EXPECT_EQ(decoded(encoded(pdu)), pdu);
}

TEST(Pdu, KnownVectors) {
  EXPECT_EQ(encoded({.sequence = 0x0A342EE7, .body = EnquireLink{}}),
            unhex("0000001000000015000000000a342ee7"));
  // The example of SMPP 3.4 section 3.2.1.1, with the transceiver's command id.
  EXPECT_EQ(
      encoded({.sequence = 1, .body = BindTransceiver{"SMPP3TEST", "secret08", "SUBMIT1", 0x00, {1, 1, ""}}}),
      unhex(
          "0000002f000000090000000000000001534d50503354455354007365637265743038005355424d4954310000010100"));
  EXPECT_EQ(
      std::get<SubmitSmResp>(decoded(unhex("0000001c80000004000000000a342ee1393432353834333135393400")).body),
      SubmitSmResp{"94258431594"});
}

TEST(Pdu, EverySplitOfTheInputGivesTheSame) {
  std::string stream;
  for (const Pdu& pdu : samples()) encode(pdu, stream);
  for (std::size_t split = 0; split <= stream.size(); ++split) {
    Decoder decoder;
    std::vector<Pdu> got;
    for (std::string_view piece :
         {std::string_view(stream).substr(0, split), std::string_view(stream).substr(split)}) {
      decoder.feed(piece);
      while (auto pdu = decoder.next()) got.push_back(pdu->value());
    }
    ASSERT_EQ(got, samples()) << split;
  }
}

TEST(Pdu, ByteByByte) {
  Decoder decoder;
  std::vector<Pdu> got;
  std::string stream;
  for (const Pdu& pdu : samples()) encode(pdu, stream);
  for (char c : stream) {
    decoder.feed({&c, 1});
    while (auto pdu = decoder.next()) got.push_back(pdu->value());
  }
  EXPECT_EQ(got, samples());
}

TEST(Pdu, ABadPduIsConsumedExactlyAndTheNextOneParses) {
  // deliver_sm whose body is cut at every place, its length telling so; then an enquire_link.
  const std::string whole = encoded({.sequence = 9, .body = DeliverSm{sample_message()}});
  for (std::size_t length = header_bytes; length < whole.size(); ++length) {
    std::string bytes = whole.substr(0, length);
    bytes[2] = 0;
    bytes[3] = static_cast<char>(length);
    encode({.sequence = 10, .body = EnquireLink{}}, bytes);
    Decoder decoder;
    decoder.feed(bytes);
    const auto first = decoder.next();
    ASSERT_TRUE(first);
    if (!*first) {
      EXPECT_EQ(first->error().kind, DecodeErrorKind::body);
      EXPECT_EQ(first->error().sequence, 9u);
      EXPECT_EQ(first->error().command_id, 5u);
    }
    const auto second = decoder.next();
    ASSERT_TRUE(second && *second) << length;
    EXPECT_EQ((*second)->sequence, 10u);
    EXPECT_FALSE(decoder.next());
  }
}

TEST(Pdu, AnUnknownCommandWithABodyIsSkippedExactly) {
  Decoder decoder;
  decoder.feed(unhex("0000001100000110000000000a342ee70F0000001000000015000000000a342ee7"));
  EXPECT_EQ(std::get<Other>(decoder.next()->value().body).command_id, 0x110u);
  EXPECT_EQ(decoder.next()->value().body, Body(EnquireLink{}));
}

TEST(Pdu, ALengthOutOfBoundsIsFinal) {
  for (const char* hex : {"F000001100000110000000000a342ee7", "0000000f", "00000000", "00010001"}) {
    Decoder decoder;
    decoder.feed(unhex(hex));
    EXPECT_EQ(decoder.next()->error().kind, DecodeErrorKind::length) << hex;
    decoder.feed(unhex("0000001000000015000000000a342ee7"));
    EXPECT_EQ(decoder.next()->error().kind, DecodeErrorKind::length) << hex;
  }
}

TEST(Pdu, TooFewBytesAreNotYetAPdu) {
  for (const char* hex : {"", "000000", "00000010", "0000001000000015000000000a342e", "00010000"}) {
    Decoder decoder;
    decoder.feed(unhex(hex));
    EXPECT_FALSE(decoder.next()) << hex;
  }
}

TEST(Pdu, SloppyResponsesAreRead) {
  EXPECT_EQ(decoded(unhex("0000001080000004000000000a342ee1")).body, Body(SubmitSmResp{}));       // no body
  EXPECT_EQ(decoded(unhex("0000001180000004000000000a342ee100")).body, Body(SubmitSmResp{}));     // empty id
  EXPECT_EQ(decoded(unhex("0000001180000004000000000a342ee139")).body, Body(SubmitSmResp{"9"}));  // no NUL
  EXPECT_EQ(decoded(unhex("0000001480000004000000000a342ee139000102")).body, Body(SubmitSmResp{"9"}));
  EXPECT_EQ(decoded(unhex("00000010800000090000000e00000001")).status, 0x0Eu);  // refused bind
  EXPECT_EQ(decoded(unhex("0000001080000005000000000000000a")).body, Body(DeliverSmResp{}));
}

TEST(Pdu, AShortMessageLengthBeyondTheEndIsRefused) {
  std::string bytes = encoded({.sequence = 1, .body = DeliverSm{ShortMessage{.short_message = "hello"}}});
  bytes[bytes.size() - 6] = 6;
  Decoder decoder;
  decoder.feed(bytes);
  EXPECT_EQ(decoder.next()->error().kind, DecodeErrorKind::body);
}

}  // namespace
}  // namespace vestnik::sms::smpp
