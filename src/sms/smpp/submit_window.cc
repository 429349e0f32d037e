#include "sms/smpp/submit_window.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace vestnik::sms::smpp {
namespace {

Transient unsent(std::string_view reason, bool provider_failed) {
  return {.answer = std::string(reason), .provider_failed = provider_failed, .unsent = true};
}

}  // namespace

SubmitWindow::SubmitWindow(std::size_t size, std::chrono::milliseconds response_limit,
                           std::chrono::milliseconds queue_limit)
    : size_(size), response_limit_(response_limit), queue_limit_(queue_limit) {}

void SubmitWindow::push(SubmitToken token, ShortMessage message, SteadyTime now) {
  queue_.push_back({token, std::move(message), now + queue_limit_});
}

ShortMessage SubmitWindow::pop(std::uint32_t sequence) {
  assert(can_pop() && !is_open(sequence));
  Queued next = std::move(queue_.front());
  queue_.pop_front();
  unanswered_.emplace(sequence, Unanswered{next.token, 0});
  not_taken_.push_back(sequence);
  return std::move(next.message);
}

void SubmitWindow::written_as(std::uint32_t sequence, std::uint64_t end_offset) {
  unanswered_.at(sequence).end_offset = end_offset;
}

void SubmitWindow::transport_took(std::uint64_t offset, SteadyTime now) {
  while (!not_taken_.empty()) {
    const std::uint32_t sequence = not_taken_.front();
    if (const auto open = unanswered_.find(sequence); open != unanswered_.end()) {
      if (open->second.end_offset > offset) return;
      deadlines_.push_back({now + response_limit_, sequence, open->second.token});
    }
    not_taken_.pop_front();
  }
}

std::optional<SubmitToken> SubmitWindow::answered(std::uint32_t sequence) {
  const auto open = unanswered_.find(sequence);
  if (open == unanswered_.end()) return std::nullopt;
  const SubmitToken token = open->second.token;
  unanswered_.erase(open);
  return token;
}

bool SubmitWindow::is_current(const Deadline& deadline) const {
  const auto open = unanswered_.find(deadline.sequence);
  return open != unanswered_.end() && open->second.token == deadline.token;
}

std::vector<Answered> SubmitWindow::expire(SteadyTime now) {
  std::vector<Answered> out;
  while (!deadlines_.empty() && (deadlines_.front().at <= now || !is_current(deadlines_.front()))) {
    if (is_current(deadlines_.front())) {
      out.push_back({deadlines_.front().token, InDoubt{"no submit_sm_resp in time"}});
      unanswered_.erase(deadlines_.front().sequence);
    }
    deadlines_.pop_front();
  }
  while (!queue_.empty() && queue_.front().deadline <= now) {
    out.push_back({queue_.front().token, unsent("waited too long for room in the window", false)});
    queue_.pop_front();
  }
  return out;
}

std::vector<Answered> SubmitWindow::drop_queue(std::string_view reason, bool provider_failed) {
  std::vector<Answered> out;
  for (const Queued& waiting : queue_) out.push_back({waiting.token, unsent(reason, provider_failed)});
  queue_.clear();
  return out;
}

std::vector<Answered> SubmitWindow::lost(std::uint64_t offset, std::string_view reason) {
  std::vector<std::pair<std::uint32_t, Unanswered>> open(unanswered_.begin(), unanswered_.end());
  std::ranges::sort(open, {}, [](const auto& entry) { return entry.second.end_offset; });
  std::vector<Answered> out;
  for (const auto& [sequence, submit] : open) {
    if (submit.end_offset <= offset)
      out.push_back({submit.token, InDoubt{std::string(reason)}});
    else
      out.push_back({submit.token, unsent(reason, true)});
  }
  unanswered_.clear();
  not_taken_.clear();
  deadlines_.clear();
  std::ranges::move(drop_queue(reason, true), std::back_inserter(out));
  return out;
}

std::size_t SubmitWindow::free() const {
  const std::size_t used = unanswered_.size() + queue_.size();
  return used < size_ ? size_ - used : 0;
}

SteadyTime SubmitWindow::next_deadline() {
  while (!deadlines_.empty() && !is_current(deadlines_.front())) deadlines_.pop_front();
  SteadyTime at = SteadyTime::max();
  if (!deadlines_.empty()) at = std::min(at, deadlines_.front().at);
  if (!queue_.empty()) at = std::min(at, queue_.front().deadline);
  return at;
}

}  // namespace vestnik::sms::smpp
