#include "store/limit_window.h"

#include <algorithm>

#include "store/packed.h"

namespace vestnik::store {
namespace {

constexpr std::int64_t window_layout = 1;
constexpr std::int64_t slices_per_window = 64;

}  // namespace

std::int64_t LimitWindow::slice_us() const {
  return std::max<std::int64_t>(1, (window_us() + slices_per_window - 1) / slices_per_window);
}

LimitWindow LimitWindow::unpack(std::string_view packed) {
  Unpacker in(packed);
  if (in.integer() != window_layout) throw DamagedValue("a stored limit has an unknown layout");
  LimitWindow window({in.integer(), std::chrono::milliseconds(in.integer())});
  std::int64_t index = 0;
  while (!in.at_end()) {
    index += in.integer();
    window.slices_.push_back({index, in.integer()});
  }
  return window;
}

std::string LimitWindow::pack() const {
  Packer out;
  out.integer(window_layout);
  out.integer(limit_.max);
  out.integer(limit_.window.count());
  std::int64_t before = 0;
  for (const Slice& slice : slices_) {
    out.integer(slice.index - before);
    out.integer(slice.uses);
    before = slice.index;
  }
  return out.take();
}

void LimitWindow::change(Limit limit) {
  if (limit.window == limit_.window) {
    limit_ = limit;
    return;
  }
  const std::int64_t old_slice_us = slice_us();
  const std::vector<Slice> old = std::move(slices_);
  slices_.clear();
  limit_ = limit;
  for (const Slice& slice : old) add(index_of((slice.index + 1) * old_slice_us - 1), slice.uses);
}

bool LimitWindow::settle(Timestamp now) {
  const std::int64_t now_us = to_unix_us(now), current = index_of(now_us);
  std::erase_if(slices_, [&](const Slice& slice) { return over_us(slice.index) <= now_us; });
  const auto future = std::ranges::upper_bound(slices_, current, {}, &Slice::index);
  if (future == slices_.end()) return false;
  std::int64_t uses = 0;
  for (auto slice = future; slice != slices_.end(); ++slice) uses += slice->uses;
  slices_.erase(future, slices_.end());
  add(current, uses);
  return true;
}

std::int64_t LimitWindow::room() const { return std::max<std::int64_t>(0, limit_.max - total()); }

void LimitWindow::use(Timestamp now) { add(index_of(to_unix_us(now)), 1); }

Timestamp LimitWindow::free_at(std::int64_t nth, Timestamp now) const {
  const std::int64_t max = std::max<std::int64_t>(1, limit_.max);
  // A place that is taken as soon as it is free is free again a window and a slice later.
  const std::int64_t rounds = (nth - 1) / max, place = (nth - 1) % max + 1;
  const std::int64_t must_go = total() + place - max;
  std::int64_t free_us = to_unix_us(now), gone = 0;
  for (auto slice = slices_.begin(); slice != slices_.end() && gone < must_go; ++slice) {
    gone += slice->uses;
    free_us = over_us(slice->index);
  }
  return from_unix_us(free_us + rounds * (window_us() + slice_us()));
}

Timestamp LimitWindow::over_at() const {
  return slices_.empty() ? Timestamp::min() : from_unix_us(over_us(slices_.back().index));
}

std::int64_t LimitWindow::total() const {
  std::int64_t uses = 0;
  for (const Slice& slice : slices_) uses += slice.uses;
  return uses;
}

void LimitWindow::add(std::int64_t index, std::int64_t uses) {
  if (!slices_.empty() && slices_.back().index == index)
    slices_.back().uses += uses;
  else
    slices_.push_back({index, uses});
}

}  // namespace vestnik::store
