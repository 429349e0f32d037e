#include "store/sqlite/sandbox.h"

#include "store/codes.h"
#include "store/packed.h"

namespace vestnik::store::sqlite {
namespace {

SandboxMessage message_of(const Statement& row) {
  return {{unpack_id(row.blob(0))}, channel_of(row.integer(1)),  std::string(row.blob(2)),
          std::string(row.blob(3)), std::string(row.blob(4)),    std::string(row.blob(5)),
          std::string(row.blob(6)), from_unix_us(row.integer(7))};
}

void keep_all(Connection& connection, const std::vector<SandboxMessage>& messages) {
  Statement replace = connection.prepare(
      "INSERT OR REPLACE INTO sandbox (id, channel, recipient, subject, text, html, raw, kept_at) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
  for (const SandboxMessage& m : messages) {
    const std::string id = pack_id(m.notification_id.value);
    replace.bind_blob(1, id).bind(2, code(m.channel)).bind_blob(3, m.to).bind_blob(4, m.subject);
    replace.bind_blob(5, m.text).bind_blob(6, m.html).bind_blob(7, m.raw).bind(8, to_unix_us(m.kept_at));
    replace.run();
  }
}

}  // namespace

void SqliteSandbox::keep(std::vector<SandboxMessage> messages, Done<void> done) {
  gate_.write<void>(
      [messages = std::move(messages)](Connection& connection) { keep_all(connection, messages); },
      std::move(done));
}

void SqliteSandbox::find(const NotificationId& id, Done<std::optional<SandboxMessage>> done) {
  gate_.read<std::optional<SandboxMessage>>(
      [id = pack_id(id.value)](Connection& connection) -> std::optional<SandboxMessage> {
        Statement select = connection.prepare(
            "SELECT id, channel, recipient, subject, text, html, raw, kept_at FROM sandbox WHERE id = ?1");
        if (!select.bind_blob(1, id).step()) return std::nullopt;
        return message_of(select);
      },
      std::move(done));
}

void SqliteSandbox::newest(std::size_t limit, Done<std::vector<SandboxMessage>> done) {
  gate_.read<std::vector<SandboxMessage>>(
      [limit](Connection& connection) {
        Statement select = connection.prepare(
            "SELECT id, channel, recipient, subject, text, html, x'', kept_at FROM sandbox "
            "ORDER BY kept_at DESC, seq DESC LIMIT ?1");
        std::vector<SandboxMessage> messages;
        for (select.bind(1, static_cast<std::int64_t>(limit)); select.step();)
          messages.push_back(message_of(select));
        return messages;
      },
      std::move(done));
}

}  // namespace vestnik::store::sqlite
