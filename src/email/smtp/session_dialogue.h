// For tests: plays the server's side of a session from a script, and can fail any step of it.
#pragma once

#include <algorithm>
#include <gtest/gtest.h>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "email/smtp/session.h"

namespace vestnik::email::smtp {

// What the client must have written since the last turn, and what the server then says. An empty `client`:
// the server speaks first. tls_turn: the handshake.
struct Turn {
  std::string client;
  std::string server;
};
inline const Turn tls_turn{"<tls>", ""};

struct Fault {
  std::size_t step = std::numeric_limits<std::size_t>::max();  // counted over Write, Read and StartTls
  IoError error = IoError::closed;
  std::size_t bytes_written = 0;
};

class Dialogue {
 public:
  Dialogue(SessionConfig config, std::vector<Turn> script, Fault fault = {}, std::size_t chunk = 1 << 20)
      : session(std::move(config)), script_(std::move(script)), fault_(fault), chunk_(chunk) {}

  Action open() { return run(session.resume(Start{}, now)); }
  Action send(std::string_view recipient = "to@example.org",
              std::string_view message = "Subject: s\n\nHello\n") {
    return run(session.resume(Begin{"from@example.org", recipient, message}, now));
  }
  Action quit() { return run(session.resume(Quit{}, now)); }

  std::size_t steps() const { return step_; }
  bool finished() const { return turn_ == script_.size(); }
  // The step at which the block with the final dot was written (0: it was not).
  std::size_t dot_step() const { return dot_step_; }

  Session session;
  SteadyTime now{};

 private:
  Action run(Action action) {
    while (true) {
      if (std::holds_alternative<Ready>(action) || std::holds_alternative<Close>(action)) return action;
      now += std::chrono::milliseconds(1);
      if (++step_ == fault_.step) {
        action = session.resume(Failed{fault_.error, fault_.bytes_written, "detail"}, now);
        continue;
      }
      action = session.resume(answer(action), now);
    }
  }

  Event answer(const Action& action) {
    if (const auto* write = std::get_if<Write>(&action)) {
      EXPECT_GT(write->deadline, now);
      client_ += write->bytes;
      if (write->bytes.ends_with(".\r\n")) dot_step_ = step_;
      return Written{};
    }
    if (std::holds_alternative<StartTls>(action)) {
      EXPECT_TRUE(turn_ < script_.size() && script_[turn_].client == tls_turn.client);
      ++turn_;
      return TlsStarted{};
    }
    EXPECT_GT(std::get<Read>(action).deadline, now);
    if (server_.empty()) {
      if (turn_ == script_.size()) return Failed{IoError::closed};
      EXPECT_EQ(client_, script_[turn_].client);
      client_.clear();
      server_ = script_[turn_++].server;
    }
    given_ = server_.substr(0, chunk_);
    server_.erase(0, given_.size());
    return Received{given_};
  }

  std::vector<Turn> script_;
  Fault fault_;
  std::size_t chunk_;
  std::size_t turn_ = 0;
  std::size_t step_ = 0;
  std::size_t dot_step_ = 0;
  std::string client_;
  std::string server_;
  std::string given_;
};

inline SessionConfig config_with(TlsMode tls, std::optional<Credentials> credentials = {}) {
  return {.helo = "me.example.org", .tls = tls, .credentials = std::move(credentials)};
}

inline std::string ehlo_answer(const std::vector<std::string>& extensions) {
  std::string answer = extensions.empty() ? "250 mx\r\n" : "250-mx\r\n";
  for (std::size_t i = 0; i < extensions.size(); ++i)
    answer += (i + 1 == extensions.size() ? "250 " : "250-") + extensions[i] + "\r\n";
  return answer;
}

inline std::vector<Turn> opening(const std::vector<std::string>& extensions) {
  return {{"", "220 mx ESMTP\r\n"}, {"EHLO me.example.org\r\n", ehlo_answer(extensions)}};
}

inline const std::string group = "MAIL FROM:<from@example.org>\r\nRCPT TO:<to@example.org>\r\nDATA\r\n";
inline const std::string wire = "Subject: s\r\n\r\nHello\r\n.\r\n";

inline std::vector<Turn> operator+(std::vector<Turn> a, const std::vector<Turn>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

template <class T>
const T& outcome_of(const Action& action) {
  const std::optional<Outcome>* outcome = nullptr;
  if (const auto* ready = std::get_if<Ready>(&action)) outcome = &ready->outcome;
  if (const auto* close = std::get_if<Close>(&action)) outcome = &close->outcome;
  static const T none{};
  if (outcome == nullptr || !*outcome || !std::holds_alternative<T>(**outcome)) {
    ADD_FAILURE() << "another outcome than expected, or none";
    return none;
  }
  return std::get<T>(**outcome);
}

inline ConnectionFailure failure_of(const Action& action) {
  const auto* close = std::get_if<Close>(&action);
  EXPECT_TRUE(close != nullptr && close->failure.has_value());
  return close && close->failure ? *close->failure : ConnectionFailure{};
}

inline bool is_ready(const Action& action) { return std::holds_alternative<Ready>(action); }

}  // namespace vestnik::email::smtp
