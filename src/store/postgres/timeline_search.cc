#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <functional>
#include <optional>

#include "store/codes.h"
#include "store/packed.h"
#include "store/postgres/timeline_read.h"
#include "store/recipient.h"
#include "store/search.h"

namespace vestnik::store::postgres {
namespace {

constexpr std::string_view select_generation = "SELECT generation FROM readside_generations WHERE role = 0";
constexpr std::string_view select_label =
    "SELECT (SELECT number FROM readside_names WHERE kind = 1 AND text = $1), "
    "(SELECT max(number) FROM readside_names WHERE kind = 1)";
constexpr std::string_view select_users =
    "SELECT user_id FROM readside_recipients WHERE generation = "
    "(SELECT generation FROM readside_generations WHERE role = 0) AND digest = $1 ORDER BY user_id LIMIT $2";
constexpr std::string_view select_event =
    "SELECT user_id FROM readside_events WHERE generation = "
    "(SELECT generation FROM readside_generations WHERE role = 0) AND event_id = $1";

// Where rows are looked for; all but the first have a key, $10.
enum class Place { all, user, state, error };

// Looks at $5 rows of generation $1 and gives their keys, and the facts of those whose keys are wanted:
// states $6 (none: any), groups $7, error $8 (0: any). Groups $9 may be of rows without a plan, which need
// their event.
std::string_view rows_sql(Place place) {
  static const auto sql = [](std::string_view where) {
    return fmt::format(
        "SELECT t.first_at, t.id, t.state, t.grp, t.error, CASE WHEN t.wanted THEN t.facts END, "
        "e.event_type, "
        "e.accepted_at FROM (SELECT r.*, (cardinality($6::int8[]) = 0 OR r.state = ANY ($6)) "
        "AND r.grp = ANY ($7::int8[]) AND ($8 = 0 OR r.error = $8) AS wanted FROM readside_rows r "
        "WHERE r.generation = $1 AND r.first_at >= $2 AND (r.first_at, r.id) < ($3, $4){} "
        "ORDER BY r.first_at DESC, r.id DESC LIMIT $5) t LEFT JOIN readside_events e ON e.generation = $1 "
        "AND e.event_id = CASE WHEN t.wanted AND t.grp = ANY ($9::int8[]) THEN t.event_id END "
        "ORDER BY t.first_at DESC, t.id DESC",
        where);
  };
  static const std::array<std::string, 4> texts{sql(""), sql(" AND r.user_id = $10"),
                                                sql(" AND r.listed IS NOT NULL AND r.listed = $10"),
                                                sql(" AND r.error <> 0 AND r.error = $10")};
  return texts[static_cast<std::size_t>(place)];
}

// Most searches want the first few rows, some go through all they may.
constexpr std::size_t chunk_min = 64, chunk_max = 4096;

// What every part of one search asks with.
struct Asked {
  const Try& go;
  std::int64_t generation;
  const Search& search;
  std::vector<std::int64_t> states, groups, planless;
  int error;
};

class ChunkedRows final : public RowSource {
 public:
  // `key`: adds $10.
  ChunkedRows(const Asked& asked, Place place, std::function<void(Parameters&)> key, std::size_t first_chunk)
      : asked_(asked),
        sql_(rows_sql(place)),
        key_(std::move(key)),
        after_(asked.search.before()),
        chunk_(first_chunk) {}

  const Row* head() override {
    if (!rows_) fetch();
    return next_ < rows_->size() ? &row_ : nullptr;
  }
  void advance() override {
    if (!rows_) fetch();
    if (++next_ >= rows_->size() && rows_->size() == static_cast<int>(asked_for_)) fetch();
    show();
  }
  std::optional<AcceptedFact> event(const TimelineRow& row) override {
    if (rows_->is_null(next_, 6)) return std::nullopt;
    return AcceptedFact{row.event_id, std::string(rows_->bytes(next_, 6)),
                        from_unix_us(rows_->integer(next_, 7)), row.user_id};
  }

 private:
  void fetch() {
    if (rows_ && rows_->size() > 0)
      after_ = {rows_->integer(rows_->size() - 1, 0), std::string(rows_->bytes(rows_->size() - 1, 1))};
    Parameters parameters;
    parameters.integer(asked_.generation).integer(asked_.search.from()).integer(after_.first_at);
    parameters.bytes(after_.id).integer(static_cast<std::int64_t>(chunk_)).integers(asked_.states);
    parameters.integers(asked_.groups).integer(asked_.error).integers(asked_.planless);
    if (key_) key_(parameters);
    const Statement statement{sql_, std::move(parameters)};
    rows_ = asked_.go.connection.run({&statement, 1}, asked_.go.deadline).front();
    asked_for_ = chunk_;
    chunk_ = std::min(4 * chunk_, chunk_max);
    next_ = 0;
    show();
  }
  void show() {
    if (next_ >= rows_->size()) return;
    row_ = {.first_at = rows_->integer(next_, 0),
            .id = rows_->bytes(next_, 1),
            .state = static_cast<int>(rows_->integer(next_, 2)),
            .group = static_cast<int>(rows_->integer(next_, 3)),
            .error = static_cast<int>(rows_->integer(next_, 4)),
            .facts = rows_->bytes(next_, 5)};
  }

  const Asked& asked_;
  const std::string_view sql_;
  const std::function<void(Parameters&)> key_;
  Cursor after_;
  std::size_t chunk_, asked_for_ = 0;
  std::optional<postgres::Rows> rows_;
  int next_ = 0;
  Row row_;
};

std::vector<std::unique_ptr<RowSource>> places_of(const Asked& asked, std::size_t limit) {
  std::vector<std::unique_ptr<RowSource>> places;
  const std::size_t chunk = std::clamp(limit + 1, chunk_min, chunk_max);
  const auto add = [&](Place place, std::function<void(Parameters&)> key) {
    places.push_back(std::make_unique<ChunkedRows>(asked, place, std::move(key), chunk));
  };
  const auto number = [](int n) { return [n](Parameters& parameters) { parameters.integer(n); }; };
  const Search::Places& wanted = asked.search.places();
  for (const std::string& user : wanted.users)
    add(Place::user, [user](Parameters& parameters) { parameters.bytes(user); });
  for (const int state : wanted.states) add(Place::state, number(state));
  if (wanted.error != no_label) add(Place::error, number(wanted.error));
  if (places.empty()) add(Place::all, {});
  return places;
}

// The first round trip of a search: everything that says where to look.
struct Bearings {
  std::int64_t generation = 0;
  Groups groups;
  std::optional<int> label;
  std::optional<std::vector<std::string>> users;
};

std::optional<std::vector<std::string>> users_in(const Rows& rows, std::size_t max) {
  if (rows.size() > static_cast<int>(max)) return std::nullopt;
  std::vector<std::string> users;
  for (int i = 0; i < rows.size(); ++i) users.emplace_back(rows.bytes(i, 0));
  return users;
}

// Both, as far as they are asked for.
std::optional<std::vector<std::string>> users_of(const NotificationFilter& filter, const Rows& recipients,
                                                 const Rows& events) {
  std::optional<std::vector<std::string>> users;
  if (!filter.recipient.empty()) users = users_in(recipients, recipient_users_max);
  if (filter.event_id.empty()) return users;
  const auto owners = users_in(events, 1);
  if (!owners || owners->empty()) return std::vector<std::string>{};
  if (owners->front().empty()) return users;  // an event of before events had users
  if (users && std::ranges::find(*users, owners->front()) == users->end()) return std::vector<std::string>{};
  return owners;
}

Bearings take_bearings(const Try& go, const NotificationFilter& filter) {
  const std::vector<Statement> statements{
      {select_generation, {}},
      {select_groups, {}},
      {select_label, std::move(Parameters().bytes(filter.error))},
      {select_users, std::move(Parameters()
                                   .integer(recipient_digest(filter.recipient))
                                   .integer(static_cast<std::int64_t>(recipient_users_max + 1)))},
      {select_event, std::move(Parameters().bytes(pack_id(filter.event_id.value)))}};
  const std::vector<Rows> rows = go.connection.run(statements, go.deadline);
  Bearings bearings;
  if (rows[0].size() == 0) throw DamagedValue("the read side has no generation that serves");
  bearings.generation = rows[0].integer(0, 0);
  for (int i = 0; i < rows[1].size(); ++i)
    bearings.groups.add(static_cast<int>(rows[1].integer(i, 0)), rows[1].bytes(i, 1));
  if (!rows[2].is_null(0, 0))
    bearings.label = static_cast<int>(rows[2].integer(0, 0));
  else if (!rows[2].is_null(0, 1) && rows[2].integer(0, 1) + 1 >= range_of(NameKind::label).end)
    bearings.label = other_label;
  bearings.users = users_of(filter, rows[3], rows[4]);
  return bearings;
}

NotificationPage search_one(const Try& go, const PostgresTimeline::Searching& request) {
  Bearings bearings = take_bearings(go, request.filter);
  const bool by_error = !request.filter.error.empty();
  const Search search(request.filter, request.cursor, bearings.groups,
                      by_error ? bearings.label : std::nullopt, std::move(bearings.users));
  if (search.finds_nothing()) return {};
  const std::vector<int> groups = search.groups();
  Asked asked{go,
              bearings.generation,
              search,
              {search.states().begin(), search.states().end()},
              {groups.begin(), groups.end()},
              {},
              by_error ? bearings.label.value_or(no_label) : no_label};
  bearings.groups.for_each([&](int number, const Group& group) {
    if (group.template_name.empty()) asked.planless.push_back(number);
  });
  return page_of(search, places_of(asked, request.limit), request.limit);
}

}  // namespace

std::vector<NotificationPage> search_all(const Try& go,
                                         const std::vector<PostgresTimeline::Searching>& requests) {
  std::vector<NotificationPage> pages;
  for (const PostgresTimeline::Searching& request : requests) pages.push_back(search_one(go, request));
  return pages;
}

}  // namespace vestnik::store::postgres
