#include "analytics/tail.h"

#include <utility>

#include "analytics/parameters.h"
#include "net/event_stream.h"
#include "store/packed.h"

namespace vestnik::analytics {
namespace {

constexpr std::size_t piece_bytes = 64 * 1024;
// Facts that wait for a listener: two of the collector's largest batches, a few MiB; shared where several
// listeners have the same ones.
constexpr std::size_t waiting_max = 8192;
constexpr std::chrono::seconds comment_every{15};

std::size_t facts_in(const store::FactBatch& facts) { return facts.events().size() + facts.rows().size(); }

bool is_what(std::string_view text) {
  return text == "accepted" || text == "planned" || parse_step_kind(text);
}

Result<TailFilter, net::Problem> read_filter(const net::HttpRequest& request) {
  Parameters parameters(request, {"channel", "what", "provider", "user_id", "notification_id"}, {"what"});
  TailFilter filter{.channel = parameters.channel(),
                    .what = parameters.all_of("what", is_what,
                                              "be accepted, planned, or a kind of step such as sent or dead"),
                    .provider = parameters.text("provider")};
  for (const auto& [name, id] :
       {std::pair("user_id", &filter.user_id), std::pair("notification_id", &filter.notification_id)})
    if (const std::string text = parameters.text(name); !text.empty()) *id = store::pack_id(text);
  if (parameters.problem()) return std::unexpected(*parameters.problem());
  return filter;
}

}  // namespace

TailBox::TailBox(TailFilter filter) : filter_(std::move(filter)) {}

bool TailBox::put(const std::shared_ptr<const store::FactBatch>& facts) {
  const std::size_t count = facts_in(*facts);
  if (missed_ > 0 || (!news_.empty() && waiting_ + count > waiting_max)) {
    missed_ += static_cast<std::int64_t>(TailPage(facts, filter_).size());
    return missed_ > 0;
  }
  news_.push_back(facts);
  waiting_ += count;
  return true;
}

bool TailBox::put_comment() { return comment_ = true; }

void TailBox::fetch() {
  if (page_ || !fetched_.empty()) return;
  fetched_ = std::exchange(news_, {});
  fetched_missed_ = std::exchange(missed_, 0);
  fetched_comment_ = std::exchange(comment_, false);
  waiting_ = 0;
}

std::string TailBox::write() {
  std::string out;
  if (std::exchange(fetched_comment_, false)) net::append_comment(out, "steps as they are applied");
  while (out.size() < piece_bytes && (page_ || !fetched_.empty())) {
    if (!page_) {
      page_.emplace(std::move(fetched_.front()), filter_);
      fetched_.pop_front();
    }
    page_->write(out, piece_bytes);
    if (page_->at_end()) page_.reset();
  }
  if (!page_ && fetched_.empty() && fetched_missed_ > 0)
    net::append_event(out, "missed", "",
                      R"({"count":)" + std::to_string(std::exchange(fetched_missed_, 0)) + "}");
  return out;
}

Tail::Tail(Scheduler& scheduler, Metrics& metrics)
    : scheduler_(scheduler),
      listeners_(std::make_shared<Listeners<TailBox>>(
          listeners_max, metrics.gauge("vestnik_analytics_listeners", "Open streams of events by which one",
                                       {{"stream", "tail"}}))) {}

void Tail::add_routes(net::Router& router, const net::ApiKeys& keys) {
  router.add("GET", "/v1/tail",
             net::require_api_key(keys, [this](const net::HttpRequest& request, net::Respond respond) {
               listen(request, std::move(respond));
             }));
}

void Tail::listen(const net::HttpRequest& request, net::Respond respond) {
  auto filter = read_filter(request);
  if (!filter) return respond(filter.error());
  respond(event_stream(listeners_->add(TailBox(std::move(*filter)))));
  scheduler_.post([this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired() && !timer_) tick();
  });
}

void Tail::applied(const std::shared_ptr<const store::FactBatch>& facts) {
  if (listeners_->any()) listeners_->tell([&](TailBox& box) { return box.put(facts); });
}

void Tail::stop() {
  stopped_ = true;
  timer_.reset();
}

void Tail::tick() {
  timer_.reset();
  if (stopped_ || !listeners_->any()) return;
  listeners_->tell([](TailBox& box) { return box.put_comment(); });
  timer_ = scheduler_.after(comment_every, [this] { tick(); });
}

}  // namespace vestnik::analytics
