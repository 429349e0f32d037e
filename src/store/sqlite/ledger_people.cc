// What people ask of the ledger: lists and decisions.
#include <algorithm>

#include "store/amendment.h"
#include "store/codes.h"
#include "store/delivery_filter.h"
#include "store/delivery_state.h"
#include "store/packed.h"
#include "store/sqlite/ledger.h"

namespace vestnik::store::sqlite {
namespace {

// Only what a filter looks at; those let through are read whole.
const std::string looked_at =
    "SELECT seq, state, channel, updated_at, provider, answer, meta, id FROM ledger ";
const std::string walk_all = looked_at + "WHERE seq < ?1 ORDER BY seq DESC";
// The second condition is the one of the partial index ledger_listed, word by word.
const std::string walk_state = looked_at + "WHERE state = ?2 AND state >= 4 AND seq < ?1 ORDER BY seq DESC";

// One row after the other, newest first, of one state or of all.
class Walk {
 public:
  Walk(Connection& connection, std::int64_t before, std::optional<DeliveryState> state)
      : statement_(connection.prepare(state ? walk_state : walk_all)) {
    statement_.bind(1, before);
    if (state) statement_.bind(2, code(*state));
    step();
  }

  void step() { there_ = statement_.step(); }
  std::int64_t seq() const { return there_ ? statement_.integer(0) : 0; }  // 0: at the end
  bool passes(const DeliveryFilter& filter) const {
    Delivery d;
    d.state = delivery_state_of(statement_.integer(1));
    d.notification.channel = channel_of(statement_.integer(2));
    d.updated_at = from_unix_us(statement_.integer(3));
    d.provider = statement_.blob(4);
    d.answer = statement_.blob(5);
    if (!filter.category.empty() || !filter.user_id.empty())
      d.notification = unpack_notification(statement_.blob(7), statement_.blob(6), {});
    return lets_through(filter, d);
  }

 private:
  Statement statement_;
  bool there_ = false;
};

std::vector<Walk> walks_for(Connection& connection, const DeliveryFilter& filter, std::int64_t before) {
  std::vector<Walk> walks;
  if (!is_listed_by_state(filter)) {
    walks.emplace_back(connection, before, std::nullopt);
    return walks;
  }
  std::vector<DeliveryState> states = filter.states;
  std::ranges::sort(states);
  states.erase(std::ranges::unique(states).begin(), states.end());
  walks.reserve(states.size());
  for (const DeliveryState state : states) walks.emplace_back(connection, before, state);
  return walks;
}

DeliveryPage list_now(Connection& connection, const LogInFilePtr& log, const DeliveryFilter& filter,
                      std::int64_t before, std::size_t limit) {
  std::vector<Walk> walks =
      walks_for(connection, filter, before > 0 ? before : std::numeric_limits<std::int64_t>::max());
  Statement whole = connection.prepare(delivery_columns + "WHERE l.seq = ?1");
  DeliveryPage page;
  for (std::int64_t looked_at_count = 0, last = before;; ++looked_at_count) {
    Walk& newest = *std::ranges::max_element(walks, {}, &Walk::seq);
    if (newest.seq() == 0) return page;
    if (page.deliveries.size() >= limit || looked_at_count == list_rows_looked_at_max) {
      page.next = last;
      return page;
    }
    last = newest.seq();
    if (newest.passes(filter)) {
      if (whole.bind(1, last).step()) page.deliveries.push_back(delivery_of(connection, whole, log));
      whole.reset();
    }
    newest.step();
  }
}

Amended amend_one(Connection& connection, const Amendment& amendment, StepBook& book) {
  const std::string id = pack_id(amendment.id.value);
  Statement select =
      connection.prepare("SELECT seq, state, attempt, provider, partition, meta FROM ledger WHERE id = ?1");
  if (!select.bind_blob(1, id).step()) return {.kind = Amended::Kind::unknown};
  const DeliveryState from = delivery_state_of(select.integer(1));
  const auto to = decided_state(from, amendment.decision);
  if (!to) return {.kind = Amended::Kind::refused, .state = from};
  const std::int64_t seq = select.integer(0);
  // Nobody's row any more: whoever has the partition may begin it, even if the log counts its epochs anew.
  Statement update = connection.prepare(
      "UPDATE ledger SET state = ?2, updated_at = ?3, epoch = CASE WHEN ?2 = 0 THEN 0 ELSE epoch END, "
      "due_at = CASE WHEN ?2 = 0 THEN ?3 ELSE due_at END, "
      "retried_after = CASE WHEN ?2 = 0 THEN attempt ELSE retried_after END, "
      "answer = CASE WHEN ?2 = 0 THEN answer ELSE ?4 END WHERE seq = ?1");
  update.bind(1, seq).bind(2, code(*to)).bind(3, to_unix_us(amendment.at)).bind_blob(4, amendment.reason);
  update.run();
  book.note(decided_step(unpack_notification(id, select.blob(5), {}), static_cast<int>(select.integer(2)),
                         select.blob(3), amendment),
            select.integer(4));
  if (!content_is_needed(*to)) drop_content(connection, seq);
  return {.kind = Amended::Kind::done, .state = *to};
}

}  // namespace

void SqliteLedger::list(DeliveryFilter filter, std::int64_t before, std::size_t limit,
                        Done<DeliveryPage> done) {
  gate_.read<DeliveryPage>(
      [filter = std::move(filter), before, limit, log = log_](Connection& connection) {
        return list_now(connection, log, filter, before, limit);
      },
      std::move(done));
}

void SqliteLedger::amend(std::vector<Amendment> batch, Done<std::vector<Amended>> done) {
  move<std::vector<Amended>>(
      [batch = std::move(batch)](Connection& connection, StepBook& book) {
        std::vector<Amended> answers;
        for (const Amendment& amendment : batch) answers.push_back(amend_one(connection, amendment, book));
        return answers;
      },
      std::move(done));
}

}  // namespace vestnik::store::sqlite
