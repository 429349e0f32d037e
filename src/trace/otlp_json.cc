#include "trace/otlp_json.h"

#include "base/json_writer.h"

namespace vestnik::trace {
namespace {

// SpanFlags of opentelemetry.proto.trace.v1: the W3C flags, and whether the parent is of another process.
constexpr int flag_sampled = 1, flag_has_is_remote = 0x100, flag_is_remote = 0x200;
constexpr int status_error = 2;  // Status.StatusCode

std::string nanoseconds(Timestamp at) { return std::to_string(to_unix_us(at)) + "000"; }

std::string value_of(const Attribute& attribute) {
  JsonWriter value(64);
  if (const auto* number = std::get_if<std::int64_t>(&attribute.value))
    value.text("intValue", std::to_string(*number));
  else
    value.text("stringValue", std::get<std::string>(attribute.value));
  return value.finish();
}

std::string key_value(std::string_view key, std::string_view value) {
  return JsonWriter(64 + value.size()).text("key", key).json("value", value).finish();
}

template <class Items, class Write>
std::string array_of(const Items& items, Write write) {
  std::string out = "[";
  for (const auto& item : items) {
    if (out.size() > 1) out += ',';
    out += write(item);
  }
  return out += ']';
}

std::string event_json(const Event& event) {
  return JsonWriter(64).text("timeUnixNano", nanoseconds(event.at)).text("name", event.name).finish();
}

std::string span_json(const EndedSpan& span) {
  const bool remote = span.parent_is_remote;
  JsonWriter out(768);
  out.text("traceId", span.context.trace_id()).text("spanId", span_id_text(span.context.span_id));
  if (span.parent_id != 0) out.text("parentSpanId", span_id_text(span.parent_id));
  out.integer("flags", flag_sampled | flag_has_is_remote | (remote ? flag_is_remote : 0))
      .text("name", span.name)
      .integer("kind", static_cast<int>(span.kind))
      .text("startTimeUnixNano", nanoseconds(span.begin))
      .text("endTimeUnixNano", nanoseconds(span.end))
      .json("attributes",
            array_of(span.attributes, [](const Attribute& a) { return key_value(a.key, value_of(a)); }));
  if (!span.events.empty()) out.json("events", array_of(span.events, event_json));
  if (span.failed) out.json("status", JsonWriter(16).integer("code", status_error).finish());
  return out.finish();
}

}  // namespace

std::string to_otlp_json(const Resource& resource, std::string_view version,
                         std::span<const EndedSpan> spans) {
  const std::string attributes = array_of(resource, [](const auto& entry) {
    return key_value(entry.first, JsonWriter(64).text("stringValue", entry.second).finish());
  });
  const std::string scope = JsonWriter(64).text("name", "vestnik").text("version", version).finish();
  const std::string scope_spans =
      JsonWriter(0).json("scope", scope).json("spans", array_of(spans, span_json)).finish();
  const std::string resource_spans =
      JsonWriter(0)
          .json("resource", JsonWriter(0).json("attributes", attributes).finish())
          .json("scopeSpans", "[" + scope_spans + "]")
          .finish();
  return JsonWriter(0).json("resourceSpans", "[" + resource_spans + "]").finish();
}

}  // namespace vestnik::trace
