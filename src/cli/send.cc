// `vestnik send`: registers a user, and waits for what follows from it.
#include <fmt/format.h>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "base/duration.h"
#include "cli/answers.h"
#include "cli/command.h"
#include "cli/notifications.h"
#include "cli/terminal.h"

namespace vestnik::cli {
namespace {

constexpr const char* event_type = "user_registered";

struct SendLine {
  ApiAccess access;
  std::string email, phone, name;
  bool wait = false, json = false;
  std::string timeout = "1m";
};

std::string registered(const ApiClient& client, const SendLine& line) {
  json::object user;
  for (const auto& [name, value] :
       {std::pair("email", &line.email), {"phone", &line.phone}, {"name", &line.name}})
    if (!value->empty()) user[name] = *value;
  const ApiAnswer answer = client.post("/register", user);
  if (answer.status == 409) throw CommandError(exit_partly, one_line(answer.member("detail")));
  client.expect_ok(answer, "registrations", "user-service");
  return answer.member("user_id");
}

int report(const SendLine& line, const std::string& user_id, const Followed& followed) {
  if (line.json) {
    json::array notifications;
    for (const json::object& notification : followed.notifications) notifications.push_back(notification);
    std::cout << json::serialize(
                     json::object{{"user_id", user_id}, {"notifications", std::move(notifications)}})
              << '\n';
  } else {
    std::cout << '\n';
    print_notifications(followed.notifications);
  }
  if (!followed.settled)
    std::cerr << fmt::format("vestnik: not all of it is done after {}; look again: vestnik status {}\n",
                             line.timeout, one_line(user_id));
  return followed.settled && all_arrived(followed.notifications) ? exit_done : exit_partly;
}

int send(const SendLine& line) {
  if (line.email.empty() && line.phone.empty())
    throw CommandError(exit_usage, "say where to: --email, --phone or both");
  const auto timeout = parse_duration(line.timeout);
  if (!timeout) throw CommandError(exit_usage, "--timeout must be a duration such as 30s or 2m");
  const ApiClient client(line.access);
  const std::string user_id = registered(client, line);
  if (!line.json) {
    std::cout << "Registered " << one_line(user_id) << std::endl;
  } else if (!line.wait) {
    std::cout << json::serialize(json::object{{"user_id", user_id}}) << std::endl;
  }
  if (!line.wait) {
    if (is_terminal(stderr)) std::cerr << "What becomes of it: vestnik status " << one_line(user_id) << '\n';
    return exit_done;
  }
  try {
    return report(line, user_id, follow(client, user_id, event_type, *timeout));
  } catch (const CommandError& error) {
    throw CommandError(error.exit_code(),
                       fmt::format("{} is registered, but: {}", one_line(user_id), error.what()));
  }
}

}  // namespace

Command send_command(CLI::App& root) {
  CLI::App* command =
      root.add_subcommand("send", "Register a user, which sends them what the workflow user_registered says");
  const auto line = std::make_shared<SendLine>();
  command->add_option("--email", line->email, "The user's e-mail address")->type_name("ADDRESS");
  command->add_option("--phone", line->phone, "The user's phone number, with + and country code")
      ->type_name("NUMBER");
  command->add_option("--name", line->name, "What messages call the user")->type_name("NAME");
  command->add_flag("--wait", line->wait,
                    "Wait until each notification is sent, delivered, or won't be any more");
  command->add_option("--timeout", line->timeout, "With --wait: how long at most (30s, 2m)")
      ->type_name("DURATION")
      ->capture_default_str();
  command->add_flag("--json", line->json, "One JSON object, for programs");
  add_access(*command, line->access, "user-service");
  command->footer(
      "The same e-mail address and phone number again are the same user, and nothing is sent a second time.\n"
      "Exit code with --wait: 0 all was sent or delivered (a step without a contact is skipped), 1 it was "
      "not.\n\n"
      "Examples:\n"
      "  vestnik send --email anna@example.com --phone +12025550123 --name Anna --wait\n"
      "  vestnik send --email anna@example.com --json | jq -r .user_id");
  return {command, [line] { return send(*line); }};
}

}  // namespace vestnik::cli
