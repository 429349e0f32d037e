// How a search goes through rows, whatever keeps them: newest first, out of one place or several merged, a
// bounded number of them, each looked at by its keys first and by its facts if these pass.
#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/names.h"
#include "store/tally.h"

namespace vestnik::store {

// Rows that one call looks at, so that one that finds little ends soon, too.
inline constexpr std::size_t looked_at_max = 10'000;
// A recipient of more users than this is looked for in everybody's rows.
inline constexpr std::size_t recipient_users_max = 64;

// Where a page ended, in the order of (first_at, id), both descending.
struct Cursor {
  std::int64_t first_at = 0;  // Unix microseconds
  std::string id;             // pack_id()

  std::string text() const;
  // None: no cursor. Empty text is none, too.
  static std::optional<Cursor> parse(std::string_view text);
};

// States whose rows have an index of their own: all but the two in which nearly everything ends.
bool is_listed_state(int state);

// A filter, ready to be used.
class Search {
 public:
  // What to go through. With users, states or an error: those rows only.
  struct Places {
    std::vector<std::string> users;  // pack_id()
    std::vector<int> states;
    int error = no_label;
  };

  // `label`: the number of filter.error, none: it has none. `users`: of its event and recipient, as far as it
  // asks for them; none: everybody's.
  Search(NotificationFilter filter, std::string_view cursor, const Groups& groups, std::optional<int> label,
         std::optional<std::vector<std::string>> users);

  bool finds_nothing() const { return nothing_; }
  const Places& places() const { return places_; }
  // Rows of interest: first_at >= from() and (first_at, id) < before().
  std::int64_t from() const { return from_; }
  const Cursor& before() const { return before_; }

  // By number, for who lets the database look.
  const std::vector<int>& states() const { return states_; }  // empty: any
  std::vector<int> groups() const;

  bool keys_pass(int state, int group, int error) const;
  // `event_type`: of the row's event, for a row without a plan.
  bool facts_pass(const TimelineRow& row, std::string_view event_type) const;
  bool needs_event_type() const { return !filter_.event_type.empty(); }

 private:
  bool group_passes(int number, const Group& group, const Groups& groups) const;

  NotificationFilter filter_;
  std::string event_id_;  // pack_id()
  std::string user_id_;
  std::int64_t digest_ = 0;
  std::vector<int> states_;
  std::bitset<range_of(NameKind::group).end> groups_;
  std::optional<int> label_;
  Places places_;
  std::int64_t from_;
  Cursor before_;
  bool nothing_ = false;
};

// Rows in the order of a search. What head() points to lives until advance().
class RowSource {
 public:
  struct Row {
    std::int64_t first_at = 0;
    std::string_view id;
    int state = 0, group = 0, error = 0;
    std::string_view facts;
  };

  virtual ~RowSource() = default;
  virtual const Row* head() = 0;  // null: no more
  virtual void advance() = 0;
  // Of the event of the row at the head.
  virtual std::optional<AcceptedFact> event(const TimelineRow& row) = 0;
};

NotificationPage page_of(const Search& search, std::vector<std::unique_ptr<RowSource>> places,
                         std::size_t limit);

}  // namespace vestnik::store
