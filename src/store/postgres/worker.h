#pragma once

#include "store/postgres/connection.h"
#include "store/postgres/pool.h"

namespace vestnik::store::postgres {

// One connection and the thread that serves it.
class Worker {
 public:
  explicit Worker(Pool& pool);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void run();   // until the pool is stopping and nothing waits
  void wake();  // any thread

 private:
  bool connect(SteadyTime deadline);
  bool ready(SteadyTime deadline);
  void pause(SteadyTime until);
  void sleep(SteadyTime until);
  void carry_out(Batch& batch);
  enum class Ended { done, lost, conflict, refused };
  Ended one_go(Batch& batch, const Try& go, std::string& trouble);

  Pool& pool_;
  Connection connection_;
  int wake_fd_;
  int failures_ = 0;  // connects in a row
};

}  // namespace vestnik::store::postgres
