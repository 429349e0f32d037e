#include "store/postgres/sandbox.h"

#include <map>

#include "store/codes.h"
#include "store/packed.h"

namespace vestnik::store::postgres {
namespace {

constexpr std::string_view upsert =
    "INSERT INTO sandbox (id, channel, recipient, subject, text, html, raw, kept_at) SELECT * FROM "
    "unnest($1::bytea[], $2::int8[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[], "
    "$8::int8[]) "
    "ON CONFLICT (id) DO UPDATE SET channel = excluded.channel, recipient = excluded.recipient, "
    "subject = excluded.subject, text = excluded.text, html = excluded.html, raw = excluded.raw, "
    "kept_at = excluded.kept_at";
constexpr std::string_view select_message =
    "SELECT id, channel, recipient, subject, text, html, raw, kept_at FROM sandbox WHERE id = $1";
constexpr std::string_view select_newest =
    "SELECT id, channel, recipient, subject, text, html, ''::bytea, kept_at FROM sandbox "
    "ORDER BY kept_at DESC, id DESC LIMIT $1";

SandboxMessage message_of(const Rows& rows, int i) {
  return {{unpack_id(rows.bytes(i, 0))}, channel_of(rows.integer(i, 1)),  std::string(rows.bytes(i, 2)),
          std::string(rows.bytes(i, 3)), std::string(rows.bytes(i, 4)),   std::string(rows.bytes(i, 5)),
          std::string(rows.bytes(i, 6)), from_unix_us(rows.integer(i, 7))};
}

}  // namespace

PostgresSandbox::PostgresSandbox(Pool& pool)
    : pool_(pool),
      keeping_(pool.add_lane<Messages, std::monostate>(1, true, keep_all)),
      finding_(pool.add_lane<std::string, std::optional<SandboxMessage>>(2, false, find_all)),
      listing_(pool.add_lane<std::size_t, Messages>(2, false, list)) {}

std::vector<std::monostate> PostgresSandbox::keep_all(const Try& go, const std::vector<Messages>& requests) {
  std::map<std::string, const SandboxMessage*> latest;
  for (const Messages& messages : requests)
    for (const SandboxMessage& message : messages) latest[pack_id(message.notification_id.value)] = &message;
  std::vector<std::string> ids, recipients, subjects, texts, htmls, raws;
  std::vector<std::int64_t> channels, times;
  for (const auto& [id, message] : latest) {
    ids.push_back(id);
    channels.push_back(code(message->channel));
    recipients.push_back(message->to);
    subjects.push_back(message->subject);
    texts.push_back(message->text);
    htmls.push_back(message->html);
    raws.push_back(message->raw);
    times.push_back(to_unix_us(message->kept_at));
  }
  Parameters parameters;
  parameters.blobs(ids)
      .integers(channels)
      .blobs(recipients)
      .blobs(subjects)
      .blobs(texts)
      .blobs(htmls)
      .blobs(raws);
  parameters.integers(times);
  Transaction transaction(go.connection, go.deadline);
  transaction.add(upsert, std::move(parameters));
  transaction.commit();
  return std::vector<std::monostate>(requests.size());
}

std::vector<std::optional<SandboxMessage>> PostgresSandbox::find_all(const Try& go,
                                                                     const std::vector<std::string>& ids) {
  std::vector<Statement> statements;
  for (const std::string& id : ids) statements.push_back({select_message, std::move(Parameters().bytes(id))});
  std::vector<std::optional<SandboxMessage>> found;
  for (const Rows& rows : go.connection.run(statements, go.deadline))
    found.push_back(rows.size() > 0 ? std::optional(message_of(rows, 0)) : std::nullopt);
  return found;
}

std::vector<PostgresSandbox::Messages> PostgresSandbox::list(const Try& go,
                                                             const std::vector<std::size_t>& limits) {
  std::vector<Statement> statements;
  for (const std::size_t limit : limits)
    statements.push_back({select_newest, std::move(Parameters().integer(static_cast<std::int64_t>(limit)))});
  std::vector<Messages> lists;
  for (const Rows& rows : go.connection.run(statements, go.deadline)) {
    Messages& messages = lists.emplace_back();
    for (int i = 0; i < rows.size(); ++i) messages.push_back(message_of(rows, i));
  }
  return lists;
}

void PostgresSandbox::keep(std::vector<SandboxMessage> messages, Done<void> done) {
  const std::size_t rows = messages.size();
  submit_void(pool_, keeping_, std::move(messages), rows, std::move(done));
}

void PostgresSandbox::find(const NotificationId& id, Done<std::optional<SandboxMessage>> done) {
  pool_.submit(finding_, pack_id(id.value), 1, std::move(done));
}

void PostgresSandbox::newest(std::size_t limit, Done<std::vector<SandboxMessage>> done) {
  pool_.submit(listing_, limit, 1, std::move(done));
}

}  // namespace vestnik::store::postgres
