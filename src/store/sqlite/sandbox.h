#pragma once

#include "store/sandbox.h"
#include "store/sqlite/gate.h"

namespace vestnik::store::sqlite {

class SqliteSandbox final : public Sandbox {
 public:
  explicit SqliteSandbox(Gate& gate) : gate_(gate) {}

  void keep(std::vector<SandboxMessage> messages, Done<void> done) override;
  void find(const NotificationId& id, Done<std::optional<SandboxMessage>> done) override;
  void newest(std::size_t limit, Done<std::vector<SandboxMessage>> done) override;

 private:
  Gate& gate_;
};

}  // namespace vestnik::store::sqlite
