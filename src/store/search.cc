#include "store/search.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/text.h"
#include "store/codes.h"
#include "store/error_label.h"
#include "store/packed.h"
#include "store/recipient.h"
#include "store/timeline_row.h"

namespace vestnik::store {
namespace {

constexpr char cursor_separator = '.';
constexpr std::size_t cursor_bytes_max = 1024;

std::vector<int> codes_of(const std::vector<std::string>& states) {
  std::vector<int> codes;
  for (int state = 0; state <= static_cast<int>(all_step_kinds.size()); ++state)
    if (std::ranges::find(states, state_name(state)) != states.end()) codes.push_back(state);
  return codes;
}

std::optional<std::string> from_hex(std::string_view text) {
  std::string bytes;
  if (text.size() % 2 != 0) return std::nullopt;
  for (; !text.empty(); text.remove_prefix(2)) {
    const std::size_t high = hex_digits.find(text[0]), low = hex_digits.find(text[1]);
    if (high == text.npos || low == text.npos) return std::nullopt;
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

// The place whose head is the newest; null: all are at their end.
RowSource* newest(const std::vector<std::unique_ptr<RowSource>>& places) {
  RowSource* best = nullptr;
  const RowSource::Row* found = nullptr;
  for (const auto& place : places) {
    const RowSource::Row* row = place->head();
    if (row && (!found || std::pair(found->first_at, found->id) < std::pair(row->first_at, row->id))) {
      found = row;
      best = place.get();
    }
  }
  return best;
}

}  // namespace

bool is_cursor(std::string_view text) { return text.empty() || Cursor::parse(text); }

std::string Cursor::text() const {
  std::string out = std::to_string(first_at) + cursor_separator;
  for (const char c : id) {
    out += hex_digits[static_cast<unsigned char>(c) >> 4];
    out += hex_digits[static_cast<unsigned char>(c) & 0xF];
  }
  return out;
}

std::optional<Cursor> Cursor::parse(std::string_view text) {
  Cursor cursor;
  if (text.size() > cursor_bytes_max) return std::nullopt;
  const std::size_t separator = text.find(cursor_separator);
  if (separator == text.npos) return std::nullopt;
  const std::string_view first_at = text.substr(0, separator);
  const auto [parsed, error] = std::from_chars(first_at.begin(), first_at.end(), cursor.first_at);
  if (error != std::errc() || parsed != first_at.end()) return std::nullopt;
  auto id = from_hex(text.substr(separator + 1));
  if (!id) return std::nullopt;
  cursor.id = *std::move(id);
  return cursor;
}

bool is_listed_state(int state) {
  return state != 1 + code(StepKind::sent) && state != 1 + code(StepKind::delivered);
}

Search::Search(NotificationFilter filter, std::string_view cursor, const Groups& groups,
               std::optional<int> label, std::optional<std::vector<std::string>> users)
    : filter_(std::move(filter)),
      event_id_(filter_.event_id.empty() ? "" : pack_id(filter_.event_id.value)),
      user_id_(filter_.user_id.empty() ? "" : pack_id(filter_.user_id.value)),
      digest_(recipient_digest(filter_.recipient)),
      states_(codes_of(filter_.states)),
      label_(label),
      from_(filter_.from ? to_unix_us(*filter_.from) : std::numeric_limits<std::int64_t>::min()),
      before_{filter_.before ? to_unix_us(*filter_.before) : std::numeric_limits<std::int64_t>::max(), ""} {
  if (const auto place = Cursor::parse(cursor);
      place && std::pair(place->first_at, place->id) < std::pair(before_.first_at, before_.id))
    before_ = *place;
  groups.for_each([&](int number, const Group& group) {
    groups_[static_cast<std::size_t>(number)] = group_passes(number, group, groups);
  });
  if (!user_id_.empty()) {
    nothing_ = users && std::ranges::find(*users, user_id_) == users->end();
    users = std::vector{user_id_};
  }
  const bool by_error = !filter_.error.empty();
  nothing_ = nothing_ || (users && users->empty()) || (!filter_.states.empty() && states_.empty()) ||
             (by_error && !label_);
  if (users)
    places_.users = *std::move(users);
  else if (by_error)
    places_.error = label_.value_or(no_label);
  else if (std::ranges::all_of(states_, is_listed_state))
    places_.states = states_;
}

// Groups that may hold what is asked for: `other` may hold anything, and what has no plan yet has no event
// type here.
bool Search::group_passes(int number, const Group& group, const Groups& groups) const {
  if (!group.channel || (filter_.channel && group.channel != filter_.channel)) return false;
  if (groups.is_other(number)) return true;
  const auto passes = [](const std::string& asked, const std::string& has) {
    return asked.empty() || asked == has;
  };
  return passes(filter_.provider, group.provider) && passes(filter_.template_name, group.template_name) &&
         passes(filter_.category, group.category) &&
         (group.event_type.empty() || passes(filter_.event_type, group.event_type));
}

std::vector<int> Search::groups() const {
  std::vector<int> numbers;
  for (std::size_t number = 0; number < groups_.size(); ++number)
    if (groups_[number]) numbers.push_back(static_cast<int>(number));
  return numbers;
}

bool Search::keys_pass(int state, int group, int error) const {
  const auto index = static_cast<std::size_t>(group);
  return (states_.empty() || std::ranges::find(states_, state) != states_.end()) && index < groups_.size() &&
         groups_[index] && (filter_.error.empty() || error == label_);
}

bool Search::facts_pass(const TimelineRow& row, std::string_view event_type) const {
  const auto passes = [](std::string_view asked, std::string_view has) {
    return asked.empty() || asked == has;
  };
  const StepFact* furthest = furthest_step(row.steps);
  const StepFact* failure = last_failure(row.steps);
  return passes(user_id_, row.user_id) && passes(event_id_, row.event_id) &&
         (digest_ == 0 || (row.plan && row.plan->recipient_digest == digest_)) &&
         (!filter_.channel || row.channel == *filter_.channel) &&
         passes(filter_.provider, furthest ? std::string_view(furthest->provider) : "") &&
         passes(filter_.template_name, row.plan ? template_name(*row.plan) : "") &&
         passes(filter_.category, row.plan ? std::string_view(row.plan->category) : "") &&
         passes(filter_.event_type, row.plan ? std::string_view(row.plan->event_type) : event_type) &&
         (filter_.error.empty() || (failure && error_label(failure->answer) == filter_.error));
}

NotificationPage page_of(const Search& search, std::vector<std::unique_ptr<RowSource>> places,
                         std::size_t limit) {
  NotificationPage page;
  Cursor last = search.before();
  for (std::size_t looked = 0; page.notifications.size() < limit && looked < looked_at_max; ++looked) {
    RowSource* const place = newest(places);
    if (!place) return page;
    const RowSource::Row& head = *place->head();
    last = {head.first_at, std::string(head.id)};
    if (search.keys_pass(head.state, head.group, head.error)) {
      const TimelineRow row = unpack_facts(head.id, head.facts);
      std::optional<AcceptedFact> event;
      if (!row.plan) event = place->event(row);
      if (search.facts_pass(row, event ? std::string_view(event->event_type) : ""))
        page.notifications.push_back(view_of(row, event, false));
    }
    place->advance();
  }
  if (newest(places)) page.next = last.text();
  return page;
}

}  // namespace vestnik::store
