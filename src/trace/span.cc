#include "trace/span.h"

#include <algorithm>
#include <utility>

namespace vestnik::trace {

struct Span::Open {
  Tracer tracer;
  EndedSpan span;
};

Span::Span() = default;
Span::~Span() = default;
Span::Span(Span&&) noexcept = default;
Span& Span::operator=(Span&&) noexcept = default;

// The ratio as OpenTelemetry's TraceIdRatioBased has it in its SDKs: by the lower 63 random bits, so that
// every process decides alike.
bool Sampler::samples(const std::optional<Context>& parent, std::uint64_t trace_id_low) const {
  if (parent && parent_based) return parent->sampled;
  constexpr double range = 9223372036854775808.0;  // 2^63
  return ratio >= 1 || static_cast<double>(trace_id_low >> 1) < ratio * range;
}

Span Tracer::start(std::string_view name, SpanKind kind, std::string_view parent) const {
  if (!on()) return {};
  const std::optional<Context> before = parse_traceparent(parent);
  Context context = before ? *before : new_context(*random_, false);
  context.sampled = sampler_.samples(before, context.trace_id_low);
  if (!context.sampled) {
    Span unrecorded;
    unrecorded.context_ = context;
    return unrecorded;
  }
  if (before) context.span_id = random_->next() | 1;
  Span span = open(context, name, kind);
  if (before) {
    span.open_->span.parent_id = before->span_id;
    span.open_->span.parent_is_remote = kind == SpanKind::server || kind == SpanKind::consumer;
  }
  return span;
}

Span Tracer::open(Context context, std::string_view name, SpanKind kind) const {
  Span span;
  span.context_ = context;
  span.open_ = std::make_unique<Span::Open>(Span::Open{*this, {}});
  span.open_->span.context = context;
  span.open_->span.name = name;
  span.open_->span.kind = kind;
  span.open_->span.begin = clock_->now();
  return span;
}

Span Span::child(std::string_view name, SpanKind kind) const {
  Span span;
  span.context_ = context_;
  if (!open_) return span;
  Context context = *context_;
  context.span_id = open_->tracer.random_->next() | 1;
  span = open_->tracer.open(context, name, kind);
  span.open_->span.parent_id = context_->span_id;
  return span;
}

void Span::begin_now() {
  if (open_) open_->span.begin = open_->tracer.clock_->now();
}

void Span::set(std::string_view key, std::string value) {
  if (open_) open_->span.attributes.push_back({key, std::move(value)});
}

void Span::set(std::string_view key, std::int64_t value) {
  if (open_) open_->span.attributes.push_back({key, value});
}

void Span::event(std::string_view name) {
  if (open_) open_->span.events.push_back({open_->tracer.clock_->now(), name});
}

void Span::fail(std::string type) {
  if (!open_) return;
  open_->span.failed = true;
  set("error.type", std::move(type));
}

void Span::end() {
  if (!open_) return;
  // The clock may have been set back since.
  open_->span.end = std::max(open_->span.begin, open_->tracer.clock_->now());
  open_->tracer.sink_->take(std::move(open_->span));
  open_.reset();
}

}  // namespace vestnik::trace
