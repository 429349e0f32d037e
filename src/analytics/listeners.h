// Those who listen to an event stream: at most so many, each with a box that is filled on one thread and
// emptied on the thread of its connection.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "net/http.h"

namespace vestnik::analytics {

// A Box has
//   bool has_news() const;  // and
//   void fetch();           // before each write(): moves the news to where only write() looks, if there is
//   room std::string write();    // what is sent next, a bounded piece; empty: nothing
// Listeners holds its lock during the first two and not during the last, which runs on the connection's
// thread.
template <class Box>
class Listeners : public std::enable_shared_from_this<Listeners<Box>> {
 public:
  Listeners(std::size_t count_max, prometheus::Gauge& gauge) : count_max_(count_max), gauge_(gauge) {}

  // Any thread. None: there are count_max already.
  std::unique_ptr<net::BodySource> add(Box box) {
    const std::lock_guard lock(mutex_);
    if (places_.size() == count_max_) return nullptr;
    places_.push_back(std::make_shared<Place>(std::move(box)));
    note_count();
    return std::make_unique<Source>(this->shared_from_this(), places_.back());
  }

  // Any thread, and costs nothing.
  bool any() const { return count_.load(std::memory_order_relaxed) > 0; }

  // Calls `put(Box&)` for each, which says whether there is news for it now.
  template <class Put>
  void tell(Put put) {
    std::vector<net::BodySource::Give> woken;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& place : places_)
        if (put(place->box) && place->waiting) woken.push_back(std::exchange(place->waiting, nullptr));
    }
    // Nothing is sent yet: the connection asks again, on its own thread, which does the work of writing.
    for (net::BodySource::Give& give : woken) give({});
  }

 private:
  struct Place {
    explicit Place(Box b) : box(std::move(b)) {}
    Box box;
    net::BodySource::Give waiting;  // set: the connection waits for news
  };

  class Source final : public net::BodySource {
   public:
    Source(std::shared_ptr<Listeners> listeners, std::shared_ptr<Place> place)
        : place_(std::move(place)), listeners_(std::move(listeners)) {}
    ~Source() override { listeners_->remove(place_); }

    void next(Give give) override {
      {
        const std::lock_guard lock(listeners_->mutex_);
        place_->box.fetch();
      }
      std::string bytes = place_->box.write();
      if (bytes.empty()) {
        const std::lock_guard lock(listeners_->mutex_);
        if (!place_->box.has_news()) {
          place_->waiting = std::move(give);
          return;
        }
      }
      give({.bytes = std::move(bytes)});
    }
    bool whole_at_any_time() const override { return true; }

   private:
    std::shared_ptr<Place> place_;
    std::shared_ptr<Listeners> listeners_;
  };

  void remove(const std::shared_ptr<Place>& place) {
    net::BodySource::Give dropped;  // after the lock
    const std::lock_guard lock(mutex_);
    dropped = std::move(place->waiting);
    std::erase(places_, place);
    note_count();
  }
  void note_count() {
    count_ = places_.size();
    gauge_.Set(static_cast<double>(places_.size()));
  }

  const std::size_t count_max_;
  prometheus::Gauge& gauge_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Place>> places_;
  std::atomic<std::size_t> count_ = 0;
};

// The answer that streams from `source`; 503 where there is none.
net::HttpResponse event_stream(std::unique_ptr<net::BodySource> source);

}  // namespace vestnik::analytics
