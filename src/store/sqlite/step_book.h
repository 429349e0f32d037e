// Where the steps of a transaction go: straight to the log that is in the same file
// (Ledger::append_steps_by), else into the outbox.
#pragma once

#include <map>
#include <mutex>
#include <vector>

#include "sqlite/database.h"
#include "store/ledger.h"

namespace vestnik::store::sqlite {

// The ways to the log, by channel. Shared with the works that are queued. Any thread.
class StepWays {
 public:
  void set(Channel channel, Ledger::AppendSteps append);
  bool has(Channel channel) const;
  // False: there is none, and `ended` was not called.
  bool append(Channel channel, std::vector<Record> steps, std::move_only_function<void(bool)> ended) const;

 private:
  mutable std::mutex mutex_;
  std::map<Channel, Ledger::AppendSteps> ways_;
};

// The steps of one work: whoever moves a row notes its step, then keep() puts them where they belong.
class StepBook {
 public:
  // `encoded`: as the log takes it, if that is known already.
  void note(Step step, std::int64_t partition, Record encoded = {});
  // The last thing in a work: what failed after it would leave the log with what the ledger has not.
  void keep(vestnik::sqlite::Connection& connection, const StepWays& ways);

 private:
  struct Noted {
    Step step;
    std::int64_t partition = 0;
    Record encoded;
  };

  static void keep_in_outbox(vestnik::sqlite::Connection& connection, const std::vector<Noted>& steps);

  std::map<Channel, std::vector<Noted>> noted_;
};

}  // namespace vestnik::store::sqlite
