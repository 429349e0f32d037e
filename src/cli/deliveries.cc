#include "cli/deliveries.h"

#include <memory>

#include "cli/command.h"

namespace vestnik::cli {
namespace {

constexpr std::size_t list_limit_default = 50;

// One argument: what follows it may be an id.
void add_states(CLI::App& command, DeliveriesFilter& filter, const char* help) {
  command.add_option("--state", filter.states, help)
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("STATES");
}

void add_filter(CLI::App& command, DeliveriesFilter& filter) {
  constexpr const char* time_help = "; a time such as 2026-11-23T14:17:06Z, or how long ago: 30m, 2h, 7d";
  add_channel(command, filter.channel);
  command.add_option("--provider", filter.provider, "Only those whose last attempt was with this provider")
      ->type_name("NAME");
  command.add_option("--category", filter.category, "Only this category")->type_name("NAME");
  command.add_option("--user", filter.user_id, "Only this user's (user_…)")->type_name("ID");
  command.add_option("--answer", filter.answer, "Only those whose last answer contains this: 451")
      ->type_name("TEXT");
  command
      .add_option("--updated-from", filter.updated_from, std::string("Only those updated since") + time_help)
      ->type_name("TIME");
  command
      .add_option("--updated-before", filter.updated_before,
                  std::string("Only those updated before") + time_help)
      ->type_name("TIME");
}

}  // namespace

bool DeliveriesFilter::empty() const {
  return states.empty() && channel.empty() && provider.empty() && category.empty() && user_id.empty() &&
         answer.empty() && updated_from.empty() && updated_before.empty();
}

DeliveriesCommand::DeliveriesCommand(CLI::App& app)
    : command_(app.add_subcommand("deliveries",
                                  "Dead letters and in doubt: list, show, retry, discard, resolve")) {
  command_->require_subcommand(1);
  command_->footer(
      "They talk to a Vestnik that runs. Exit codes: 0 done, 1 some could not be done, 2 called wrongly, 3 "
      "the "
      "system can't be reached.\n\nExamples:\n"
      "  vestnik deliveries list\n"
      "  vestnik deliveries show ID\n"
      "  vestnik deliveries retry --provider smtp --answer 451\n"
      "  vestnik deliveries resolve ID --as sent --reason 'the provider has it in its log'");
  add_list();
  add_show();
  add_decision(
      retry_, "retry", "Have dead letters (or what is in doubt) sent again",
      "Examples:\n"
      "  vestnik deliveries retry ID ID\n"
      "  vestnik deliveries retry --provider smtp --answer 451 --reason 'relay mended'\n"
      "  vestnik deliveries retry --state dead --updated-from 2h --limit 10 --yes\n"
      "What is in doubt may have arrived: retried, it may arrive twice. It is only taken with --state "
      "in_doubt, or by its id.");
  add_decision(discard_, "discard", "Give dead letters (or what is in doubt) up for good",
               "Examples:\n"
               "  vestnik deliveries discard ID --reason 'address closed'\n"
               "  vestnik deliveries discard --answer 'user unknown' --updated-before 30d --yes\n"
               "What is discarded can't be brought back: recipient and text are no longer kept.");
  add_resolve();
}

void DeliveriesCommand::add_list() {
  list_ = command_->add_subcommand("list", "Deliveries, the newest first");
  add_states(*list_, line_.filter,
             "Only in this state; several with commas, or `all` (default: dead,in_doubt)");
  add_filter(*list_, line_.filter);
  list_->add_option("--limit", line_.limit, "At most so many; 0: all (default: 50)")
      ->check(CLI::NonNegativeNumber)
      ->type_name("NUMBER");
  list_->add_flag("--json", line_.json, "One JSON object a line, for programs");
  add_access(*list_, line_.access);
  list_->footer(
      "Examples:\n"
      "  vestnik deliveries list --state dead --channel email --updated-from 2h\n"
      "  vestnik deliveries list --answer 'user unknown' --limit 0 --json | jq -r .notification_id");
}

void DeliveriesCommand::add_show() {
  show_ = command_->add_subcommand("show", "All there is to know about one delivery, with its timeline");
  show_->add_option("id", line_.ids, "The notification's id")->required()->expected(1)->type_name("ID");
  show_->add_flag("--json", line_.json, "One JSON object, for programs");
  add_access(*show_, line_.access);
  show_->footer("Example:\n  vestnik deliveries show 0d8f7a52-3c1e-8b7d-9a55-2f0c4e6b1a90");
}

void DeliveriesCommand::add_decision(CLI::App*& command, const char* name, const char* help,
                                     const char* footer) {
  command = command_->add_subcommand(name, help);
  command->add_option("id", line_.ids, "Notifications' ids; or filters instead")->type_name("ID");
  add_states(*command, line_.filter, "dead, in_doubt or both with a comma (default: dead)");
  add_filter(*command, line_.filter);
  command
      ->add_option("--limit", line_.limit, "With filters: at most so many, the newest first (default: all)")
      ->check(CLI::NonNegativeNumber)
      ->type_name("NUMBER");
  command->add_option("--reason", line_.reason, "Why; kept in the timeline")->type_name("TEXT");
  command->add_flag("--yes", line_.yes, "With filters: don't ask");
  command->add_flag("--json", line_.json, "JSON, for programs");
  add_access(*command, line_.access);
  command->footer(footer);
}

void DeliveriesCommand::add_resolve() {
  resolve_ = command_->add_subcommand("resolve", "Say what became of deliveries that are in doubt");
  resolve_->add_option("id", line_.ids, "Notifications' ids")->required()->type_name("ID");
  resolve_
      ->add_option("--as", line_.as,
                   "sent: they are known to have arrived; resend: send them (again); discarded: leave it")
      ->required()
      ->check(CLI::IsMember({"sent", "resend", "discarded"}))
      ->type_name("WHAT");
  resolve_->add_option("--reason", line_.reason, "How you know; kept in the timeline")->type_name("TEXT");
  resolve_->add_flag("--json", line_.json, "JSON, for programs");
  add_access(*resolve_, line_.access);
  resolve_->footer(
      "Example:\n  vestnik deliveries resolve ID --as sent --reason 'the provider has it in its log'");
}

DeliveriesLine DeliveriesCommand::list_line() const {
  DeliveriesLine line = line_;
  if (list_->count("--limit") == 0) line.limit = list_limit_default;
  return line;
}

int DeliveriesCommand::run() const {
  const bool decides = retry_->parsed() || discard_->parsed();
  const std::string what = retry_->parsed() ? "retry" : "discard";
  if (decides && line_.ids.empty() == line_.filter.empty())
    throw CommandError(exit_usage, "say which: ids, or filters such as --state dead (`vestnik deliveries " +
                                       what + " --help`)");
  const ApiClient client(line_.access);
  if (list_->parsed()) return list_deliveries(client, list_line());
  if (show_->parsed()) return show_delivery(client, line_);
  if (resolve_->parsed()) return decide_by_id(client, line_, "resolve");
  return line_.ids.empty() ? decide_by_filter(client, line_, what) : decide_by_id(client, line_, what);
}

Command deliveries_command(CLI::App& root) {
  const auto deliveries = std::make_shared<const DeliveriesCommand>(root);
  return {deliveries->declared(), [deliveries] { return deliveries->run(); }};
}

}  // namespace vestnik::cli
