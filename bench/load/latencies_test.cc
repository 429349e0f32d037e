#include "bench/load/latencies.h"

#include <gtest/gtest.h>

namespace vestnik::bench {
namespace {

TEST(Latencies, NoneHaveNoSummary) { EXPECT_TRUE(Latencies().summary_us().is_null()); }

TEST(Latencies, OneIsEveryPercentile) {
  Latencies latencies;
  latencies.add(1500);
  for (const double fraction : {0.001, 0.5, 0.999, 1.0}) EXPECT_EQ(latencies.percentile_ns(fraction), 1500);
  EXPECT_DOUBLE_EQ(latencies.summary_us().at("mean").as_double(), 1.5);
}

TEST(Latencies, PercentileIsTheNearestRankWhateverTheOrder) {
  Latencies latencies;
  for (std::uint64_t i = 1; i <= 1000; ++i) latencies.add((i * 7919) % 1000 + 1);  // 1 … 1000, shuffled
  EXPECT_EQ(latencies.percentile_ns(0.5), 500);
  EXPECT_EQ(latencies.percentile_ns(0.501), 501);
  EXPECT_EQ(latencies.percentile_ns(0.5001), 501);
  EXPECT_EQ(latencies.percentile_ns(0.9), 900);
  EXPECT_EQ(latencies.percentile_ns(0.99), 990);
  EXPECT_EQ(latencies.percentile_ns(0.999), 999);
  EXPECT_EQ(latencies.percentile_ns(1), 1000);
}

TEST(Latencies, OneOutlierInAHundredIsTheMaximumAndNotThe99thPercentile) {
  Latencies latencies;
  for (int i = 0; i < 99; ++i) latencies.add(1000);
  latencies.add(1'000'000);
  const json::value summary = latencies.summary_us();
  EXPECT_DOUBLE_EQ(summary.at("p99").as_double(), 1);
  EXPECT_DOUBLE_EQ(summary.at("p999").as_double(), 1000);
  EXPECT_DOUBLE_EQ(summary.at("max").as_double(), 1000);
  EXPECT_DOUBLE_EQ(summary.at("mean").as_double(), 10.99);
}

TEST(Latencies, WhatComesAfterALookCounts) {
  Latencies latencies;
  latencies.add(20);
  EXPECT_EQ(latencies.percentile_ns(1), 20);
  latencies.add(10);
  EXPECT_EQ(latencies.percentile_ns(0.5), 10);
  EXPECT_EQ(latencies.count(), 2);
}

}  // namespace
}  // namespace vestnik::bench
