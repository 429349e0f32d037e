#include <chrono>
#include <iostream>
#include <map>
#include <string>
#include <thread>
#include <unistd.h>
#include <utility>

#include "app/commands.h"
#include "app/configuration.h"
#include "app/looking.h"
#include "audit/examine.h"
#include "audit/report.h"
#include "base/duration.h"
#include "base/logging.h"

namespace vestnik::app {
namespace {

// Where it is, on a terminal; one line that is written over.
class ProgressLine {
 public:
  ~ProgressLine() {
    if (shown_) std::cerr << "\r\033[K" << std::flush;
  }
  void show(std::string_view what, std::int64_t done, std::int64_t all) {
    const auto now = std::chrono::steady_clock::now();
    if (!terminal_ || now < next_) return;
    next_ = now + std::chrono::milliseconds(200);
    shown_ = true;
    std::cerr << "\r\033[Kreading " << what;
    if (done > 0) std::cerr << ": " << done;
    if (all > 0) std::cerr << " of " << all;
    std::cerr << std::flush;
  }

 private:
  const bool terminal_ = isatty(STDERR_FILENO) == 1;
  bool shown_ = false;
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
    ProgressLine progress;
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
    print_problems(configuration.error());
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
