#include "store/sqlite/timeline_read.h"

#include <algorithm>
#include <set>

#include "store/codes.h"
#include "store/packed.h"
#include "store/recipient.h"
#include "store/search.h"

namespace vestnik::store::sqlite {
namespace {

// Which of these it is, is said by the place; everything else is the same.
constexpr std::string_view of_all =
    "SELECT first_at, id, state, grp, error, facts FROM readside_rows INDEXED BY readside_rows_first "
    "WHERE generation = ?1 AND first_at >= ?2 AND (first_at, id) < (?3, ?4) ORDER BY first_at DESC, id DESC";
constexpr std::string_view of_user =
    "SELECT first_at, id, state, grp, error, facts FROM readside_rows INDEXED BY readside_rows_user "
    "WHERE generation = ?1 AND user_id = ?5 AND first_at >= ?2 AND (first_at, id) < (?3, ?4) "
    "ORDER BY first_at DESC, id DESC";
constexpr std::string_view of_state =
    "SELECT first_at, id, state, grp, error, facts FROM readside_rows INDEXED BY readside_rows_state "
    "WHERE generation = ?1 AND state <> 4 AND state <> 5 AND state = ?5 AND first_at >= ?2 "
    "AND (first_at, id) < (?3, ?4) ORDER BY first_at DESC, id DESC";
constexpr std::string_view of_error =
    "SELECT first_at, id, state, grp, error, facts FROM readside_rows INDEXED BY readside_rows_error "
    "WHERE generation = ?1 AND error <> 0 AND error = ?5 AND first_at >= ?2 AND (first_at, id) < (?3, ?4) "
    "ORDER BY first_at DESC, id DESC";

class StatementRows final : public RowSource {
 public:
  StatementRows(Connection& connection, std::int64_t generation, const Search& search, std::string_view sql)
      : connection_(connection),
        generation_(generation),
        before_(search.before().id),
        select_(connection.prepare(sql)) {
    select_.bind(1, generation).bind(2, search.from()).bind(3, search.before().first_at);
    select_.bind_blob(4, before_);
  }
  StatementRows& with(std::int64_t number) {
    select_.bind(5, number);
    return *this;
  }
  StatementRows& with(const std::string& bytes) {
    key_ = bytes;
    select_.bind_blob(5, key_);
    return *this;
  }

  const Row* head() override {
    if (!begun_) advance();
    return at_end_ ? nullptr : &row_;
  }
  void advance() override {
    begun_ = true;
    at_end_ = at_end_ || !select_.step();
    if (!at_end_)
      row_ = {.first_at = select_.integer(0),
              .id = select_.blob(1),
              .state = static_cast<int>(select_.integer(2)),
              .group = static_cast<int>(select_.integer(3)),
              .error = static_cast<int>(select_.integer(4)),
              .facts = select_.blob(5)};
  }
  std::optional<AcceptedFact> event(const TimelineRow& row) override {
    return event_of(connection_, generation_, row.event_id);
  }

 private:
  Connection& connection_;
  const std::int64_t generation_;
  const std::string before_;
  std::string key_;
  Statement select_;
  Row row_;
  bool begun_ = false, at_end_ = false;
};

std::vector<std::unique_ptr<RowSource>> places_of(Connection& connection, std::int64_t generation,
                                                  const Search& search) {
  std::vector<std::unique_ptr<RowSource>> places;
  const auto add = [&](std::string_view sql) -> StatementRows& {
    auto rows = std::make_unique<StatementRows>(connection, generation, search, sql);
    StatementRows& added = *rows;
    places.push_back(std::move(rows));
    return added;
  };
  const Search::Places& asked = search.places();
  for (const std::string& user : asked.users) add(of_user).with(user);
  for (const int state : asked.states) add(of_state).with(state);
  if (asked.error != no_label) add(of_error).with(asked.error);
  if (places.empty()) add(of_all);
  return places;
}

// One look for each block of rows, so their number decides: 305 for ten million rows.
std::optional<std::vector<std::string>> users_of(Connection& connection, std::int64_t generation,
                                                 std::int64_t digest) {
  Statement ends = connection.prepare(
      "SELECT (SELECT block FROM readside_recipients WHERE generation = ?1 ORDER BY block LIMIT 1), "
      "(SELECT block FROM readside_recipients WHERE generation = ?1 ORDER BY block DESC LIMIT 1)");
  ends.bind(1, generation).step();
  std::set<std::string> users;
  Statement select = connection.prepare(
      "SELECT user_id FROM readside_recipients WHERE generation = ?1 AND block = ?2 AND digest = ?3");
  for (std::int64_t block = ends.integer(0); !ends.is_null(0) && block <= ends.integer(1); ++block) {
    for (select.bind(1, generation).bind(2, block).bind(3, digest); select.step();)
      users.emplace(select.blob(0));
    select.reset();
    if (users.size() > recipient_users_max) return std::nullopt;
  }
  return std::vector<std::string>(users.begin(), users.end());
}

// The users that the filter's event and recipient belong to; none: anybody.
std::optional<std::vector<std::string>> users_asked_for(Connection& connection, std::int64_t generation,
                                                        const NotificationFilter& filter) {
  std::optional<std::vector<std::string>> users;
  if (!filter.recipient.empty()) users = users_of(connection, generation, recipient_digest(filter.recipient));
  if (!filter.event_id.empty()) {
    const auto event = event_of(connection, generation, pack_id(filter.event_id.value));
    if (!event) return std::vector<std::string>{};
    if (event->user_id.empty()) return users;
    const bool possible = !users || std::ranges::find(*users, event->user_id) != users->end();
    users = possible ? std::vector{event->user_id} : std::vector<std::string>{};
  }
  return users;
}

std::optional<int> label_number(Connection& connection, const std::string& label) {
  if (const auto number = number_of(connection, NameKind::label, label)) return number;
  const bool full = next_number(connection, NameKind::label) >= range_of(NameKind::label).end;
  return full ? std::optional(other_label) : std::nullopt;
}

}  // namespace

std::optional<Role> role_of(Connection& connection, std::int64_t generation) {
  Statement select = connection.prepare("SELECT role FROM readside_generations WHERE generation = ?1");
  if (!select.bind(1, generation).step()) return std::nullopt;
  return static_cast<Role>(select.integer(0));
}

std::int64_t serving_generation(Connection& connection) {
  Statement select = connection.prepare("SELECT generation FROM readside_generations WHERE role = 0");
  if (!select.step()) throw DamagedValue("the read side has no generation that serves");
  return select.integer(0);
}

std::optional<int> number_of(Connection& connection, NameKind kind, const std::string& text) {
  Statement select = connection.prepare("SELECT number FROM readside_names WHERE kind = ?1 AND text = ?2");
  if (!select.bind(1, code(kind)).bind_blob(2, text).step()) return std::nullopt;
  return static_cast<int>(select.integer(0));
}

int next_number(Connection& connection, NameKind kind) {
  Statement last = connection.prepare("SELECT max(number) FROM readside_names WHERE kind = ?1");
  last.bind(1, code(kind)).step();
  return last.is_null(0) ? range_of(kind).first : static_cast<int>(last.integer(0)) + 1;
}

Groups groups_in(Connection& connection) {
  Groups groups;
  Statement select = connection.prepare("SELECT number, text FROM readside_names WHERE kind = ?1");
  for (select.bind(1, code(NameKind::group)); select.step();)
    groups.add(static_cast<int>(select.integer(0)), select.blob(1));
  return groups;
}

std::optional<AcceptedFact> event_of(Connection& connection, std::int64_t generation,
                                     const std::string& event_id) {
  Statement select = connection.prepare(
      "SELECT event_type, accepted_at, user_id FROM readside_events WHERE generation = ?1 AND event_id = ?2");
  if (!select.bind(1, generation).bind_blob(2, event_id).step()) return std::nullopt;
  return AcceptedFact{event_id, std::string(select.blob(0)), from_unix_us(select.integer(1)),
                      std::string(select.blob(2))};
}

NotificationPage search_in(Connection& connection, NotificationFilter filter, const std::string& cursor,
                           std::size_t limit) {
  const std::int64_t generation = serving_generation(connection);
  auto users = users_asked_for(connection, generation, filter);
  std::optional<int> label;
  if (!filter.error.empty()) label = label_number(connection, filter.error);
  const Search search(std::move(filter), cursor, groups_in(connection), label, std::move(users));
  if (search.finds_nothing()) return {};
  return page_of(search, places_of(connection, generation, search), limit);
}

}  // namespace vestnik::store::sqlite
