// `vestnik tail`: what happens, as it happens.
#include <chrono>
#include <cstdint>
#include <fmt/format.h>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "cli/command.h"
#include "cli/tail_view.h"
#include "cli/terminal.h"
#include "net/event_stream.h"

namespace vestnik::cli {
namespace {

// The server lets no more than 15 s pass without at least a comment.
constexpr std::chrono::seconds silence_max{45};
constexpr std::chrono::seconds try_again_after{1};
constexpr int tries_max = 30;

struct TailLine {
  ApiAccess access;
  std::vector<std::string> what;
  std::string channel, provider, user_id, notification_id;
  std::int64_t count = 0;  // 0: without end
  bool json = false;
};

std::string target_of(const TailLine& line) {
  std::string query;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty())
      query += fmt::format("{}{}={}", query.empty() ? "?" : "&", name, net::url_escaped(value));
  };
  for (const std::string& what : line.what) add("what", what);
  add("channel", line.channel);
  add("provider", line.provider);
  add("user_id", line.user_id);
  add("notification_id", line.notification_id);
  return "/v1/tail" + query;
}

class Tail {
 public:
  Tail(const TailLine& line, const ApiClient& client) : line_(line), client_(client) {}

  int run() {
    auto stream = open();
    for (;;) {
      const auto text = stream->read_line(silence_max);
      if (!text || !*text) {
        stream = open_again();
        continue;
      }
      const auto event = reader_.feed(**text);
      if (event && !show(*event)) return exit_done;
    }
  }

 private:
  std::unique_ptr<net::HttpStream> open() const {
    return client_.open(target_of(line_), "what happens as it happens");
  }

  // A server that is restarted is back soon. What it is told that it did wrong is told at once.
  std::unique_ptr<net::HttpStream> open_again() {
    std::cerr << "vestnik: the connection to " << client_.address()
              << " is lost; trying again. What happens meanwhile isn't shown.\n";
    for (int tries = 1;; ++tries) {
      std::this_thread::sleep_for(try_again_after);
      try {
        auto stream = open();
        reader_ = {};
        std::cerr << "vestnik: connected again.\n";
        return stream;
      } catch (const CommandError& error) {
        if (error.exit_code() != exit_unreachable || tries == tries_max) throw;
      }
    }
  }

  // False: that was the last one that was asked for.
  bool show(const net::ServerEvent& event) {
    const auto data = parse_json_object(event.data);
    if (!data) return true;
    if (event.event == "missed") {
      std::cerr << fmt::format("vestnik: {} steps were too fast to be shown.\n",
                               grouped(integer_member(*data, "count").value_or(0)));
      return true;
    }
    if (event.event != "step") return true;
    std::cout << (line_.json ? json::serialize(*data) : tail_line(*data, coloured_)) << std::endl;
    return line_.count == 0 || ++shown_ < line_.count;
  }

  const TailLine& line_;
  const ApiClient& client_;
  const bool coloured_ = colours(stdout);
  net::EventReader reader_;
  std::int64_t shown_ = 0;
};

}  // namespace

Command tail_command(CLI::App& root) {
  CLI::App* command = root.add_subcommand("tail", "Watch what happens as it happens");
  const auto line = std::make_shared<TailLine>();
  command
      ->add_option("--what", line->what,
                   "Only these steps, several with commas: accepted, planned, sent, delivered, dead, …")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("STEPS");
  add_channel(*command, line->channel);
  command->add_option("--provider", line->provider, "Only this provider")->type_name("NAME");
  command->add_option("--user", line->user_id, "Only this user's (user_…)")->type_name("ID");
  command->add_option("--notification", line->notification_id, "Only this notification")->type_name("ID");
  command->add_option("--count", line->count, "End after so many (default: never)")
      ->check(CLI::PositiveNumber)
      ->type_name("NUMBER");
  command->add_flag("--json", line->json, "One JSON object a line, for programs");
  add_access(*command, line->access);
  command->footer(
      "Ctrl-C ends it. It shows what the process it talks to takes into its read side.\n\nExamples:\n"
      "  vestnik tail --what dead,bounced,in_doubt\n"
      "  vestnik tail --channel sms --json | jq -r .answer");
  return {command, [line] {
            const ApiClient client(line->access);
            return Tail(*line, client).run();
          }};
}

}  // namespace vestnik::cli
