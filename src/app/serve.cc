#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/configuration.h"
#include "app/system.h"
#include "app/version.h"
#include "base/logging.h"
#include "cli/environment.h"

namespace vestnik::app {
namespace {

constexpr std::chrono::milliseconds fatal_check{500};

// Threads inherit the mask, so the signals wait for wait_for_signal().
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // A peer that closes is an error of the write, not the end of the process.
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

// The signal that came within `limit`; none: it passed, or the wait was interrupted.
std::optional<int> wait_for_signal(const sigset_t& signals, std::chrono::milliseconds limit) {
  const timespec wait{.tv_sec = limit.count() / 1000, .tv_nsec = limit.count() % 1000 * 1'000'000};
  const int signal = sigtimedwait(&signals, nullptr, &wait);
  return signal > 0 ? std::optional(signal) : std::nullopt;
}

bool human_lines(config::LogFormat format) {
  switch (format) {
    case config::LogFormat::human: return true;
    case config::LogFormat::json: return false;
    case config::LogFormat::automatic: return isatty(STDERR_FILENO) == 1;
  }
  return false;
}

}  // namespace

int serve(const CommandLine& line) {
  auto configuration = load_configuration(line);
  if (!configuration) {
    cli::print_problems(configuration.error());
    return 2;
  }
  logging::configure(configuration->options.log_level, human_lines(configuration->options.log_format));
  const sigset_t signals = block_signals();
  const config::Config options = configuration->options;
  const bool email_sandbox = configuration->smtp.empty(), sms_sandbox = configuration->smpp.empty();

  System system(std::move(*configuration));
  logging::info("vestnik", "ready",
                {{"version", version_text},
                 {"role", line.role},
                 {"address", "http://" + options.host + ":" + std::to_string(system.port())},
                 {"log", options.uses_kafka() ? "kafka" : "embedded"},
                 {"store", options.uses_postgresql() ? "postgresql" : "embedded"},
                 {"email", email_sandbox ? "sandbox" : "smtp"},
                 {"sms", sms_sandbox ? "sandbox" : "smpp"}});

  std::optional<int> signal;
  while (!signal) {
    signal = wait_for_signal(signals, fatal_check);
    if (const auto error = system.fatal_error()) {
      // Nothing can be drained: what is in hand would have to be written.
      logging::error("vestnik", "ends at once", {{"reason", *error}});
      std::_Exit(1);
    }
  }
  logging::info("vestnik", "stopping", {{"signal", sigabbrev_np(*signal)}});
  system.stop();
  logging::info("vestnik", "stopped");
  return 0;
}

}  // namespace vestnik::app
