// Spans: what was done for a notification, where, and how long it took.
//
// A Tracer that is off costs a comparison, and so does what it starts. One that is on hands every span that
// has ended to its Sink.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "trace/context.h"

namespace vestnik::trace {

// The numbers are those of opentelemetry.proto.trace.v1.Span.SpanKind.
enum class SpanKind { internal = 1, server = 2, client = 3, producer = 4, consumer = 5 };

// Never an address, a phone number, a text or a key. Keys are literals.
struct Attribute {
  std::string_view key;
  std::variant<std::string, std::int64_t> value;
};

struct Event {
  Timestamp at{};
  std::string_view name;  // a literal
};

struct EndedSpan {
  Context context;
  std::uint64_t parent_id = 0;  // 0: the first of its trace
  bool parent_is_remote = false;
  std::string name;  // one of few
  SpanKind kind = SpanKind::internal;
  Timestamp begin{}, end{};
  std::vector<Attribute> attributes;
  std::vector<Event> events;
  bool failed = false;
};

class Sink {
 public:
  virtual ~Sink() = default;
  // From any thread. Never waits: what there is no room for is dropped, and counted.
  virtual void take(EndedSpan span) = 0;
};

// Which traces are recorded: OTEL_TRACES_SAMPLER's choices.
struct Sampler {
  bool parent_based = true;  // where something came before, as that says
  double ratio = 1;          // of the traces, 0..1, by their id

  bool samples(const std::optional<Context>& parent, std::uint64_t trace_id_low) const;
};

class Tracer;

// One that is destroyed without end() is not told. Not thread-safe; may move from one thread to another.
class Span {
 public:
  Span();  // as of a tracer that is off
  ~Span();
  Span(Span&&) noexcept;
  Span& operator=(Span&&) noexcept;

  // False: all below does nothing.
  bool is_recorded() const { return open_ != nullptr; }
  // What the next in the trace is to continue; empty: the tracer is off.
  std::string traceparent() const { return context_ ? context_->traceparent() : std::string(); }

  Span child(std::string_view name, SpanKind kind) const;

  // It was made before what it measures began.
  void begin_now();
  void set(std::string_view key, std::string value);
  void set(std::string_view key, std::string_view value) { set(key, std::string(value)); }
  void set(std::string_view key, const char* value) { set(key, std::string(value)); }
  void set(std::string_view key, std::int64_t value);
  void event(std::string_view name);
  // `type`: error.type, one of few.
  void fail(std::string type);
  void end();

 private:
  friend class Tracer;
  struct Open;

  std::optional<Context> context_;
  std::unique_ptr<Open> open_;
};

// Cheap to copy; safe from any thread.
class Tracer {
 public:
  Tracer() = default;  // off
  // All of it must outlive every copy and the spans that are open.
  Tracer(Sink& sink, Sampler sampler, Random& random, const Clock& clock)
      : sink_(&sink), sampler_(sampler), random_(&random), clock_(&clock) {}

  bool on() const { return sink_ != nullptr; }

  // `parent`: a traceparent, of another process where `kind` is server or consumer; where it is not valid a
  // new trace begins.
  Span start(std::string_view name, SpanKind kind, std::string_view parent) const;

 private:
  friend class Span;
  Span open(Context context, std::string_view name, SpanKind kind) const;

  Sink* sink_ = nullptr;
  Sampler sampler_;
  Random* random_ = nullptr;
  const Clock* clock_ = nullptr;
};

}  // namespace vestnik::trace
