// `vestnik status`: what became of a notification, or of all of a user's.
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "cli/notifications.h"
#include "cli/terminal.h"

namespace vestnik::cli {
namespace {

constexpr std::size_t step_by_step_max = 5;  // beyond this they are listed, one a line

struct StatusLine {
  ApiAccess access;
  std::vector<std::string> ids;
  bool json = false;
};

std::vector<json::object> found_for_recipient(const ApiClient& client, const std::string& recipient) {
  auto found = notifications_of(client, {"recipient", recipient});
  // One that doesn't know the parameter lists everybody's.
  if (!found.empty() && !found.front().contains("recipient"))
    throw CommandError(exit_unreachable, client.address() +
                                             " can't search by recipient; it is an older Vestnik "
                                             "than this command");
  return found;
}

std::vector<json::object> found_for(const ApiClient& client, const std::string& id) {
  if (id.starts_with('+') || id.find('@') != id.npos) return found_for_recipient(client, id);
  if (id.starts_with("user_")) return notifications_of(client, {"user_id", id});
  auto notification = find_notification(client, id);
  if (!notification) return {};
  return {std::move(*notification)};
}

void print(const std::vector<json::object>& found, bool after_others) {
  if (found.size() > step_by_step_max) {
    if (after_others) std::cout << '\n';
    print_notifications(found);
    std::cerr << "Step by step: vestnik status ID\n";
    return;
  }
  for (const json::object& notification : found) {
    if (std::exchange(after_others, true)) std::cout << '\n';
    print_notification(notification);
  }
}

int status(const StatusLine& line) {
  const ApiClient client(line.access);
  int exit_code = exit_done;
  bool any = false;
  for (const std::string& id : line.ids) {
    const auto found = found_for(client, id);
    if (found.empty()) {
      std::cerr << "vestnik: " << one_line(id)
                << ": nothing is known of it; what was accepted a moment ago may show soon\n";
      exit_code = exit_partly;
    } else if (line.json) {
      for (const json::object& notification : found) std::cout << json::serialize(notification) << '\n';
    } else {
      print(found, std::exchange(any, true));
    }
  }
  return exit_code;
}

}  // namespace

Command status_command(CLI::App& root) {
  CLI::App* command = root.add_subcommand(
      "status", "What became of a notification, step by step, or of all of a user's or recipient's");
  const auto line = std::make_shared<StatusLine>();
  command
      ->add_option("id", line->ids,
                   "A notification's id, a user's (user_…), an e-mail address or a phone number with +")
      ->required()
      ->type_name("ID");
  command->add_flag("--json", line->json, "One JSON object a line for each notification, for programs");
  add_access(*command, line->access);
  command->footer(
      "Exit code: 1 if one of them isn't known.\n\nExamples:\n"
      "  vestnik status 0d8f7a52-3c1e-8b7d-9a55-2f0c4e6b1a90\n"
      "  vestnik status anna@example.com\n"
      "  vestnik status user_0190b4f6-7f3a-7c51-9d0e-3f5a6b7c8d9e --json | jq -r .state");
  return {command, [line] { return status(*line); }};
}

}  // namespace vestnik::cli
