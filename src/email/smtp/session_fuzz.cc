#include <cstdint>
#include <cstdlib>

#include "email/smtp/session.h"

using namespace vestnik;
using namespace vestnik::email::smtp;

namespace {

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : bytes_(reinterpret_cast<const char*>(data), size) {}
  bool empty() const { return bytes_.empty(); }
  std::uint8_t byte() { return empty() ? 0 : static_cast<std::uint8_t>(take(1)[0]); }
  std::string_view take(std::size_t count) {
    const auto piece = bytes_.substr(0, count);
    bytes_.remove_prefix(piece.size());
    return piece;
  }

 private:
  std::string_view bytes_;
};

// A server that answers the end of a message with 2xx can't be told from one that took it; nothing else is
// Sent.
void check(const std::optional<Outcome>& outcome, bool message_written) {
  if (!outcome) return;
  if (std::holds_alternative<Sent>(*outcome) && !message_written) std::abort();
  if (std::holds_alternative<InDoubt>(*outcome) && !message_written) std::abort();
}

}  // namespace

// A server says what it likes, the transport fails when it likes; the machine always asks for something
// sensible.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::uint8_t mode = input.byte();
  SessionConfig config{.helo = "me", .tls = static_cast<TlsMode>(mode & 3)};
  if (mode & 4) config.credentials = Credentials{"user", "password"};
  Session session(config);
  SteadyTime now{};
  bool message_written = false;
  Action action = session.resume(Start{}, now);
  for (int messages = 0; messages < 4;) {
    now += std::chrono::milliseconds(1);
    if (auto* close = std::get_if<Close>(&action)) {
      check(close->outcome, message_written);
      return 0;
    }
    const std::uint8_t choice = input.byte();
    if (auto* ready = std::get_if<Ready>(&action)) {
      check(ready->outcome, message_written);
      message_written = false;
      ++messages;
      if (choice & 1)
        action = session.resume(Begin{"from@example.org", input.take(choice >> 4), "a\n.\nb"}, now);
      else if (choice & 2)
        action = session.resume(Quit{}, now);
      else
        action = session.resume(Begin{"from@example.org", "to@example.org", input.take(choice)}, now);
      continue;
    }
    const auto* write = std::get_if<Write>(&action);
    const bool fails = input.empty() || choice == 255;
    if (write && write->bytes.empty()) std::abort();
    if (write && !fails && write->bytes.ends_with(".\r\n")) message_written = true;
    if (fails)
      action = session.resume(Failed{static_cast<IoError>(choice % 5), 0, ""}, now);
    else if (write)
      action = session.resume(Written{}, now);
    else if (std::holds_alternative<StartTls>(action))
      action = session.resume(TlsStarted{}, now);
    else
      action = session.resume(Received{input.take(choice == 0 ? 1 : choice)}, now);
  }
  return 0;
}
