#include "audit/report.h"

#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <iterator>
#include <utility>

#include "base/json.h"

namespace vestnik::audit {
namespace {

using store::DeliveryState;

std::string grouped(std::int64_t number) {
  std::string text = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

std::string_view state_text(DeliveryState state) {
  return state == DeliveryState::in_doubt ? "in doubt" : to_string(state);
}

std::string_view shown_text(const std::optional<StepKind>& shown) {
  return shown ? to_string(*shown) : "planned";
}

class Table {
 public:
  explicit Table(const Findings& findings) : findings_(findings) {}

  std::string text() {
    header();
    events("accepted events", findings_.accepted);
    if (findings_.no_workflow > 0) events("  without a workflow", findings_.no_workflow);
    if (findings_.on_the_way > 0) events("  not planned yet", findings_.on_the_way);
    row("skipped", [](const ChannelCounts& c) { return c.skipped; });
    row("given up when planned", [](const ChannelCounts& c) { return c.not_rendered; }, true);
    row("planned", [](const ChannelCounts& c) { return c.planned; });
    row("  on the way", [](const ChannelCounts& c) { return c.on_the_way; });
    for (int i = 0; i < store::delivery_state_count; ++i)
      row(fmt::format("  {}", state_text(static_cast<DeliveryState>(i))),
          [i](const ChannelCounts& c) { return c.states[static_cast<std::size_t>(i)]; });
    return std::move(out_);
  }

 private:
  using Count = std::function<std::int64_t(const ChannelCounts&)>;

  void header() {
    fmt::format_to(std::back_inserter(out_), "{:<24}", "");
    for (const auto& [channel, counts] : findings_.channels)
      fmt::format_to(std::back_inserter(out_), "{:>14}", to_string(channel));
    fmt::format_to(std::back_inserter(out_), "{:>14}\n", "all");
  }
  void events(std::string_view name, std::int64_t count) {
    fmt::format_to(std::back_inserter(out_), "{:<24}{:>{}}\n", name, grouped(count),
                   14 * (findings_.channels.size() + 1));
  }
  void row(std::string_view name, const Count& count, bool only_if_any = false) {
    std::int64_t all = 0;
    std::string line = fmt::format("{:<24}", name);
    for (const auto& [channel, counts] : findings_.channels) {
      all += count(counts);
      fmt::format_to(std::back_inserter(line), "{:>14}", grouped(count(counts)));
    }
    if (all > 0 || !only_if_any) out_ += fmt::format("{}{:>14}\n", line, grouped(all));
  }

  const Findings& findings_;
  std::string out_;
};

void remark(std::string& out, std::int64_t count, std::string_view words) {
  if (count > 0) fmt::format_to(std::back_inserter(out), "{} {}\n", grouped(count), words);
}

std::string remarks(const Findings& f) {
  std::string out;
  remark(out, f.behind, "on their way to the timeline");
  remark(out, f.moving, "with a step on its way to the timeline: their states were not compared");
  remark(out, f.before_the_log, "in the ledger from before the log's beginning");
  remark(out, f.events_repeated, "repetitions of an accepted event (they lead to nothing new)");
  remark(out, f.plans_repeated, "repetitions of a planned notification (they lead to nothing new)");
  remark(out, f.unreadable, "records that can't be read; the services have passed them over");
  remark(out, f.perhaps_unplanned,
         "steps missing that their workflow has now: was it changed after those events were planned?");
  return out;
}

// Calls `each` with the differences of one kind after the other.
template <class Each>
void by_kind(const std::vector<Difference>& differences, const Each& each) {
  for (auto from = differences.begin(); from != differences.end();) {
    const auto to =
        std::find_if(from, differences.end(), [&](const Difference& d) { return d.kind != from->kind; });
    each(from, to);
    from = to;
  }
}

std::string line_of(const Difference& d, const Ids& ids) {
  std::string line = fmt::format("  {}", ids.text(d.id));
  if (d.channel) fmt::format_to(std::back_inserter(line), "  {}", to_string(*d.channel));
  if (d.kind == DifferenceKind::state_differs)
    fmt::format_to(std::back_inserter(line), "  ledger: {}, timeline: {}", to_string(d.in_ledger),
                   shown_text(d.in_timeline));
  return line + "\n";
}

json::object json_of(const Difference& d, const Ids& ids) {
  json::object entry{{"id", ids.text(d.id)}};
  if (d.channel) entry["channel"] = to_string(*d.channel);
  if (d.kind == DifferenceKind::state_differs) {
    entry["ledger"] = to_string(d.in_ledger);
    entry["timeline"] = shown_text(d.in_timeline);
  }
  return entry;
}

json::object json_of(const ChannelCounts& counts) {
  json::object channel{{"planned", counts.planned},
                       {"on_the_way", counts.on_the_way},
                       {"skipped", counts.skipped},
                       {"given_up_when_planned", counts.not_rendered}};
  for (int i = 0; i < store::delivery_state_count; ++i)
    channel[to_string(static_cast<DeliveryState>(i))] = counts.states[static_cast<std::size_t>(i)];
  return channel;
}

}  // namespace

std::string as_text(const Findings& findings, const Ids& ids, std::size_t ids_max) {
  std::string out = Table(findings).text() + "\n" + remarks(findings);
  if (findings.agree())
    return out +
           "They agree: everything accepted is planned or skipped, everything planned is in the ledger, and "
           "the "
           "timeline tells the same" +
           (findings.quiet() ? ".\n" : ", as far as it has come.\n");
  by_kind(findings.differences, [&](auto from, auto to) {
    fmt::format_to(std::back_inserter(out), "DIFFERENT, {}: {}\n", grouped(to - from), explain(from->kind));
    const auto shown = std::min<std::ptrdiff_t>(to - from, static_cast<std::ptrdiff_t>(ids_max));
    for (auto d = from; d != from + shown; ++d) out += line_of(*d, ids);
    if (from + shown != to)
      fmt::format_to(std::back_inserter(out), "  and {} more (--ids-max)\n", grouped(to - from - shown));
  });
  return out;
}

std::string as_json(const Findings& f, const Ids& ids, std::size_t ids_max) {
  json::object channels, differences;
  for (const auto& [channel, counts] : f.channels) channels[to_string(channel)] = json_of(counts);
  by_kind(f.differences, [&](auto from, auto to) {
    json::array shown;
    for (auto d = from; d != to && shown.size() < ids_max; ++d) shown.push_back(json_of(*d, ids));
    differences[to_string(from->kind)] = json::object{{"count", to - from}, {"ids", std::move(shown)}};
  });
  return json::serialize(json::object{{"agree", f.agree()},
                                      {"quiet", f.quiet()},
                                      {"accepted", f.accepted},
                                      {"without_workflow", f.no_workflow},
                                      {"not_planned_yet", f.on_the_way},
                                      {"channels", std::move(channels)},
                                      {"behind", f.behind},
                                      {"moving", f.moving},
                                      {"before_the_log", f.before_the_log},
                                      {"events_repeated", f.events_repeated},
                                      {"plans_repeated", f.plans_repeated},
                                      {"unreadable", f.unreadable},
                                      {"perhaps_unplanned", f.perhaps_unplanned},
                                      {"differences", std::move(differences)}}) +
         "\n";
}

}  // namespace vestnik::audit
