#include "sms/attempt_parts.h"

#include <algorithm>
#include <cassert>
#include <fmt/format.h>
#include <utility>

#include "base/json.h"

namespace vestnik::sms {
namespace {

// {"ids":["id of part 1",null,…]}
std::vector<std::optional<std::string>> read_progress(std::string_view progress, std::size_t parts) {
  std::vector<std::optional<std::string>> ids(parts);
  const auto object = parse_json_object(progress);
  const json::value* array = object ? object->if_contains("ids") : nullptr;
  if (!array || !array->is_array() || array->get_array().size() != parts) return ids;
  for (std::size_t i = 0; i < parts; ++i)
    if (const json::string* id = array->get_array()[i].if_string()) ids[i] = std::string(*id);
  return ids;
}

}  // namespace

AttemptParts::AttemptParts(std::size_t parts, std::string_view progress)
    : ids_(progress.empty() ? std::vector<std::optional<std::string>>(parts)
                            : read_progress(progress, parts)),
      unanswered_(to_submit().size()),
      answer_("every part was taken before") {}

std::vector<std::size_t> AttemptParts::to_submit() const {
  std::vector<std::size_t> parts;
  for (std::size_t i = 0; i < ids_.size(); ++i)
    if (!ids_[i]) parts.push_back(i);
  return parts;
}

void AttemptParts::answered(std::size_t part, Outcome outcome) {
  assert(unanswered_ > 0 && !ids_.at(part));
  --unanswered_;
  std::visit(Overloaded{
                 [&](Sent& sent) {
                   ids_[part] = sent.message_ids.empty() ? "" : std::move(sent.message_ids.front());
                   answer_ = std::move(sent.answer);
                 },
                 [&](Transient& refused) {
                   // The attempt is burned if one part burns it.
                   if (!transient_ || refused.burns_attempt()) transient_ = std::move(refused);
                 },
                 [&](Permanent& refused) { permanent_ = std::move(refused); },
                 [&](InDoubt& unclear) { in_doubt_ = std::move(unclear); },
             },
             outcome);
}

std::string AttemptParts::progress() const {
  if (std::ranges::none_of(ids_, [](const auto& id) { return id.has_value(); })) return {};
  json::array ids;
  for (const auto& id : ids_) ids.push_back(id ? json::value(*id) : json::value(nullptr));
  return json::serialize(json::object{{"ids", std::move(ids)}});
}

Outcome AttemptParts::outcome() const {
  assert(complete());
  if (in_doubt_) return InDoubt{in_doubt_->answer, progress()};
  if (permanent_) return *permanent_;
  if (transient_) {
    Transient refused = *transient_;
    refused.progress = progress();
    return refused;
  }
  Sent sent{ids_.size() > 1 ? fmt::format("{}, {} parts", answer_, ids_.size()) : answer_, {}};
  // A part without an id can't have a receipt.
  for (const auto& id : ids_)
    if (id && !id->empty()) sent.message_ids.push_back(*id);
  return sent;
}

}  // namespace vestnik::sms
