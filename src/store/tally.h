// What facts count for. A store tells it how a row was and how it is now; what both count for cancels out, so
// every notification counts once whatever is told twice.
#pragma once

#include <string_view>

#include "store/counters.h"
#include "store/facts.h"
#include "store/names.h"

namespace vestnik::store {

// What a row is searched by, beside its ids.
struct RowKeys {
  int state = 0;  // state_code()
  Timestamp first_at{};
  int group = 0;  // with the provider of the furthest step
  int error = no_label;
};
RowKeys keys_of(const TimelineRow& row, Names& names);

class Tally {
 public:
  explicit Tally(Names& names) : names_(names) {}

  // `before`: what was kept, null: nothing.
  void event(const AcceptedFact* before, const AcceptedFact& after);
  void row(const TimelineRow* before, const TimelineRow& after);

  Counts to_write(Timestamp now) const { return deltas_.to_write(now); }

 private:
  void count_state(const TimelineRow& row, int sign);
  void count_rates(const TimelineRow& row, int sign);
  void count_steps(const TimelineRow& row, const TimelineRow* except, int sign);
  void count_latencies(const TimelineRow& row, int sign);

  Names& names_;
  CounterDeltas deltas_;
};

// kinds::state and others have the step's code: Measure::errors has the label, too.
int error_bucket(StepKind kind, int label);
struct ErrorBucket {
  int state;  // state_code of a step of that kind
  int label;
};
ErrorBucket error_of_bucket(int bucket);

}  // namespace vestnik::store
