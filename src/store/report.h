// Statistics and reports out of what is counted.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "store/counters.h"
#include "store/names.h"

namespace vestnik::store {

// Counters of one kind: from <= slot < to.
struct SlotRange {
  int kind = 0;
  std::int64_t from = 0, to = 0;
};

// What stats() needs, and what it makes of it.
std::vector<SlotRange> stats_ranges(Timestamp now);
Stats stats_of(const Counts& counters, const Groups& groups);

// Takes the counters of ranges(), in any order, and makes a report of them.
class ReportBuilder {
 public:
  // `groups` must outlive it.
  ReportBuilder(ReportQuery query, const Groups& groups);

  // Each counter that is asked for is in exactly one of them.
  std::vector<SlotRange> ranges() const;
  void add(const Counter& counter, std::int64_t n);

  // The numbers of the labels that finish() has to be told.
  std::vector<int> labels() const;
  Report finish(const std::map<int, std::string>& labels) &&;

 private:
  struct ErrorKey {
    int state, label;
    Channel channel;
    friend auto operator<=>(const ErrorKey&, const ErrorKey&) = default;
  };

  bool is_wanted(int group) const;
  ReportGroup& group_named(const std::string& name);
  std::vector<std::int64_t>& series_in(ReportGroup& group, int state) const;
  void add_step(const Counter& counter, std::int64_t n);
  void add_error(const Counter& counter, std::int64_t n);
  void add_latency(const Counter& counter, std::int64_t n);
  void finish_errors(const std::map<int, std::string>& labels);
  std::map<int, std::int64_t> label_sizes() const;  // none unless grouped by error

  const ReportQuery query_;
  const Groups& groups_;
  const Span span_;
  std::int64_t from_, to_;                // slots of span_
  std::vector<bool> wanted_;              // by group number
  std::vector<std::string> group_names_;  // by group number
  // What is added to most, so that it is not looked up by name for each counter: by group number, then by
  // state or measure.
  std::vector<std::array<std::vector<std::int64_t>*, 16>> series_;
  std::vector<std::array<Histogram*, 8>> histograms_;
  Report report_;
  std::map<std::string, ReportGroup> by_name_;
  std::map<int, ReportGroup> by_label_;  // GroupBy::error
  std::map<std::pair<std::string, Measure>, Histogram> latencies_;
  std::map<ErrorKey, std::int64_t> errors_;
};

}  // namespace vestnik::store
