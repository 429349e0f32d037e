#include "planning/planner.h"

#include <fmt/format.h>

namespace vestnik::planning {
namespace {

const std::string& contact(const UserEvent& event, Channel channel) {
  return channel == Channel::email ? event.email : event.phone;
}

std::string_view no_contact(Channel channel) {
  return channel == Channel::email ? "the user has no e-mail address" : "the user has no phone number";
}

// What the event itself says comes before its `data`, so that data can't pass for it. A missing contact is an
// empty string, which a section takes for false.
json::object own_names(const UserEvent& event) {
  return {{"email", event.email},
          {"phone", event.phone},
          {"user_id", event.user_id.value},
          {"event_type", event.event_type}};
}

class Planner {
 public:
  Planner(const UserEvent& event, const Configured& configured, Timestamp planned_at)
      : event_(event), configured_(configured), planned_at_(planned_at), own_names_(own_names(event)) {}

  Plan run(const Workflow& workflow) {
    plan_.has_workflow = true;
    for (const WorkflowStep& step : workflow.steps) run(workflow, step);
    return std::move(plan_);
  }

 private:
  void run(const Workflow& workflow, const WorkflowStep& step) {
    if (contact(event_, step.channel).empty())
      return tell(step, StepKind::skipped, std::string(no_contact(step.channel)));
    const Template& used = *configured_.templates.find(step.template_name);  // configure() has checked it
    const std::array<const json::object*, 2> data{&own_names_, &event_.data};
    auto rendered = render(used, step.channel, data);
    if (!rendered)
      return tell(step, StepKind::dead,
                  fmt::format("template {}: {}", used.version, rendered.error().message));

    Notification n;
    n.id = id(step);
    n.event_id = event_.event_id;
    n.event_type = event_.event_type;
    n.user_id = event_.user_id;
    n.channel = step.channel;
    n.workflow = workflow.event_type;
    n.step = step.name;
    n.template_version = used.version;
    n.category = step.category;
    n.to = contact(event_, step.channel);
    n.subject = std::move(rendered->subject);
    n.text = std::move(rendered->text);
    n.html = std::move(rendered->html);
    n.accepted_at = event_.accepted_at;
    n.planned_at = planned_at_;
    const Timestamp due = event_.accepted_at + step.delay;
    if (step.delay.count() > 0) n.send_at = due;
    const Category category = category_of(step, configured_);
    n.expires_at = due + expires_after(step, configured_);
    n.attempts_max = category.attempts_max;
    n.hold_in_doubt = category.hold_in_doubt;
    n.recipient_limit = category.recipient_limit;
    n.traceparent = event_.traceparent;
    plan_.notifications.push_back(std::move(n));
  }

  void tell(const WorkflowStep& step, StepKind kind, std::string answer) {
    plan_.steps.push_back({.notification_id = id(step),
                           .user_id = event_.user_id,
                           .event_id = event_.event_id,
                           .channel = step.channel,
                           .kind = kind,
                           .answer = std::move(answer),
                           .at = planned_at_,
                           .traceparent = event_.traceparent});
  }

  NotificationId id(const WorkflowStep& step) const {
    return notification_id(event_.event_id, event_.user_id, step.channel, step.name);
  }

  const UserEvent& event_;
  const Configured& configured_;
  Timestamp planned_at_;
  json::object own_names_;
  Plan plan_;
};

}  // namespace

Plan plan(const UserEvent& event, const Configured& configured, Timestamp planned_at) {
  const auto workflow = configured.workflows.find(event.event_type);
  if (workflow == configured.workflows.end()) return {};
  return Planner(event, configured, planned_at).run(workflow->second);
}

}  // namespace vestnik::planning
