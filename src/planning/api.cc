#include "planning/api.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <utility>

#include "base/duration.h"
#include "net/http_api.h"
#include "planning/preview.h"
#include "planning/sample.h"

namespace vestnik::planning {
namespace {

constexpr std::string_view event_without_workflow = "user_registered";

json::object to_json(const WorkflowStep& step, const Configured& configured) {
  json::object object{{"name", step.name},
                      {"channel", to_string(step.channel)},
                      {"template", step.template_name},
                      {"category", step.category},
                      {"expires_after", format_duration(expires_after(step, configured))}};
  if (step.delay.count() > 0) object["delay"] = format_duration(step.delay);
  return object;
}

// Of the first workflow that uses the template.
std::string_view event_of(std::string_view template_name, const Workflows& workflows) {
  for (const auto& [event_type, workflow] : workflows)
    if (std::ranges::find(workflow.steps, template_name, &WorkflowStep::template_name) !=
        workflow.steps.end())
      return event_type;
  return event_without_workflow;
}

// The body's `data`; the sample where there is none.
Result<json::object, net::Problem> preview_data(const net::HttpRequest& request, const json::object& sample) {
  auto body = net::json_body(request);
  if (!body) return std::unexpected(std::move(body.error()));
  for (const auto& member : *body)
    if (member.key() != "data")
      return std::unexpected(net::invalid_value(
          std::string(member.key()), "There is no such member here; what the template gets is in data."));
  json::value* data = body->if_contains("data");
  if (!data) return sample;
  if (!data->is_object())
    return std::unexpected(net::invalid_value("data", "data must be an object, as an event's data is."));
  if (data->get_object().empty()) return sample;
  if (const auto wrong = not_text_in(data->get_object()))
    return std::unexpected(
        net::invalid_value(fmt::format("data.{}", *wrong), fmt::format("{} must be a string.", *wrong)));
  return with_names_always_there(std::move(data->get_object()), sample);
}

net::Problem not_rendered(const std::string& why) { return net::invalid_value("data", why + "."); }

}  // namespace

Api::Api(std::shared_ptr<const Configured> configured, SmsParts sms_parts)
    : configured_(std::move(configured)), sms_parts_(std::move(sms_parts)) {}

void Api::add_routes(net::Router& router, const net::ApiKeys& keys) {
  const auto add = [&](const char* method, const char* path, auto answer) {
    router.add(method, path, net::require_api_key(keys, [answer](auto request, auto respond) {
                 respond(answer(request));
               }));
  };
  add("GET", "/v1/workflows", [this](const net::HttpRequest&) { return workflows(); });
  add("GET", "/v1/templates", [this](const net::HttpRequest&) { return templates(); });
  add("POST", "/v1/templates/{name}/preview",
      [this](const net::HttpRequest& request) { return preview(request); });
}

net::HttpResponse Api::workflows() const {
  json::array listed;
  for (const auto& [event_type, workflow] : configured_->workflows) {
    json::array steps;
    for (const WorkflowStep& step : workflow.steps) steps.push_back(to_json(step, *configured_));
    json::object object{{"event", event_type}, {"steps", std::move(steps)}};
    if (!workflow.description.empty()) object["description"] = workflow.description;
    listed.push_back(std::move(object));
  }
  return net::json_answer(json::object{{"workflows", std::move(listed)}});
}

net::HttpResponse Api::templates() const {
  json::array listed;
  for (const auto& [name, used] : configured_->templates.all()) {
    json::array channels;
    for (const Channel channel : all_channels)
      if (!used.lacks(channel)) channels.push_back(json::value(to_string(channel)));
    listed.push_back(json::object{{"name", name},
                                  {"version", used.version},
                                  {"channels", std::move(channels)},
                                  {"sample", sample_data(used, event_of(name, configured_->workflows))}});
  }
  return net::json_answer(json::object{{"templates", std::move(listed)}});
}

net::HttpResponse Api::preview(const net::HttpRequest& request) const {
  const std::string_view name = request.path_parameter("name");
  const Template* used = configured_->templates.find(name);
  if (!used) return net::to_response(net::not_found("template"));
  const auto data = preview_data(request, sample_data(*used, event_of(name, configured_->workflows)));
  if (!data) return net::to_response(data.error());
  auto rendered = planning::preview(*used, *data);
  if (!rendered) return net::to_response(not_rendered(rendered.error().message));

  json::object answer;
  if (rendered->email) {
    answer["subject"] = rendered->email->subject;
    answer["text"] = rendered->email->text;
    if (used->html) answer["html"] = rendered->email->html;
  }
  if (rendered->sms) {
    auto sms = sms_parts_(*rendered->sms);
    if (!sms) return net::to_response(not_rendered("sms.txt: " + sms.error()));
    (*sms)["text"] = *rendered->sms;
    answer["sms"] = std::move(*sms);
  }
  return net::json_answer(answer);
}

}  // namespace vestnik::planning
