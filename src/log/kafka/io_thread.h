// The one thread that serves all of Kafka in this process. librdkafka writes to its eventfd when a queue gets
// its first event (rd_kafka_queue_io_event_enable), so nothing polls; a coarse tick drives deadlines, commits
// and probes, and keeps the consumers within max.poll.interval.ms.
#pragma once

#include <atomic>
#include <chrono>
#include <librdkafka/rdkafka.h>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/executor.h"

namespace vestnik::log::kafka {

inline constexpr std::chrono::milliseconds io_tick{100};

// An eventfd. Shared, so that a signal after the thread has ended is harmless.
class Wake {
 public:
  Wake();
  ~Wake();
  Wake(const Wake&) = delete;
  Wake& operator=(const Wake&) = delete;

  void signal();
  void wait(std::chrono::milliseconds timeout);
  // Makes `queue` signal when it stops being empty. The queue's client must be destroyed before this object.
  void listen(rd_kafka_queue_t* queue);

 private:
  int fd_;
};

class IoThread {
 public:
  // Something with queues. All of it runs on the thread.
  class Source {
   public:
    virtual ~Source() = default;
    // Takes what is ready without blocking, at most a fair share. True: there is more, come again at once.
    virtual bool serve(SteadyTime now) = 0;
  };

  IoThread();
  // Ends the thread; what was posted and has not run is dropped.
  ~IoThread();

  // Runs `task` on the thread, after those posted before it. Any thread.
  void post(Task task);
  const std::shared_ptr<Wake>& wake() const { return wake_; }

  // On the thread (or before anything is posted). `source` must be removed before it goes.
  void add(Source& source);
  void remove(Source& source);

  // Ends the thread early; the sources are served no more.
  void stop();

 private:
  void run();
  void run_tasks();

  std::shared_ptr<Wake> wake_ = std::make_shared<Wake>();
  std::mutex mutex_;
  std::vector<Task> tasks_;  // guarded by mutex_
  std::vector<Source*> sources_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace vestnik::log::kafka
