#include "analytics/collector.h"

#include <utility>

#include "base/logging.h"

namespace vestnik::analytics {
namespace {

// Large enough that a notification's records meet in one batch when there are many, small enough that others'
// writes don't wait long behind one (about 10 ms).
constexpr std::size_t apply_batch_max = 4096;
// One batch is being written, one waits for its turn and one is being read.
constexpr std::size_t in_flight_max = 3 * apply_batch_max;
constexpr std::chrono::milliseconds stop_check{5};

}  // namespace

Collector::Collector(CollectorOptions options, log::Log& log, store::Timeline& timeline, Scheduler& scheduler,
                     Metrics& metrics, Applied applied)
    : options_(std::move(options)),
      log_(log),
      timeline_(timeline),
      scheduler_(scheduler),
      applied_(std::move(applied)),
      facts_(metrics.counter("vestnik_analytics_facts_total", "Records that became part of a timeline")),
      poison_(metrics.counter("vestnik_poison_records_total",
                              "Records that could not be read and were let go",
                              {{"service", "analytics-service"}})),
      apply_(scheduler, apply_batch_max,
             [this](auto& batch, auto ended) { call_apply(batch, std::move(ended)); }) {}

void Collector::start() {
  subscription_ = log_.subscribe({.group = options_.group,
                                  .topics = {options_.topics.user_events, options_.topics.notification_events,
                                             options_.topics.analytics_events},
                                  .in_flight_max = in_flight_max},
                                 *this, scheduler_);
}

void Collector::on_records(std::vector<log::ConsumedRecord> records) {
  if (stopping_) return;  // not done: they come again
  for (log::ConsumedRecord& record : records) {
    auto fact = fact_of(options_.topics, record.position.topic, record.record);
    if (fact) {
      apply_.add({std::move(record.position), std::move(*fact)});
      continue;
    }
    poison_.Increment();
    logging::error("analytics-service", "a record can't be read and is let go",
                   {{"topic", record.position.topic},
                    {"partition", record.position.partition},
                    {"offset", record.position.offset},
                    {"reason", fact.error().reason}});
    subscription_->done(record.position);
  }
}

void Collector::call_apply(std::vector<Arrival>& batch, std::move_only_function<void(bool)> ended) {
  if (!applying_) {
    std::vector<store::Fact> facts;
    facts.reserve(batch.size());
    for (Arrival& arrival : batch) facts.push_back(std::move(arrival.fact));
    applying_ = std::make_shared<store::FactBatch>(std::move(facts));
  }
  timeline_.apply(
      applying_, scheduler_.clock().now(),
      back_on(scheduler_, alive_,
              [this, &batch, ended = std::move(ended)](Result<void, store::Error> result) mutable {
                if (result) {
                  if (applied_) applied_(applying_);
                  applying_.reset();
                  facts_.Increment(static_cast<double>(batch.size()));
                  for (const Arrival& arrival : batch)
                    if (subscription_) subscription_->done(arrival.position);
                }
                ended(result.has_value());
              }));
}

void Collector::stop(std::chrono::milliseconds limit, Task stopped) {
  stopping_ = true;
  stopped_ = std::move(stopped);
  stop_when_over(scheduler_.clock().steady_now() + limit);
}

void Collector::stop_when_over(SteadyTime limit) {
  if (!apply_.idle() && scheduler_.clock().steady_now() < limit) {
    stop_timer_ = scheduler_.after(stop_check, [this, limit] { stop_when_over(limit); });
    return;
  }
  subscription_.reset();
  std::exchange(stopped_, nullptr)();
}

}  // namespace vestnik::analytics
