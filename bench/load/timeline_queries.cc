#include "bench/load/timeline_queries.h"

#include <chrono>
#include <fmt/format.h>
#include <random>
#include <string>
#include <vector>

#include "bench/load/latencies.h"

namespace vestnik::bench {
namespace {

using namespace store;
using namespace std::chrono_literals;

constexpr std::size_t page_rows = 50;
// Places that the questions are about.
constexpr std::size_t samples_max = 500;

class Questions {
 public:
  Questions(Timeline& timeline, int times) : timeline_(timeline), times_(times) { take_samples(); }

  json::object ask_all() {
    search("newest", [] { return NotificationFilter{}; });
    search("of a user", [&] { return NotificationFilter{.user_id = sample().user_id}; });
    search("of an event", [&] { return NotificationFilter{.event_id = sample().event_id}; });
    // bench-timeline's users are numbered; a number that nobody has costs the same.
    search("of an address", [&] {
      return NotificationFilter{.recipient = fmt::format("user{}@example.test", random_() % 5'000'000)};
    });
    search("of a number",
           [&] { return NotificationFilter{.recipient = fmt::format("+79{:09}", random_() % 5'000'000)}; });
    search("dead", [] { return NotificationFilter{.states = {"dead"}}; });
    search("sent, of one provider",
           [] { return NotificationFilter{.states = {"sent"}, .provider = "smtp"}; });
    search("in doubt, of which there are none", [] { return NotificationFilter{.states = {"in_doubt"}}; });
    search("of a template", [] { return NotificationFilter{.template_name = "welcome"}; });
    search("of an error", [] { return NotificationFilter{.error = "550 5.1.1"}; });
    search("sms that bounced before a time", [&] {
      return NotificationFilter{
          .channel = Channel::sms, .states = {"bounced"}, .before = sample().accepted_at};
    });
    search("looks at all it may, in vain", [&] {
      return NotificationFilter{
          .states = {"sent", "planned"}, .provider = "none", .before = sample().accepted_at};
    });
    report("hour of minutes", 1h, Grain::minute);
    report("day of minutes", 24h, Grain::minute);
    report("month of hours", 30 * 24h, Grain::hour);
    report("year of days", 365 * 24h, Grain::day);
    report("day of minutes by error", 24h, Grain::minute, GroupBy::error);
    report("day of minutes by provider", 24h, Grain::minute, GroupBy::provider);
    ask("stats", [&] { wait_for<Stats>([&](auto done) { timeline_.stats(last_, std::move(done)); }); });
    return std::move(answers_);
  }

 private:
  NotificationPage page(NotificationFilter filter) {
    return wait_for<NotificationPage>(
        [&](auto done) { timeline_.search(std::move(filter), "", page_rows, std::move(done)); });
  }

  void take_samples() {
    const auto newest = page({}).notifications;
    if (newest.empty()) return;
    const Timestamp last = last_ = newest.front().accepted_at;
    // Where it begins is not asked for: halving finds it.
    Timestamp first = last - std::chrono::days(4000);
    for (auto step = (last - first) / 2; step > 1s; step /= 2)
      if (page({.before = first + step}).notifications.empty()) first += step;
    for (std::size_t i = 0; i < samples_max; ++i) {
      const auto offset =
          std::chrono::microseconds(random_() % static_cast<std::uint64_t>((last - first).count() + 1));
      const auto found = page({.before = first + offset}).notifications;
      if (!found.empty()) samples_.push_back(found.front());
    }
    if (samples_.empty()) samples_ = newest;
  }
  const NotificationView& sample() {
    if (samples_.empty()) throw std::runtime_error("there are no notifications to ask about");
    return samples_[random_() % samples_.size()];
  }

  template <class Ask>
  void ask(const std::string& name, Ask one) {
    Latencies latencies;
    for (int i = 0; i < times_; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      one();
      latencies.add(static_cast<std::uint64_t>((std::chrono::steady_clock::now() - begin).count()));
    }
    answers_[name] = latencies.summary_us();
  }
  template <class MakeFilter>
  void search(const std::string& name, MakeFilter filter) {
    ask("search: " + name, [&] { page(filter()); });
  }
  void report(const std::string& name, std::chrono::hours range, Grain grain, GroupBy by = GroupBy::none) {
    ask("report: " + name, [&] {
      const Timestamp to = last_ + 1s;
      wait_for<Report>([&](auto done) {
        timeline_.report({.from = to - range, .to = to, .grain = grain, .group_by = by}, std::move(done));
      });
    });
  }

  Timeline& timeline_;
  const int times_;
  std::mt19937_64 random_{1};
  std::vector<NotificationView> samples_;
  Timestamp last_{};
  json::object answers_;
};

}  // namespace

json::object measure_queries(Timeline& timeline, int times) { return Questions(timeline, times).ask_all(); }

}  // namespace vestnik::bench
