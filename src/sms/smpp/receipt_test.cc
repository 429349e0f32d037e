#include "sms/smpp/receipt.h"

#include <gtest/gtest.h>

namespace vestnik::sms::smpp {
namespace {

using namespace std::string_literals;

constexpr std::string_view text_of_appendix_b =
    "id:0123456789 sub:001 dlvrd:001 submit date:2611231430 done date:2611231431 stat:DELIVRD err:000 "
    "text:Hello id:7";

ShortMessage receipt_message(std::string_view text, std::vector<Tlv> tlvs = {}) {
  return {.esm_class = 0x04, .short_message = std::string(text), .tlvs = std::move(tlvs)};
}

TEST(Receipt, AsInAppendixB) {
  const auto receipt = read_receipt(receipt_message(text_of_appendix_b)).value();
  EXPECT_EQ(receipt.message_id, "0123456789");
  EXPECT_FALSE(receipt.id_from_tlv);
  EXPECT_EQ(receipt.state, DeliveryState::delivered);
  EXPECT_EQ(receipt.answer, "stat:DELIVRD err:000");
  EXPECT_EQ(format_rfc3339(receipt.done_at.value()), "2026-11-23T14:31:00.000000Z");
}

TEST(Receipt, DatesHaveTenOrTwelveDigits) {
  EXPECT_EQ(format_rfc3339(parse_receipt_text("id:1 done date:261123143159").value().done_at.value()),
            "2026-11-23T14:31:59.000000Z");
  EXPECT_EQ(format_rfc3339(parse_receipt_text("id:1 done date:20261123143159").value().done_at.value()),
            "2026-11-23T14:31:59.000000Z");
  for (const char* bad : {"id:1 done date:", "id:1 done date:2613231431", "id:1 done date:26112314",
                          "id:1 done date:x", "id:1 done date:2602301200", "id:1 done date:2611232400"})
    EXPECT_FALSE(parse_receipt_text(bad).value().done_at) << bad;
}

TEST(Receipt, FieldsMissingOrInAnotherOrderOrCase) {
  EXPECT_EQ(parse_receipt_text("stat:UNDELIV id:ab12").value().state, DeliveryState::failed);
  EXPECT_EQ(parse_receipt_text("ID:ab12 STAT:delivrd").value().state, DeliveryState::delivered);
  EXPECT_EQ(parse_receipt_text("id:1").value().state, DeliveryState::intermediate);
  EXPECT_EQ(parse_receipt_text("id:1\r\nstat:EXPIRED\r\n").value().state, DeliveryState::failed);
  EXPECT_FALSE(parse_receipt_text("stat:DELIVRD err:000"));
  EXPECT_FALSE(parse_receipt_text("id: stat:DELIVRD"));
  EXPECT_FALSE(parse_receipt_text("text:id:5 id:6"));
  EXPECT_FALSE(parse_receipt_text("mid:5"));
  EXPECT_FALSE(parse_receipt_text(""));
}

TEST(Receipt, StatesByWord) {
  for (const char* word : {"EXPIRED", "DELETED", "UNDELIV", "REJECTD", "UNDELIVERABLE", "FAILED"})
    EXPECT_EQ(parse_receipt_text("id:1 stat:"s + word).value().state, DeliveryState::failed) << word;
  for (const char* word : {"ENROUTE", "ACCEPTD", "UNKNOWN", "SOMETHING", ""})
    EXPECT_EQ(parse_receipt_text("id:1 stat:"s + word).value().state, DeliveryState::intermediate) << word;
}

TEST(Receipt, TheTlvsWin) {
  const auto receipt =
      read_receipt(receipt_message(text_of_appendix_b, {{0x001E, "AB12\0"s}, {0x0427, "\x05"s}})).value();
  EXPECT_EQ(receipt.message_id, "AB12");
  EXPECT_TRUE(receipt.id_from_tlv);
  EXPECT_EQ(receipt.state, DeliveryState::failed);
  EXPECT_EQ(receipt.answer, "stat:UNDELIV err:000");
}

TEST(Receipt, TlvsAloneAreEnough) {
  const auto receipt = read_receipt({.tlvs = {{0x001E, "AB12\0"s}, {0x0427, "\x02"s}}}).value();
  EXPECT_EQ(receipt.message_id, "AB12");
  EXPECT_EQ(receipt.state, DeliveryState::delivered);
}

TEST(Receipt, AMessageStateThatIsNoneLeavesTheWordInForce) {
  EXPECT_EQ(read_receipt(receipt_message("id:1 stat:DELIVRD", {{0x0427, "\x63"s}})).value().state,
            DeliveryState::delivered);
  EXPECT_EQ(read_receipt(receipt_message("id:1 stat:DELIVRD", {{0x0427, ""}})).value().state,
            DeliveryState::delivered);
}

TEST(Receipt, TheTextMayComeAsPayload) {
  EXPECT_EQ(read_receipt(receipt_message("", {{0x0424, "id:77 stat:DELIVRD"}})).value().message_id, "77");
}

TEST(Receipt, ASubscribersTextIsNoReceipt) {
  EXPECT_FALSE(read_receipt({.esm_class = 0, .short_message = std::string(text_of_appendix_b)}));
}

TEST(Receipt, AnIntermediateNotificationNeverDecides) {
  ShortMessage message = receipt_message("id:1 stat:DELIVRD");
  message.esm_class = 0x20;
  EXPECT_EQ(read_receipt(message).value().state, DeliveryState::intermediate);
}

TEST(Receipt, TheAnswerIsShortAndPrintable) {
  const auto receipt = parse_receipt_text("id:1 stat:" + std::string(500, '\x01') + " err:\xFF").value();
  EXPECT_LE(receipt.answer.size(), 64u);
  EXPECT_EQ(receipt.answer.find_first_of("\x01\xFF"), std::string::npos);
}

TEST(Receipt, IdsInOneFormToCompare) {
  EXPECT_EQ(normalize_id(" aB12 ", IdForm::text), "aB12");
  EXPECT_EQ(normalize_id("0000FF", IdForm::hex), "255");
  EXPECT_EQ(normalize_id("0xff", IdForm::hex), "255");
  EXPECT_EQ(normalize_id("00255", IdForm::decimal), "255");
  EXPECT_EQ(normalize_id("not-hex", IdForm::hex), "not-hex");
  EXPECT_EQ(normalize_id("FFFFFFFFFFFFFFFFFF", IdForm::hex), "FFFFFFFFFFFFFFFFFF");
  EXPECT_EQ(normalize_id("a\x01\xFFz", IdForm::text), "a??z");
  EXPECT_EQ(normalize_id(std::string(500, 'x'), IdForm::text).size(), message_id_bytes_max);
  EXPECT_EQ(normalize_id("", IdForm::hex), "");
}

}  // namespace
}  // namespace vestnik::sms::smpp
