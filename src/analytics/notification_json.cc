#include "analytics/notification_json.h"

#include <utility>

namespace vestnik::analytics {

void put_text(json::object& object, std::string_view name, const std::string& text) {
  if (!text.empty()) object[name] = text;
}

namespace {

json::object to_json(const store::TimelineEntry& entry) {
  json::object object{{"at", format_rfc3339(entry.at)}, {"what", entry.what}};
  if (entry.attempt > 0) object["attempt"] = entry.attempt;
  put_text(object, "provider", entry.provider);
  put_text(object, "answer", entry.answer);
  if (entry.due_at) object["due_at"] = format_rfc3339(*entry.due_at);
  return object;
}

// A masked number begins with '+' too, and is nothing that could be computed.
bool looks_like_a_formula(std::string_view text) {
  return !text.empty() && (text[0] == '=' || text[0] == '-' || text[0] == '@' || text[0] == '+') &&
         text.find("•") == text.npos;
}

void append_field(std::string& out, std::string_view text) {
  const bool formula = looks_like_a_formula(text);
  if (!formula && text.find_first_of("\",\r\n") == text.npos) {
    out.append(text).append(",");
    return;
  }
  out += formula ? "\"'" : "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += "\",";
}

}  // namespace

json::object to_json(const store::NotificationView& view) {
  json::object object{{"notification_id", view.id.value},
                      {"user_id", view.user_id.value},
                      {"event_id", view.event_id.value},
                      {"event_type", view.event_type},
                      {"channel", to_string(view.channel)},
                      {"template", view.template_version},
                      {"state", view.state},
                      {"sandbox", view.sandbox},
                      {"attempt", view.attempt},
                      {"accepted_at", format_rfc3339(view.accepted_at)},
                      {"updated_at", format_rfc3339(view.updated_at)}};
  put_text(object, "category", view.category);
  put_text(object, "recipient", view.recipient);
  put_text(object, "provider", view.provider);
  put_text(object, "error", view.error);
  if (!view.timeline.empty()) {
    json::array timeline;
    for (const store::TimelineEntry& entry : view.timeline) timeline.push_back(to_json(entry));
    object["timeline"] = std::move(timeline);
  }
  return object;
}

std::string_view csv_head() {
  return "notification_id,user_id,event_id,event_type,channel,template,"
         "category,recipient,state,sandbox,attempt,"
         "provider,error,accepted_at,updated_at\r\n";
}

void append_csv(std::string& out, const store::NotificationView& view) {
  for (const std::string_view text :
       {std::string_view(view.id.value), std::string_view(view.user_id.value),
        std::string_view(view.event_id.value), std::string_view(view.event_type), to_string(view.channel),
        std::string_view(view.template_version), std::string_view(view.category),
        std::string_view(view.recipient), std::string_view(view.state),
        std::string_view(view.sandbox ? "true" : "false")})
    append_field(out, text);
  out.append(std::to_string(view.attempt)).append(",");
  for (const std::string& text :
       {view.provider, view.error, format_rfc3339(view.accepted_at), format_rfc3339(view.updated_at)})
    append_field(out, text);
  out.back() = '\r';
  out += '\n';
}

}  // namespace vestnik::analytics
