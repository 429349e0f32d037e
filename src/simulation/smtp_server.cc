#include "simulation/smtp_server.h"

#include <algorithm>
#include <utility>

namespace vestnik::simulation {

void SmtpServer::go_away(Duration how_long) {
  world_.note("{} is away for {} ms", name_, how_long.count() / 1000);
  away_until_ = std::max(away_until_, world_.elapsed() + how_long);
  for (const ConnectionPtr& connection : std::exchange(open_, {})) {
    connection->deaf = true;
    connection->wire->cut();
  }
}

bool SmtpServer::accept(const WirePtr& wire) {
  if (is_away() || world_.dice.chance(moods_.refuse_connection)) return false;
  auto connection = std::make_shared<Connection>();
  connection->wire = wire;
  open_.push_back(connection);
  // The connection holds the wire; one that is no longer open hears nothing more.
  const std::weak_ptr held = connection;
  wire->to_server = {.bytes =
                         [this, held](std::string_view bytes) {
                           if (const auto open = held.lock()) on_bytes(open, bytes);
                         },
                     .closed = [this, held] { std::erase(open_, held.lock()); }};
  if (misbehaves(connection)) return true;
  answer(connection, world_.dice.chance(moods_.transient / 2) ? "421 busy\r\n" : "220 simulated\r\n");
  return true;
}

void SmtpServer::answer(const ConnectionPtr& connection, std::string text, std::function<void()> arrived) {
  connection->busy_until = std::max(connection->busy_until, world_.elapsed()) +
                           world_.dice.between(Duration(10), moods_.thinking_max);
  world_.after(connection->busy_until - world_.elapsed(),
               [connection, text = std::move(text), arrived = std::move(arrived)]() mutable {
                 connection->wire->send_to_client(std::move(text), std::move(arrived));
               });
}

void SmtpServer::close(const ConnectionPtr& connection) {
  connection->deaf = true;
  std::erase(open_, connection);
  const Duration wait = std::max(connection->busy_until, world_.elapsed()) - world_.elapsed();
  world_.after(wait + Duration(1), [connection] { connection->wire->close_from_server(); });
}

bool SmtpServer::misbehaves(const ConnectionPtr& connection) {
  if (world_.dice.chance(moods_.hang)) {
    world_.note("{} hangs", name_);
    connection->deaf = true;
    return true;
  }
  if (world_.dice.chance(moods_.drop)) {
    world_.note("{} drops a connection", name_);
    close(connection);
    return true;
  }
  return false;
}

void SmtpServer::on_bytes(const ConnectionPtr& connection, std::string_view bytes) {
  connection->input += bytes;
  std::size_t end;
  while (!connection->deaf && (end = connection->input.find("\r\n")) != std::string::npos) {
    const std::string line = connection->input.substr(0, end);
    connection->input.erase(0, end + 2);
    on_line(connection, line);
  }
}

void SmtpServer::on_line(const ConnectionPtr& connection, const std::string& line) {
  if (!connection->in_message) return on_command(connection, line);
  if (line != ".") {
    connection->message += line + "\n";
    return;
  }
  connection->in_message = false;
  on_message(connection);
}

void SmtpServer::on_command(const ConnectionPtr& connection, const std::string& line) {
  if (misbehaves(connection)) return;
  const auto is = [&](std::string_view command) { return line.starts_with(command); };
  if (is("QUIT")) {
    answer(connection, "221 bye\r\n");
    return close(connection);
  }
  if (world_.dice.chance(moods_.closing)) {
    answer(connection, "421 closing\r\n");
    return close(connection);
  }
  if (is("EHLO")) return answer(connection, "250-simulated\r\n250-PIPELINING\r\n250 8BITMIME\r\n");
  if (is("RSET")) {
    connection->has_recipient = false;
    return answer(connection, "250 ok\r\n");
  }
  const bool later = world_.dice.chance(moods_.transient / 2),
             never = world_.dice.chance(moods_.permanent / 2);
  if (is("MAIL")) {
    connection->has_recipient = false;
    return answer(connection, later ? "451 not now\r\n" : "250 ok\r\n");
  }
  if (is("RCPT")) {
    connection->has_recipient = !later && !never;
    return answer(connection, never ? "550 no such user\r\n" : later ? "450 not now\r\n" : "250 ok\r\n");
  }
  if (is("DATA")) {
    if (!connection->has_recipient) return answer(connection, "503 no recipient\r\n");
    connection->in_message = true;
    connection->message.clear();
    return answer(connection, "354 go on\r\n");
  }
  answer(connection, "500 what?\r\n");
}

void SmtpServer::on_message(const ConnectionPtr& connection) {
  connection->has_recipient = false;
  if (misbehaves(connection)) return;
  Dice& dice = world_.dice;
  if (dice.chance(moods_.transient)) return answer(connection, "451 try again\r\n");
  if (dice.chance(moods_.permanent)) return answer(connection, "554 refused\r\n");
  const std::size_t from = connection->message.find("X-Tag: ");
  const std::size_t end = connection->message.find('\n', from);
  const auto tag = from == std::string::npos
                       ? std::nullopt
                       : Tag::parse(connection->message.substr(from + 7, end - from - 7));
  if (!tag) return answer(connection, "554 no message\r\n");
  world_.note("{} takes {}", name_, tag->text());
  watcher_->on_taken(*tag, "");
  if (dice.chance(moods_.drop_after_take)) {
    world_.note("{} drops the connection after the final dot", name_);
    return close(connection);
  }
  if (dice.chance(moods_.silent_after_take)) {
    world_.note("{} hangs after the final dot", name_);
    connection->deaf = true;
    return;
  }
  answer(connection, fmt::format("250 taken as {}\r\n", ++taken_),
         [watcher = watcher_, tag = *tag] { watcher->on_answered(tag); });
}

}  // namespace vestnik::simulation
