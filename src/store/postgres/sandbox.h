#pragma once

#include "store/postgres/pool.h"
#include "store/sandbox.h"

namespace vestnik::store::postgres {

class PostgresSandbox final : public Sandbox {
 public:
  explicit PostgresSandbox(Pool& pool);

  void keep(std::vector<SandboxMessage> messages, Done<void> done) override;
  void find(const NotificationId& id, Done<std::optional<SandboxMessage>> done) override;
  void newest(std::size_t limit, Done<std::vector<SandboxMessage>> done) override;

 private:
  using Messages = std::vector<SandboxMessage>;
  static std::vector<std::monostate> keep_all(const Try& go, const std::vector<Messages>& requests);
  static std::vector<std::optional<SandboxMessage>> find_all(const Try& go,
                                                             const std::vector<std::string>& ids);
  static std::vector<Messages> list(const Try& go, const std::vector<std::size_t>& limits);

  Pool& pool_;
  Lane<Messages, std::monostate>& keeping_;
  Lane<std::string, std::optional<SandboxMessage>>& finding_;
  Lane<std::size_t, Messages>& listing_;
};

}  // namespace vestnik::store::postgres
