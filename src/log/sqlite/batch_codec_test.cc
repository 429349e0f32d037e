#include "log/sqlite/batch_codec.h"

#include <gtest/gtest.h>

#include "log/sqlite/crc32c.h"

namespace vestnik::log::sqlite {
namespace {

std::string batch_of(const std::vector<Record>& records) {
  BatchWriter writer;
  for (const Record& record : records) writer.add(record);
  return std::move(writer).records();
}

constexpr char plain = 1, lz4 = 2;

std::string sealed(std::string_view records) {
  std::string bytes = "of something else";
  seal(records, bytes);
  return bytes;
}

// Its checksum is right, whatever it is.
std::string sealed_as(char version, std::string_view rest) {
  const std::uint32_t crc = crc32c(rest);
  std::string bytes(1, version);
  bytes.append(reinterpret_cast<const char*>(&crc), sizeof crc);
  return bytes.append(rest);
}

// As they come: alike, each with something of its own.
std::string steps(std::size_t count) {
  std::vector<Record> records;
  for (std::size_t i = 0; i < count; ++i)
    records.push_back(
        {"user_" + std::to_string(i * 7919), R"({"kind":"sent","channel":"sms"})", {{"ce_id", "7"}}});
  return batch_of(records);
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
  const std::string records = batch_of(sample);
  const auto unsealed = unseal(sealed(records));
  ASSERT_EQ(unsealed, records);
  BatchReader reader(*unsealed);
  for (const Record& record : sample) {
    ASSERT_FALSE(reader.at_end());
    EXPECT_EQ(reader.next(), record);
  }
  EXPECT_TRUE(reader.at_end());
}

TEST(BatchCodec, TheBoundHolds) {
  for (const Record& record : sample) EXPECT_LE(batch_of({record}).size(), encoded_bytes_max(record));
}

TEST(BatchCodec, AnEmptyBatchIsWhole) {
  EXPECT_EQ(unseal(sealed(batch_of({}))), "");
  EXPECT_TRUE(BatchReader("").at_end());
}

TEST(BatchCodec, WhatIsAlikeIsCompressedAndWhatIsNotIsKeptAsItIs) {
  const std::string many = steps(100);
  const std::string few = sealed(many);
  EXPECT_EQ(few[0], lz4);
  EXPECT_LT(few.size(), many.size() / 3);
  EXPECT_EQ(unseal(few), many);

  EXPECT_EQ(sealed(steps(1))[0], plain) << "too little";
  std::string noise;
  for (std::uint32_t x = 1; noise.size() < 10'000; x = x * 1664525 + 1013904223)
    noise += static_cast<char>(x >> 24);
  const std::string kept = sealed(noise);
  EXPECT_EQ(kept[0], plain);
  EXPECT_EQ(kept.size(), noise.size() + 5);
  EXPECT_EQ(unseal(kept), noise);
}

TEST(BatchCodec, EveryFlippedBitIsSeen) {
  for (const std::string& bytes : {sealed(batch_of({sample[0]})), sealed(steps(50))}) {
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      std::string damaged = bytes;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
      EXPECT_FALSE(unseal(damaged)) << bit;
    }
  }
}

TEST(BatchCodec, EveryTruncationIsSeenAndReadWithinBounds) {
  const std::string records = batch_of({sample[0], sample[2]});
  for (std::size_t size = 0; size < records.size(); ++size) {
    BatchReader reader(std::string_view(records).substr(0, size));
    std::size_t read = 0;
    while (!reader.at_end() && reader.next()) ++read;
    EXPECT_LE(read, 1u) << size;
  }
  for (const std::string& bytes : {sealed(records), sealed(steps(50))})
    for (std::size_t size = 0; size < bytes.size(); ++size)
      EXPECT_FALSE(unseal(bytes.substr(0, size))) << size;
  EXPECT_EQ(unseal(std::string("\3\0\0\0\0", 5)).error(), Damage::unknown_version);
}

TEST(BatchCodec, ABlockThatIsNotWhatItSaysIsRefused) {
  const std::string bytes = sealed(steps(50));
  const std::string rest = bytes.substr(5);
  EXPECT_EQ(sealed_as(lz4, rest), bytes);
  for (const std::string& wrong :
       {std::string(), std::string("\xff\xff\xff\xff\x0f", 5), std::string("\xff\xff\xff"),
        "\x10" + rest.substr(2), rest.substr(0, rest.size() / 2), std::string("\x05hello")})
    EXPECT_EQ(unseal(sealed_as(lz4, wrong)), std::unexpected(Damage::structure)) << wrong.size();
}

TEST(BatchCodec, ALyingLengthAllocatesNothing) {
  // A key of 4 GiB; 2^32 - 1 headers; a number of more than five bytes.
  for (const char* body :
       {"\xff\xff\xff\xff\x0f", "\x01k\x01v\xff\xff\xff\xff\x0f", "\xff\xff\xff\xff\xff\xff\x01"})
    EXPECT_EQ(BatchReader(body).next(), std::unexpected(Damage::structure));
}

}  // namespace
}  // namespace vestnik::log::sqlite
