#include "store/postgres/ledger.h"

#include <algorithm>
#include <map>
#include <set>

#include "store/codes.h"
#include "store/packed.h"
#include "store/postgres/waves.h"

namespace vestnik::store::postgres {
namespace {

constexpr std::string_view lock_shared =
    "SELECT pg_advisory_xact_lock_shared(1986360180, k::int4) FROM unnest($1::int8[]) AS k";
constexpr std::string_view lock_alone =
    "SELECT pg_advisory_xact_lock(1986360180, k::int4) FROM unnest($1::int8[]) AS k";

constexpr std::string_view insert_deliveries =
    "WITH t AS (SELECT * FROM unnest($1::bytea[], $2::int8[], $3::int8[], $4::int8[], $5::int8[], "
    "$6::int8[], "
    "$7::bytea[], $8::bytea[]) WITH ORDINALITY AS t(id, channel, partition, epoch, due_at, at, meta, "
    "content, n)), "
    "fresh AS (INSERT INTO ledger (id, channel, partition, epoch, due_at, updated_at, op, meta, content) "
    "SELECT id, channel, partition, epoch, due_at, at, $9, meta, content FROM t ORDER BY n "
    "ON CONFLICT (id) DO NOTHING RETURNING id) "
    "SELECT id FROM fresh UNION ALL SELECT l.id FROM t JOIN ledger l ON l.id = t.id WHERE $10 AND l.op = $9";

// The last part: what an earlier go of this very batch has done counts as done.
constexpr std::string_view record =
    "WITH t AS (SELECT * FROM unnest($1::bytea[], $2::int8[], $3::int8[], $4::int8[], $5::int8[], "
    "$6::int8[], "
    "$7::int8[], $8::bytea[], $9::bytea[], $10::bytea[], $11::bytea[], $12::bytea[]) WITH ORDINALITY "
    "AS t(id, attempt, epoch, state, gives_back, due_at, at, provider, answer, progress, step_id, step, n)), "
    "moved AS (UPDATE ledger l SET state = t.state, "
    "attempt = l.attempt - CASE WHEN t.gives_back = 1 AND l.state = 1 THEN 1 ELSE 0 END, epoch = "
    "greatest(l.epoch, t.epoch), "
    "due_at = CASE WHEN t.state = 0 THEN t.due_at ELSE l.due_at END, updated_at = t.at, provider = "
    "t.provider, "
    "answer = t.answer, progress = t.progress, "
    // sent, expired, suppressed, discarded: the content is not needed any more
    "content = CASE WHEN t.state IN (2, 7, 8, 9) THEN NULL ELSE l.content END, op = $13 "
    // An outcome is the truth about its attempt, whoever has the partition now.
    "FROM t WHERE l.id = t.id AND l.attempt = t.attempt AND (l.state = 1 OR (l.state = 0 "
    "AND l.epoch <= t.epoch AND NOT EXISTS (SELECT FROM ledger_owners o WHERE o.channel = l.channel "
    "AND o.partition = l.partition AND o.epoch > t.epoch))) RETURNING l.id, l.channel, l.partition, "
    "t.step_id, t.step, t.n), "
    "kept AS (INSERT INTO outbox (step_id, channel, partition, op, step) "
    "SELECT step_id, channel, partition, $13, step FROM moved ORDER BY n ON CONFLICT (step_id) DO NOTHING) "
    "SELECT id FROM moved UNION ALL SELECT l.id FROM t JOIN ledger l ON l.id = t.id WHERE $14 AND l.op = $13";

// Only ids of what this batch has recorded. An early receipt keeps its status, an id that is used again
// starts anew. The unique key makes a receipt that arrives at this moment in another process wait, or makes
// this wait for it.
constexpr std::string_view insert_messages =
    "INSERT INTO ledger_messages AS m (provider, message_id, delivery, status) "
    "SELECT t.provider, t.message_id, t.delivery, 0 FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) "
    "WITH ORDINALITY AS t(provider, message_id, delivery, n) "
    "JOIN ledger l ON l.id = t.delivery AND l.op = $4 AND l.state = 2 ORDER BY t.n "
    "ON CONFLICT (provider, message_id) DO UPDATE SET delivery = excluded.delivery, status = CASE "
    "WHEN m.delivery IS NULL OR m.delivery = excluded.delivery THEN m.status ELSE 0 END";

Parameters record_parameters(const Flat<Transition>& flat, const std::vector<std::size_t>& wave) {
  std::vector<std::string> ids, providers, answers, progresses, step_ids, steps;
  std::vector<std::int64_t> attempts, epochs, states, gives_back, due_times, times;
  for (const std::size_t i : wave) {
    const Transition& t = *flat.items[i];
    ids.push_back(pack_id(t.step.notification_id.value));
    attempts.push_back(t.step.attempt);
    epochs.push_back(t.owner.epoch);
    states.push_back(code(t.to));
    gives_back.push_back(t.to == DeliveryState::pending && !t.attempt_burned ? 1 : 0);
    due_times.push_back(to_unix_us(t.step.due_at.value_or(t.step.at)));
    times.push_back(to_unix_us(t.step.at));
    providers.push_back(t.step.provider);
    answers.push_back(t.step.answer);
    progresses.push_back(t.to == DeliveryState::pending ? t.progress : "");
    step_ids.push_back(t.step.id());
    steps.push_back(pack_step(t.step));
  }
  Parameters parameters;
  parameters.blobs(ids)
      .integers(attempts)
      .integers(epochs)
      .integers(states)
      .integers(gives_back)
      .integers(due_times);
  parameters.integers(times).blobs(providers).blobs(answers).blobs(progresses).blobs(step_ids).blobs(steps);
  return parameters;
}

// The wave's message ids in key order, each once (the later submit wins); none: no statement is needed.
std::optional<Parameters> message_parameters(const Flat<Transition>& flat,
                                             const std::vector<std::size_t>& wave) {
  std::map<std::pair<std::string, std::string>, std::string> deliveries;
  for (const std::size_t i : wave) {
    const Transition& t = *flat.items[i];
    if (t.to != DeliveryState::sent) continue;
    for (const std::string& id : t.message_ids)
      if (!id.empty()) deliveries[{t.step.provider, id}] = pack_id(t.step.notification_id.value);
  }
  if (deliveries.empty()) return std::nullopt;
  std::vector<std::string> providers, ids, rows;
  for (const auto& [key, delivery] : deliveries) {
    providers.push_back(key.first);
    ids.push_back(key.second);
    rows.push_back(delivery);
  }
  Parameters parameters;
  parameters.blobs(providers).blobs(ids).blobs(rows);
  return parameters;
}

}  // namespace

Statement lock_partitions(const std::vector<std::pair<Channel, std::int32_t>>& partitions, bool shared) {
  std::set<std::int64_t> keys;  // in order, so that nobody waits in a circle
  for (const auto& [channel, partition] : partitions) keys.insert(1'000'000LL * code(channel) + partition);
  return {shared ? lock_shared : lock_alone, std::move(Parameters().integers({keys.begin(), keys.end()}))};
}

std::vector<std::vector<bool>> admit_all(const Try& go,
                                         const std::vector<PostgresLedger::Admissions>& requests) {
  std::vector<std::string> ids, metas, contents;
  std::vector<std::int64_t> channels, partitions, epochs, due_times, times;
  for (const PostgresLedger::Admissions& request : requests)
    for (const Admission& a : request.batch) {
      const Notification& n = a.notification;
      ids.push_back(pack_id(n.id.value));
      channels.push_back(code(n.channel));
      partitions.push_back(a.owner.partition);
      epochs.push_back(a.owner.epoch);
      due_times.push_back(to_unix_us(n.send_at.value_or(request.now)));
      times.push_back(to_unix_us(request.now));
      metas.push_back(pack_meta(n));
      contents.push_back(pack_content(n));
    }
  Parameters parameters;
  parameters.blobs(ids)
      .integers(channels)
      .integers(partitions)
      .integers(epochs)
      .integers(due_times)
      .integers(times);
  parameters.blobs(metas).blobs(contents).integer(go.token).boolean(go.again);
  Transaction transaction(go.connection, go.deadline);
  transaction.add(insert_deliveries, std::move(parameters));
  const Rows rows = transaction.commit().front();

  std::set<std::string, std::less<>> fresh;
  for (int i = 0; i < rows.size(); ++i) fresh.emplace(rows.bytes(i, 0));
  std::vector<std::vector<bool>> answers;
  std::size_t at = 0;
  for (const PostgresLedger::Admissions& request : requests) {
    std::vector<bool>& taken = answers.emplace_back();
    for (std::size_t i = 0; i < request.batch.size(); ++i) taken.push_back(fresh.erase(ids[at++]) == 1);
  }
  return answers;
}

std::vector<Ledger::Recorded> record_all(const Try& go,
                                         const std::vector<std::vector<Transition>>& requests) {
  const Flat<Transition> flat(requests);
  const auto waves = waves_of(flat);
  Transaction transaction(go.connection, go.deadline);
  Statement lock = lock_for(flat);
  transaction.add(lock.sql, std::move(lock.parameters));
  std::vector<std::size_t> result_of_wave;
  std::size_t results = 1;
  bool any_messages = false;
  for (std::size_t w = 0; w < waves.size(); ++w) {
    const std::int64_t token = go.token + static_cast<std::int64_t>(w);
    transaction.add(record, std::move(record_parameters(flat, waves[w]).integer(token).boolean(go.again)));
    result_of_wave.push_back(results++);
    auto messages = message_parameters(flat, waves[w]);
    if (!messages) continue;
    any_messages = true;
    transaction.add(insert_messages, std::move(messages->integer(token)));
    ++results;
  }
  const std::vector<Rows> rows = any_messages ? transaction.flush() : transaction.commit();
  std::vector<bool> applied(flat.items.size());
  for (std::size_t w = 0; w < waves.size(); ++w) mark(rows[result_of_wave[w]], flat, waves[w], applied);

  std::vector<Ledger::Recorded> answers(requests.size());
  auto split = flat.split(requests, applied);
  for (std::size_t r = 0; r < requests.size(); ++r) answers[r].applied = std::move(split[r]);
  if (!any_messages) return answers;
  std::map<std::string, std::size_t> request_of;  // of each delivery that was sent
  std::vector<std::string> sent;
  for (std::size_t i = 0; i < flat.items.size(); ++i)
    if (applied[i] && flat.items[i]->to == DeliveryState::sent && !flat.items[i]->message_ids.empty()) {
      sent.push_back(pack_id(flat.items[i]->step.notification_id.value));
      request_of[flat.items[i]->step.notification_id.value] = flat.request[i];
    }
  for (Step& step : settle_and_commit(go, transaction, sent))
    answers[request_of.at(step.notification_id.value)].receipt_steps.push_back(std::move(step));
  return answers;
}

}  // namespace vestnik::store::postgres
