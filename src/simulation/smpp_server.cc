#include "simulation/smpp_server.h"

#include <algorithm>
#include <utility>

#include "sms/smpp/status.h"

namespace vestnik::simulation {

namespace smpp = sms::smpp;

namespace {

constexpr Duration receipt_pause = 3s;  // until one that nobody acknowledged is sent again
constexpr std::uint32_t status_invalid_destination = 0x0B;
constexpr std::uint8_t esm_class_receipt = 0x04;  // section 5.2.12

}  // namespace

void SmppServer::go_away(Duration how_long) {
  world_.note("{} is away for {} ms", name_, how_long.count() / 1000);
  away_until_ = std::max(away_until_, world_.elapsed() + how_long);
  drop_links();
}

void SmppServer::drop_links() {
  world_.note("{} loses its links", name_);
  for (const LinkPtr& link : std::exchange(links_, {})) {
    link->deaf = true;
    link->wire->cut();
  }
}

bool SmppServer::accept(const WirePtr& wire) {
  if (is_away() || world_.dice.chance(moods_.refuse_connection)) return false;
  auto link = std::make_shared<Link>();
  link->wire = wire;
  links_.push_back(link);
  // The link holds the wire; one that is no longer open hears nothing more.
  const std::weak_ptr held = link;
  wire->to_server = {.bytes =
                         [this, held](std::string_view bytes) {
                           if (const auto open = held.lock()) on_bytes(open, bytes);
                         },
                     .closed = [this, held] { std::erase(links_, held.lock()); }};
  return true;
}

void SmppServer::on_bytes(const LinkPtr& link, std::string_view bytes) {
  link->decoder.feed(bytes);
  while (!link->deaf) {
    const auto next = link->decoder.next();
    if (!next) return;
    if (*next) on_pdu(link, **next);
  }
}

void SmppServer::send(const LinkPtr& link, const smpp::Pdu& pdu, std::function<void()> arrived) {
  std::string bytes;
  smpp::encode(pdu, bytes);
  link->busy_until = std::max(link->busy_until, world_.elapsed()) +
                     world_.dice.between(Duration(5), moods_.thinking_max / 4);
  world_.after(link->busy_until - world_.elapsed(),
               [link, bytes = std::move(bytes), arrived = std::move(arrived)]() mutable {
                 link->wire->send_to_client(std::move(bytes), std::move(arrived));
               });
}

void SmppServer::close(const LinkPtr& link) {
  link->deaf = true;
  std::erase(links_, link);
  const Duration wait = std::max(link->busy_until, world_.elapsed()) - world_.elapsed();
  world_.after(wait + Duration(1), [link] { link->wire->close_from_server(); });
}

void SmppServer::on_pdu(const LinkPtr& link, const smpp::Pdu& pdu) {
  if (std::holds_alternative<smpp::BindTransceiver>(pdu.body)) {
    if (world_.dice.chance(moods_.hang)) return;
    const bool refused = world_.dice.chance(moods_.transient / 2);
    send(link, {.status = refused ? 0x0Du : smpp::status_ok,
                .sequence = pdu.sequence,
                .body = smpp::BindTransceiverResp{.system_id = "smsc"}});
    link->bound = !refused;
    if (refused) close(link);
  } else if (std::holds_alternative<smpp::SubmitSm>(pdu.body)) {
    on_submit(link, pdu);
  } else if (std::holds_alternative<smpp::EnquireLink>(pdu.body)) {
    if (!world_.dice.chance(moods_.hang * 5))
      send(link, {.sequence = pdu.sequence, .body = smpp::EnquireLinkResp{}});
  } else if (std::holds_alternative<smpp::Unbind>(pdu.body)) {
    send(link, {.sequence = pdu.sequence, .body = smpp::UnbindResp{}});
    close(link);
  } else if (std::holds_alternative<smpp::DeliverSmResp>(pdu.body)) {
    const auto delivering = link->delivering.extract(pdu.sequence);
    if (!delivering || pdu.status != smpp::status_ok) return;
    const auto receipt = receipts_.find(delivering.mapped());
    if (receipt == receipts_.end()) return;
    if (!world_.dice.chance(moods_.receipt_again)) receipts_.erase(receipt);
  }
}

void SmppServer::on_submit(const LinkPtr& link, const smpp::Pdu& pdu) {
  Dice& dice = world_.dice;
  const auto& text = std::get<smpp::SubmitSm>(pdu.body).message.short_message;
  const auto answer = [&](std::uint32_t status, std::string id = {}, std::function<void()> arrived = {}) {
    send(link, {.status = status, .sequence = pdu.sequence, .body = smpp::SubmitSmResp{std::move(id)}},
         std::move(arrived));
  };
  const auto tag = Tag::parse(text);
  if (!link->bound || !tag) return answer(status_invalid_destination);
  if (dice.chance(moods_.throttle)) return answer(smpp::status_throttled);
  if (dice.chance(moods_.transient)) return answer(smpp::status_queue_full);
  if (dice.chance(moods_.permanent)) return answer(status_invalid_destination);
  if (dice.chance(moods_.hang)) return world_.note("{} does not answer a submit", name_);
  if (dice.chance(moods_.drop)) return drop_links();

  const std::string id = fmt::format("{}-{}", name_, next_id_++);
  world_.note("{} takes {} as {}", name_, tag->text(), id);
  watcher_->on_taken(*tag, id);
  if (dice.chance(moods_.receipt)) {
    const Duration when = dice.chance(moods_.early_receipt) ? Duration(0) : dice.between(Duration(1ms), 4s);
    want_receipt(id, dice.chance(moods_.permanent * 3), when);
  }
  if (dice.chance(moods_.unknown_receipt))
    want_receipt(fmt::format("{}-unknown-{}", name_, next_id_++), false, 10ms);
  if (dice.chance(moods_.drop_after_take)) return drop_links();
  if (dice.chance(moods_.silent_after_take)) return world_.note("{} takes it silently", name_);
  if (dice.chance(moods_.closing)) {
    send(link, {.sequence = link->next_sequence++, .body = smpp::Unbind{}});
    answer(smpp::status_ok, id, [watcher = watcher_, tag = *tag] { watcher->on_answered(tag); });
    return close(link);
  }
  answer(smpp::status_ok, id, [watcher = watcher_, tag = *tag] { watcher->on_answered(tag); });
}

void SmppServer::want_receipt(const std::string& message_id, bool failed, Duration when) {
  receipts_[message_id] = {
      fmt::format("id:{} sub:001 dlvrd:001 submit date:2601010000 done date:2601010000 stat:{} "
                  "err:000 text:",
                  message_id, failed ? "UNDELIV" : "DELIVRD")};
  world_.after(when, [this, message_id] { tell_receipt(message_id); });
}

// Over any link that is bound, until it is acknowledged.
void SmppServer::tell_receipt(const std::string& message_id) {
  const auto receipt = receipts_.find(message_id);
  if (receipt == receipts_.end()) return;
  std::vector<LinkPtr> bound;
  for (const LinkPtr& link : links_)
    if (link->bound && !link->deaf) bound.push_back(link);
  if (!bound.empty()) {
    const LinkPtr& link = bound[world_.dice.below(bound.size())];
    link->delivering[link->next_sequence] = message_id;
    send(link, {.sequence = link->next_sequence++,
                .body = smpp::DeliverSm{{.source = {.digits = "15550001"},
                                         .destination = {.digits = "15550002"},
                                         .esm_class = esm_class_receipt,
                                         .short_message = receipt->second.text}}});
  }
  world_.after(receipt_pause, [this, message_id] { tell_receipt(message_id); });
}

}  // namespace vestnik::simulation
