#include "delivery/attempt_trace.h"

#include <algorithm>

#include "trace/context.h"

namespace vestnik::delivery {
namespace {

// The number that a peer's answer begins with, "550" or "0x0000000b": no words, which may hold addresses.
std::string code_of(std::string_view answer) {
  const std::string_view word = answer.substr(0, answer.find(' '));
  constexpr std::size_t longest = 10;
  const bool code = !word.empty() && word.size() <= longest && word.front() >= '0' && word.front() <= '9' &&
                    word.find_first_not_of("0123456789abcdefx") == word.npos;
  return code ? std::string(word) : std::string();
}

void fail(trace::Span& span, const char* outcome, const std::string& answer) {
  const std::string code = code_of(answer);
  span.fail(code.empty() ? outcome : code);
  span.set("vestnik.outcome", outcome);
}

}  // namespace

void AttemptTrace::begin(Held& held) const {
  held.spans.reset();
  if (!tracer_.on()) return;
  const Notification& n = *held.notification;
  trace::Span deliver = tracer_.start(deliver_, trace::SpanKind::consumer, n.traceparent);
  if (!deliver.is_recorded()) return;
  deliver.set("vestnik.notification_id", n.id.value);
  deliver.set("vestnik.user_id", n.user_id.value);
  deliver.set("vestnik.attempt", held.attempt);
  deliver.set("vestnik.provider", held.provider);
  held.spans = std::make_shared<AttemptSpans>(
      AttemptSpans{deliver.traceparent(), std::move(deliver), std::make_shared<trace::Span>()});
}

void AttemptTrace::sending(const Held& held, Attempt& attempt) const {
  const std::string& told = held.notification->traceparent;
  if (held.spans) {
    *held.spans->exchange = held.spans->deliver.child("send " + held.provider, trace::SpanKind::client);
    attempt.span = held.spans->exchange;
    if (in_messages_) attempt.traceparent = attempt.span->traceparent();
  } else if (in_messages_ && !told.empty()) {
    // Recorded by others, if at all. Written anew: what a record holds may be of anybody's making.
    const auto context = trace::parse_traceparent(told);
    if (context && context->sampled) attempt.traceparent = context->traceparent();
  }
}

void AttemptTrace::answered(const Held& held, const Outcome& outcome) const {
  if (!held.spans) return;
  trace::Span& span = *held.spans->exchange;
  std::visit(Overloaded{[&](const Sent&) { span.set("vestnik.outcome", "sent"); },
                        [&](const Transient& t) { fail(span, "transient", t.answer); },
                        [&](const Permanent& p) { fail(span, "permanent", p.answer); },
                        [&](const InDoubt& d) { fail(span, "in_doubt", d.answer); }},
             outcome);
  span.end();
}

void AttemptTrace::recorded(const Held& held, const Step& step) const {
  if (!held.spans) return;
  trace::Span& span = held.spans->deliver;
  const std::string kind(to_string(step.kind));
  span.set("vestnik.outcome", kind);
  if (step.kind != StepKind::sent) span.fail(kind);
  span.end();
}

std::string AttemptTrace::traceparent(const Held& held) {
  return held.spans ? held.spans->traceparent : held.notification->traceparent;
}

}  // namespace vestnik::delivery
