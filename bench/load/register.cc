// bench-register: load on POST /register, open or closed loop.
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bench/load/register_load.h"

int main(int argc, char** argv) {
  using namespace vestnik::bench;
  RegisterOptions options;
  CLI::App app("Registers users at 127.0.0.1; prints one line of JSON. Latencies are those of status 200.");
  app.add_option("--port", options.port, "Where POST /register is served")->required();
  app.add_option("--connections", options.connections, "Kept open; one request at a time on each")
      ->capture_default_str();
  app.add_option("--seconds", options.seconds, "How long requests arrive");
  app.add_option("--requests", options.requests, "Stop after so many");
  app.add_option("--rate", options.rate,
                 "Open loop: so many arrive a second, at fixed times from which latency counts; without it, "
                 "closed loop");
  app.add_option("--seed", options.seed,
                 "Part of every e-mail address; one that was used registers nobody new")
      ->required();
  const std::map<std::string, Contacts> contacts{
      {"email", Contacts::email}, {"sms", Contacts::sms}, {"both", Contacts::both}};
  app.add_option("--contacts", options.contacts, "email, sms or both (default)")
      ->transform(CLI::CheckedTransformer(contacts));
  app.add_option(
      "--record", options.record,
      "File: a line \"<e-mail> <phone> <meant> <sent> <answered> <status>\" for each answer; times are "
      "CLOCK_MONOTONIC in ns, \"-\" is a contact that wasn't given");
  app.add_option("--patience-seconds", options.patience_seconds,
                 "How long answers are waited for after the last arrival, or while none comes")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    fmt::print("{}\n", vestnik::json::serialize(RegisterLoad(options).run()));
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench-register: {}\n", error.what());
    return 1;
  }
}
