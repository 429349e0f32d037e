#include "sms/smpp_provider.h"

#include <algorithm>
#include <cassert>
#include <fmt/format.h>
#include <utility>

#include "sms/sender.h"

namespace vestnik::sms {
namespace {

// A token is the attempt and which of its parts; segment() makes at most 255.
constexpr std::uint64_t parts_per_attempt = 256;
constexpr smpp::SubmitToken token_of(std::uint64_t attempt, std::size_t part) {
  return attempt * parts_per_attempt + part;
}

constexpr std::uint8_t esm_class_with_header = 0x40;       // SMPP 3.4 section 5.2.12: UDHI
constexpr std::uint8_t receipt_on_success_or_failure = 1;  // section 5.2.17

LinkOptions link_options(const SmppProviderOptions& options, std::shared_ptr<boost::asio::ssl::context> tls) {
  LinkOptions link{.provider = options.name,
                   .host = options.url.host,
                   .port = options.url.port,
                   .tls = std::move(tls),
                   .session = options.session,
                   .receipts_max = options.receipts_max,
                   .reconnect = options.reconnect};
  link.session.bind = {.system_id = options.url.system_id,
                       .password = options.url.password,
                       .system_type = options.url.system_type};
  link.session.window = options.url.window;
  link.session.enquire_link_idle = options.url.enquire_link_idle;
  link.session.response_limit = options.url.response_limit;
  return link;
}

}  // namespace

SmppProvider::SmppProvider(net::EventLoop& loop, SmppProviderOptions options, Random& random)
    : loop_(loop), options_(std::move(options)) {
  const auto tls = options_.url.tls ? net::make_client_tls(options_.url.tls_verify) : nullptr;
  for (std::size_t i = 0; i < options_.url.binds; ++i)
    links_.push_back(std::make_shared<SmppLink>(loop_, link_options(options_, tls),
                                                static_cast<SmppLink::Owner&>(*this), random));
}

SmppProvider::~SmppProvider() {
  for (const auto& link : links_) link->abandon();
}

void SmppProvider::on_capacity(std::move_only_function<void()> call) {
  on_capacity_ = std::move(call);
  start_when_wired();
}

void SmppProvider::on_receipt(std::move_only_function<void(Receipt, Task)> call) {
  on_receipt_ = std::move(call);
  start_when_wired();
}

// A bind before that could bring receipts that nobody hears.
void SmppProvider::start_when_wired() {
  if (started_ || !on_capacity_ || !on_receipt_) return;
  started_ = true;
  links_running_ = links_.size();
  for (const auto& link : links_) link->start();
}

std::size_t SmppProvider::capacity() const {
  std::size_t free = 0;
  if (!stopping_)
    for (const auto& link : links_) free += link->free();
  if (free == 0) seen_empty_ = true;
  return free;
}

SmppLink* SmppProvider::freest_link() const {
  const auto freest = std::ranges::max_element(links_, {}, [](const auto& link) { return link->free(); });
  return (*freest)->free() > 0 ? freest->get() : nullptr;
}

void SmppProvider::send(delivery::Attempt attempt, delivery::AttemptDone done) {
  const Notification& notification = *attempt.notification;
  const auto destination = destination_address(notification.to, options_.url);
  if (!destination) return finish_later(std::move(done), Permanent{"the recipient is no E.164 number"});
  const auto parts =
      text::segment(notification.text, text::concatenation_reference(notification.id), options_.parts_max);
  if (!parts) return finish_later(std::move(done), Permanent{parts.error().message});

  AttemptParts answers(parts->size(), attempt.progress);
  if (answers.complete()) return finish_later(std::move(done), answers.outcome());
  SmppLink* link = freest_link();
  if (!link)
    return finish_later(
        std::move(done),
        Transient{.answer = "no bind has room", .progress = attempt.progress, .unsent = true});

  if (attempt.span) {
    attempt.span->set("network.protocol.name", "smpp");
    attempt.span->set("server.address", options_.url.host);
    attempt.span->set("server.port", options_.url.port);
    attempt.span->set("vestnik.sms.parts", static_cast<std::int64_t>(parts->size()));
  }
  const std::uint64_t id = next_attempt_++;
  const std::vector<std::size_t> to_submit = answers.to_submit();
  open_.emplace(id, Open{std::move(answers), std::move(done)});
  for (std::size_t part : to_submit)
    link->submit(token_of(id, part), message_of((*parts)[part], *destination));
  capacity();
}

smpp::ShortMessage SmppProvider::message_of(const text::Part& part, const smpp::Address& destination) const {
  return {.source = options_.source,
          .destination = destination,
          .esm_class = part.header.empty() ? std::uint8_t{0} : esm_class_with_header,
          .registered_delivery = receipt_on_success_or_failure,
          .data_coding = part.encoding == text::Encoding::gsm7 ? options_.url.data_coding
                                                               : static_cast<std::uint8_t>(part.encoding),
          .short_message = part.header + part.user_data};
}

void SmppProvider::finish_later(delivery::AttemptDone done, Outcome outcome) {
  loop_.post([done = std::move(done), outcome = std::move(outcome)]() mutable { done(std::move(outcome)); });
}

void SmppProvider::link_answered(smpp::SubmitToken token, Outcome outcome) {
  const std::uint64_t attempt = token / parts_per_attempt;
  const auto open = open_.find(attempt);
  assert(open != open_.end());
  if (Sent* sent = std::get_if<Sent>(&outcome))
    for (std::string& id : sent->message_ids) id = smpp::normalize_id(id, options_.url.response_ids);
  open->second.parts.answered(token % parts_per_attempt, std::move(outcome));
  if (open->second.parts.complete()) finish(attempt);
}

void SmppProvider::finish(std::uint64_t attempt) {
  auto finished = open_.extract(attempt);
  finished.mapped().done(finished.mapped().parts.outcome());
  if (stopping_ && open_.empty())
    for (const auto& link : links_) link->stop();
}

void SmppProvider::link_receipt(smpp::DeliveryReceipt receipt, Task recorded) {
  const smpp::IdForm form = receipt.id_from_tlv ? options_.url.response_ids : options_.url.receipt_ids;
  // The receipt's own date has no time zone; when it came is what we know.
  on_receipt_({.provider = std::string(name()),
               .message_id = smpp::normalize_id(receipt.message_id, form),
               .status = receipt.state == smpp::DeliveryState::delivered ? Receipt::Status::delivered
                                                                         : Receipt::Status::failed,
               .answer = std::move(receipt.answer),
               .at = loop_.clock().now()},
              std::move(recorded));
}

void SmppProvider::link_changed() {
  if (!seen_empty_ || capacity() == 0) return;
  seen_empty_ = false;
  loop_.post([this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) on_capacity_();
  });
}

void SmppProvider::stop(std::chrono::milliseconds limit, Task stopped) {
  assert(!stopping_);
  stopping_ = true;
  stopped_ = std::move(stopped);
  if (links_running_ == 0) {
    loop_.post(std::exchange(stopped_, nullptr));
    return;
  }
  stop_timer_ = loop_.after(limit, [this] {
    for (const auto& link : links_) link->abort();
  });
  if (open_.empty())
    for (const auto& link : links_) link->stop();
}

void SmppProvider::link_stopped() {
  if (--links_running_ > 0 || !stopped_) return;
  stop_timer_.reset();
  // Posted, so that the one who asked may destroy this.
  loop_.post(std::exchange(stopped_, nullptr));
}

Health SmppProvider::health() const {
  const auto bound = std::ranges::count_if(links_, [](const auto& link) { return link->bound(); });
  Health health{.part = std::string(name()), .well = bound > 0};
  health.detail = fmt::format("{} of {} binds are up", bound, links_.size());
  const auto down = std::ranges::find_if(links_, [](const auto& link) { return !link->bound(); });
  if (down != links_.end()) health.detail += "; " + (*down)->problem();
  if (std::ranges::any_of(links_, [](const auto& link) { return link->throttled(); }))
    health.detail += "; slowed down by the peer";
  return health;
}

}  // namespace vestnik::sms
