// Messages kept instead of sent, where no provider is configured.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/notification.h"
#include "store/result.h"

namespace vestnik::store {

struct SandboxMessage {
  NotificationId notification_id;
  Channel channel = Channel::email;
  std::string to;
  std::string subject;  // e-mail only
  std::string text;
  std::string html;  // e-mail only
  std::string raw;   // e-mail: the whole message as it would go over SMTP; SMS: its parts, one JSON array
  Timestamp kept_at{};
};

class Sandbox {
 public:
  virtual ~Sandbox() = default;

  // Durable when `done` runs. The same notification kept twice is one message (the later one).
  virtual void keep(std::vector<SandboxMessage> messages, Done<void> done) = 0;
  virtual void find(const NotificationId& id, Done<std::optional<SandboxMessage>> done) = 0;
  // Newest first, without `raw`. At most `limit`.
  virtual void newest(std::size_t limit, Done<std::vector<SandboxMessage>> done) = 0;
};

}  // namespace vestnik::store
