// The read side: every notification's timeline, what is searched in it, and what is counted from it. It is
// derived from the log and can be rebuilt from it while it serves.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/notification.h"
#include "store/facts.h"
#include "store/result.h"

namespace vestnik::store {

// The state a reader sees: planned, then the kind of the furthest step. State only moves forward:
// planned < sending < deferred < in_doubt < (expired, suppressed, skipped, dead) < sent < (bounced) <
// delivered, except that sending and deferred of a later attempt follow those of an earlier one, and in_doubt
// too.
struct TimelineEntry {
  Timestamp at{};
  std::string what;  // "accepted", "planned", or a StepKind's name
  int attempt = 0;
  std::string provider;
  std::string answer;
  std::optional<Timestamp> due_at;
};

struct NotificationView {
  NotificationId id;
  UserId user_id;
  EventId event_id;
  std::string event_type;
  Channel channel = Channel::email;
  std::string template_version;
  std::string category;
  std::string recipient;  // masked: "a•••@example.com", "+7•••••4567"; empty: its plan is not known
  std::string state;      // "planned" or a StepKind's name
  bool sandbox = false;
  int attempt = 0;
  std::string provider;
  std::string error;  // store/error_label.h of the last step that failed; empty: none did
  Timestamp accepted_at{};
  Timestamp updated_at{};
  std::vector<TimelineEntry> timeline;  // oldest first; empty in listings
};

struct LatencySummary {
  std::int64_t count = 0;
  double p50_ms = 0, p90_ms = 0, p99_ms = 0;  // upper bounds of the histogram's buckets (about 10 % wide)
};

struct ChannelStats {
  std::map<std::string, std::int64_t> states;  // state → notifications in it now
  std::int64_t sandboxed = 0;                  // of these, kept in the sandbox instead of sent
  std::int64_t planned_last_minute = 0;
  std::int64_t sent_last_minute = 0;
  LatencySummary accepted_to_sent;  // over the last hour
  LatencySummary sent_to_delivered;
};

struct Stats {
  std::int64_t events_accepted = 0;
  std::map<Channel, ChannelStats> channels;
};

// What a search asks for: all of it must hold, and what is empty holds for every notification.
struct NotificationFilter {
  UserId user_id;
  EventId event_id;       // found once the event itself, not only what was planned for it, has been heard of
  std::string recipient;  // a whole address or number, in any case; kept as a digest only
  std::optional<Channel> channel;
  std::vector<std::string> states;  // any of these; a name that is no state finds nothing
  std::string provider;             // of the furthest step
  std::string template_name;        // what stands before '@' in template_version
  std::string category;
  std::string event_type;
  std::string error;              // NotificationView::error
  std::optional<Timestamp> from;  // when the notification was first heard of: from <= t < before
  std::optional<Timestamp> before;
};

struct NotificationPage {
  std::vector<NotificationView> notifications;  // newest first, without their timelines
  // Goes on where this page ended; empty: there is no more. A page may hold fewer than were asked for, even
  // none, and still have a next one: a call looks at a bounded number of rows.
  std::string next;
};

// Whether `text` may be given to search(): "" (the beginning), or what a page had as `next`.
bool is_cursor(std::string_view text);

enum class Grain { minute, hour, day };  // of UTC
// How long counts are kept: minutes 62 days, hours and days 400 days. Latencies and errors: minutes 2 days,
// hours 62 days, days 400 days.
std::chrono::seconds width(Grain grain);

enum class GroupBy { none, channel, provider, template_name, category, event_type, error };

struct ReportQuery {
  Timestamp from{}, to{};  // from <= t < to, widened to whole grains
  Grain grain = Grain::minute;
  GroupBy group_by = GroupBy::none;
  // Empty: any. A step has the provider that took it, so `planned` and `skipped` have none; a notification
  // that was skipped has no template, category or event type either, since it has no plan.
  std::optional<Channel> channel;
  std::string provider, template_name, category, event_type;
};

struct ReportGroup {
  std::string name;  // of the channel, provider …; "" with GroupBy::none or where there is none
  // "planned" and every StepKind but `sending` that occurred → one count for each of Report::times. Each step
  // of a notification counts once, at its own time.
  std::map<std::string, std::vector<std::int64_t>> series;
  std::map<std::string, std::int64_t> totals;  // the sums of these series
  // accepted_to_planned, planned_to_sent, accepted_to_sent, sent_to_delivered: of what reached the latter in
  // this range; where its minutes are kept no more, in its whole hours. Not with GroupBy::error.
  std::map<std::string, LatencySummary> latency;
};

struct ErrorCount {
  std::string what;   // the StepKind's name: skipped, deferred, bounced, dead, in_doubt, expired, suppressed
  std::string error;  // its label (store/error_label.h), "other" beyond 4,096 of them
  Channel channel = Channel::email;
  std::int64_t count = 0;
};

struct Report {
  Timestamp from{}, to{};  // as asked, widened to whole grains
  Grain grain = Grain::minute;
  std::vector<Timestamp> times;     // the beginning of each grain
  std::vector<ReportGroup> groups;  // by name; what is beyond 256 combinations of all that is grouped by is
                                    // in the one called "other" (with its channel)
  std::vector<ErrorCount> top_errors;  // the 20 most frequent, most frequent first
  std::int64_t events_accepted = 0;    // user events, filtered by event_type only
  std::vector<std::int64_t> accepted;  // of these, one count for each of `times`
};

enum class RebuildState {
  none,        // what is served is whole
  needed,      // what is served was written by an older version and lacks what can only come from the log
  unfinished,  // begin_rebuild without finish_rebuild: by this process, another one, or one that crashed
};

// One rebuild, from its beginning to its end or to the beginning of the one that replaces it.
using RebuildId = std::int64_t;

class Timeline {
 public:
  virtual ~Timeline() = default;

  // Idempotent: a fact applied twice, in another order or after a rebuild gives the same timeline and the
  // same counts. While a rebuild is unfinished, the facts go into both read sides in one transaction.
  virtual void apply(std::shared_ptr<const FactBatch> facts, Timestamp now, Done<void> done) = 0;

  virtual void notification(const NotificationId& id, Done<std::optional<NotificationView>> done) = 0;
  // At most `limit`, newest first by (when first heard of, id), so what comes in meanwhile neither repeats
  // nor hides anything on later pages. `cursor` is one of is_cursor().
  virtual void search(NotificationFilter filter, std::string cursor, std::size_t limit,
                      Done<NotificationPage> done) = 0;
  virtual void stats(Timestamp now, Done<Stats> done) = 0;
  // Its cost grows with the number of grains: who calls it bounds that (1,500 is well within 50 ms).
  virtual void report(ReportQuery query, Done<Report> done) = 0;

  // A rebuild: begin; then read the log from its earliest record to where it ended after begin was done, and
  // apply_to_rebuild all of it; finish. Until then the old read side serves. What is read twice does no harm.

  // Makes a second, empty read side, in place of that of an unfinished rebuild.
  virtual void begin_rebuild(Done<RebuildId> done) = 0;
  // Writes only the new read side. False: another rebuild has replaced this one, or it is finished; nothing
  // was written.
  virtual void apply_to_rebuild(RebuildId rebuild, std::shared_ptr<const FactBatch> facts, Timestamp now,
                                Done<bool> done) = 0;
  // Swaps the new read side in, in one transaction. True also if it serves already (asked again, the answer
  // was lost). False: another rebuild has replaced this one.
  virtual void finish_rebuild(RebuildId rebuild, Done<bool> done) = 0;
  virtual void rebuild_state(Done<RebuildState> done) = 0;
  // Deletes a bounded part (some 10 ms of the writer's time) of the read sides that were replaced. True:
  // there is more; call it again. To be called after begin, after finish, and at start until it says false.
  virtual void shed_replaced(Done<bool> done) = 0;
};

}  // namespace vestnik::store
