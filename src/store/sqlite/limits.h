#pragma once

#include "store/limit_book.h"
#include "store/sqlite/gate.h"

namespace vestnik::store::sqlite {

// The limits of one batch of starts: each key's row is read when it is first used and written once, by
// write().
class Limits {
 public:
  Limits(Connection& connection, Timestamp now) : connection_(connection), now_(now) {}

  Beginning use(const AttemptStart& start);
  void write();

 private:
  Connection& connection_;
  const Timestamp now_;
  LimitBook book_;
};

}  // namespace vestnik::store::sqlite
