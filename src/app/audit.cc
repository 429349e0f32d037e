#include <chrono>
#include <fmt/format.h>
#include <iostream>
#include <map>
#include <string>
#include <thread>
#include <utility>

#include "app/commands.h"
#include "app/configuration.h"
#include "app/looking.h"
#include "audit/examine.h"
#include "audit/report.h"
#include "base/duration.h"
#include "base/logging.h"
#include "cli/environment.h"
#include "cli/terminal.h"

namespace vestnik::app {
namespace {

// Where it is, on a terminal; not for what is read at once.
class ReadingProgress {
 public:
  void show(std::string_view what, std::int64_t done, std::int64_t all) {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return;
    next_ = now + std::chrono::milliseconds(200);
    std::string text = fmt::format("reading {}", what);
    if (all > 0) text += fmt::format("  {}", cli::progress_bar(done, all, bar_columns));
    if (done > 0) text += "  " + cli::grouped(done);
    if (all > 0) text += " of " + cli::grouped(all);
    progress_.show(text);
  }

 private:
  static constexpr std::size_t bar_columns = 30;
  cli::Progress progress_;
  std::chrono::steady_clock::time_point next_ =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
};

// What a workflow of this configuration makes of an event, with a number for each step.
audit::StepsOf steps_of(const planning::Workflows& workflows) {
  std::map<std::string, std::uint16_t, std::less<>> first;  // the number of a workflow's first step
  std::uint16_t number = 0;
  for (const auto& [type, workflow] : workflows) {
    first.emplace(type, number);
    number = static_cast<std::uint16_t>(number + workflow.steps.size());
  }
  return [&workflows, first = std::move(first)](const UserEvent& event) {
    std::vector<audit::WorkflowStep> steps;
    const auto workflow = workflows.find(event.event_type);
    if (workflow == workflows.end()) return steps;
    std::uint16_t step_number = first.find(event.event_type)->second;
    for (const planning::WorkflowStep& step : workflow->second.steps)
      steps.push_back({notification_id(event.event_id, event.user_id, step.channel, step.name), step.channel,
                       step_number++});
    return steps;
  };
}

int examine(const CommandLine& line, std::chrono::milliseconds wait, const Configuration& configuration) {
  const config::Config& options = configuration.options;
  const Looking looking = open_to_look(options);
  const audit::Sources sources{.log = *looking.log,
                               .store = *looking.store,
                               .user_events = options.topic_user_events,
                               .notification_events = options.topic_notification_events,
                               .analytics_events = options.topic_analytics_events,
                               .notification_service = options.notification_service_group,
                               .analytics_service = options.analytics_service_group,
                               .channel_services = {{Channel::email, options.email_service_group},
                                                    {Channel::sms, options.sms_service_group}}};
  audit::Ids ids;
  const audit::Findings findings = [&] {
    ReadingProgress progress;
    return audit::examine(
        sources, steps_of(configuration.planning->workflows), ids,
        {.wait = wait,
         .clock = system_clock(),
         .pause = [](std::chrono::milliseconds time) { std::this_thread::sleep_for(time); }},
        [&](std::string_view what, std::int64_t done, std::int64_t all) { progress.show(what, done, all); });
  }();
  std::cout << (line.json ? audit::as_json(findings, ids, line.ids_max)
                          : audit::as_text(findings, ids, line.ids_max))
            << std::flush;
  return findings.agree() ? 0 : 1;
}

}  // namespace

int audit(const CommandLine& line) {
  const auto wait = parse_duration(line.wait);
  if (!wait) {
    std::cerr << "vestnik: --wait must be a duration such as 10s or 2m\n";
    return 2;
  }
  const auto configuration = load_configuration(line);
  if (!configuration) {
    cli::print_problems(configuration.error());
    return 2;
  }
  logging::configure("error", true);
  try {
    return examine(line, *wait, *configuration);
  } catch (const std::exception& error) {
    std::cerr << "vestnik: " << error.what() << '\n';
    return 2;
  }
}

}  // namespace vestnik::app
