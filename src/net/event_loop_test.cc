#include "net/event_loop.h"

#include <future>
#include <gtest/gtest.h>
#include <vector>

namespace vestnik::net {
namespace {

using namespace std::chrono_literals;

TEST(EventLoop, RunsTasksInTheOrderPosted) {
  EventLoop loop("test");
  std::vector<int> order;
  std::promise<void> finished;
  for (int i = 0; i < 3; ++i) loop.post([&order, i] { order.push_back(i); });
  loop.post([&] { finished.set_value(); });
  loop.start();
  finished.get_future().wait();
  EXPECT_EQ(order, (std::vector{0, 1, 2}));
}

TEST(EventLoop, ATimerRunsItsTaskOnce) {
  EventLoop loop("test");
  std::promise<void> fired;
  std::unique_ptr<Timer> timer;
  loop.post([&] { timer = loop.after(1ms, [&] { fired.set_value(); }); });
  loop.start();
  fired.get_future().wait();
  loop.stop();
}

TEST(EventLoop, ADestroyedTimerNeverRuns) {
  EventLoop loop("test");
  bool fired = false;
  std::promise<void> later;
  loop.post([&] { loop.after(0us, [&] { fired = true; }).reset(); });
  std::unique_ptr<Timer> timer;
  loop.post([&] { timer = loop.after(5ms, [&] { later.set_value(); }); });
  loop.start();
  later.get_future().wait();
  loop.stop();
  EXPECT_FALSE(fired);
}

}  // namespace
}  // namespace vestnik::net
