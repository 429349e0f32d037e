#include "sms/text/segment.h"

#include <gtest/gtest.h>
#include <numeric>

#include "sms/text/gsm.h"
#include "sms/text/utf.h"

namespace vestnik::sms::text {
namespace {

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

std::vector<Part> parts_of(std::string_view text) { return segment(text, 7).value(); }

std::vector<std::size_t> units(std::string_view text) {
  std::vector<std::size_t> out;
  for (const Part& part : parts_of(text)) out.push_back(part.units);
  return out;
}

using Sizes = std::vector<std::size_t>;

TEST(Segment, LimitsOfTheGsmAlphabet) {
  EXPECT_EQ(units(repeat("a", 160)), (Sizes{160}));
  EXPECT_EQ(units(repeat("a", 161)), (Sizes{153, 8}));
  EXPECT_EQ(units(repeat("a", 306)), (Sizes{153, 153}));
  EXPECT_EQ(units(repeat("a", 307)), (Sizes{153, 153, 1}));
}

TEST(Segment, LimitsOfUtf16) {
  EXPECT_EQ(units(repeat("ж", 70)), (Sizes{70}));
  EXPECT_EQ(units(repeat("ж", 71)), (Sizes{67, 4}));
  EXPECT_EQ(units(repeat("ж", 134)), (Sizes{67, 67}));
  EXPECT_EQ(units(repeat("🙂", 35)), (Sizes{70}));
}

TEST(Segment, OneCharacterOutsideMakesItAllUtf16) {
  const auto parts = segment("plain and ж", 7).value();
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0].encoding, Encoding::ucs2);
  EXPECT_EQ(parts[0].user_data.size(), 22u);
  EXPECT_EQ(parts[0].user_data.substr(20), "\x04\x36");
}

TEST(Segment, NoPartEndsInsideAnEscape) {
  EXPECT_EQ(units(repeat("a", 159) + "€"), (Sizes{153, 8}));
  EXPECT_EQ(units(repeat("€", 80)), (Sizes{160}));
  EXPECT_EQ(units(repeat("€", 81)), (Sizes{152, 10}));
  for (std::size_t before = 140; before < 160; ++before)
    for (const Part& part : parts_of(repeat("a", before) + repeat("€", 20) + repeat("b", 150)))
      EXPECT_EQ(part.text.find_first_not_of("ab\xE2\x82\xAC"), std::string::npos) << before;
}

TEST(Segment, NoPartEndsInsideASurrogatePair) {
  EXPECT_EQ(units(repeat("🙂", 36)), (Sizes{66, 6}));
  for (std::size_t before = 60; before < 72; ++before)
    for (const Part& part : parts_of(repeat("ж", before) + repeat("🙂", 20)))
      EXPECT_EQ(part.text.find("\xEF\xBF\xBD"), std::string::npos) << before;
}

TEST(Segment, PartsSayTheWholeTextInOrder) {
  const std::string text = repeat("Добро пожаловать, 🙂! ", 20);
  std::string together;
  const auto parts = segment(text, 200).value();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    together += parts[i].text;
    const std::string header{
        0x05, 0x00, 0x03, static_cast<char>(200), static_cast<char>(parts.size()), static_cast<char>(i + 1)};
    EXPECT_EQ(parts[i].header, header);
    EXPECT_LE(parts[i].header.size() + parts[i].user_data.size(), 140u);
  }
  EXPECT_EQ(together, text);
}

TEST(Segment, ASinglePartHasNoHeader) { EXPECT_EQ(segment("hi", 7).value()[0].header, ""); }

TEST(Segment, TooLongAndEmptyAreErrors) {
  EXPECT_EQ(segment("", 1).error().kind, SegmentErrorKind::empty);
  EXPECT_EQ(segment(repeat("a", 1530), 1).value().size(), 10u);
  EXPECT_EQ(segment(repeat("a", 1531), 1).error().kind, SegmentErrorKind::too_long);
  EXPECT_EQ(segment(repeat("ж", 670), 1).value().size(), 10u);
  EXPECT_EQ(segment(repeat("ж", 671), 1).error().kind, SegmentErrorKind::too_long);
  EXPECT_EQ(segment(std::string(10'000'000, 'a'), 1).error().kind, SegmentErrorKind::too_long);
  EXPECT_EQ(segment(repeat("a", 161), 1, 1).error().kind, SegmentErrorKind::too_long);
}

TEST(Segment, InvalidUtf8IsReplacedNotRefused) {
  const auto parts = segment("caf\xE9!", 1).value();
  EXPECT_EQ(parts[0].encoding, Encoding::ucs2);
  EXPECT_EQ(parts[0].text, "caf\xEF\xBF\xBD!");
}

TEST(Segment, TheReferenceFollowsFromTheId) {
  const NotificationId id{"0d8c8b5e-0000-8000-8000-000000000001"};
  EXPECT_EQ(concatenation_reference(id), concatenation_reference(id));
  int different = 0;
  for (int i = 0; i < 100; ++i)
    different += concatenation_reference({std::to_string(i)}) != concatenation_reference(id);
  EXPECT_GT(different, 90);
}

}  // namespace
}  // namespace vestnik::sms::text
