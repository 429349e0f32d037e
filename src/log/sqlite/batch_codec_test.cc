#include "log/sqlite/batch_codec.h"

#include <gtest/gtest.h>

#include "log/sqlite/crc32c.h"

namespace vestnik::log::sqlite {
namespace {

std::string batch_of(const std::vector<Record>& records) {
  BatchWriter writer;
  for (const Record& record : records) writer.add(record);
  return std::move(writer).seal();
}

const std::vector<Record> sample = {
    {"user_1", R"({"a":1})", {{"ce_id", "7"}, {"empty", ""}}},
    {"", "", {}},
    {"ключ", std::string("\0\xff", 2), {{"", std::string(300, 'h')}}},
    {"user_2", std::string(70'000, 'v'), {}},
};

TEST(Crc32c, HasTheKnownValues) {
  EXPECT_EQ(crc32c(""), 0u);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);              // the check value of CRC-32C
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);    // RFC 3720, B.4
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);  // RFC 3720, B.4
}

TEST(Crc32c, IsTheSameOnEveryProcessor) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(crc32c(bytes), crc32c_by_tables(bytes)) << i;
    bytes += static_cast<char>(i * 167 + (i >> 3));
  }
}

TEST(BatchCodec, RoundTrips) {
  const std::string bytes = batch_of(sample);
  ASSERT_TRUE(verify(bytes));
  BatchReader reader(bytes);
  for (const Record& record : sample) {
    ASSERT_FALSE(reader.at_end());
    EXPECT_EQ(reader.next(), record);
  }
  EXPECT_TRUE(reader.at_end());
}

TEST(BatchCodec, TheBoundHolds) {
  for (const Record& record : sample) EXPECT_LE(batch_of({record}).size(), encoded_bytes_max(record) + 5);
}

TEST(BatchCodec, AnEmptyBatchIsWhole) {
  const std::string bytes = batch_of({});
  EXPECT_TRUE(verify(bytes));
  EXPECT_TRUE(BatchReader(bytes).at_end());
}

TEST(BatchCodec, EveryFlippedBitIsSeen) {
  const std::string bytes = batch_of({sample[0]});
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
    EXPECT_FALSE(verify(damaged)) << bit;
  }
}

TEST(BatchCodec, EveryTruncationIsSeenAndReadWithinBounds) {
  const std::string bytes = batch_of({sample[0], sample[2]});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::string cut = bytes.substr(0, size);
    EXPECT_FALSE(verify(cut)) << size;
    BatchReader reader(cut);
    std::size_t read = 0;
    while (!reader.at_end() && reader.next()) ++read;
    EXPECT_LE(read, 1u) << size;
  }
  EXPECT_EQ(verify(std::string("\2\0\0\0\0", 5)).error(), Damage::unknown_version);
}

TEST(BatchCodec, ALyingLengthAllocatesNothing) {
  const std::string prefix(5, '\0');
  // A key of 4 GiB; 2^32 - 1 headers; a number of more than five bytes.
  for (const char* body :
       {"\xff\xff\xff\xff\x0f", "\x01k\x01v\xff\xff\xff\xff\x0f", "\xff\xff\xff\xff\xff\xff\x01"})
    EXPECT_EQ(BatchReader(prefix + body).next(), std::unexpected(Damage::structure));
}

}  // namespace
}  // namespace vestnik::log::sqlite
