// bench-smtp-sink: takes every e-mail, counts it, and writes down when it was whole.
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bench/load/smtp_dialogue.h"

int main(int argc, char** argv) {
  using namespace vestnik::bench;
  SinkOptions options;
  unsigned delay_ms = 0;
  CLI::App app(
      "An SMTP server that takes every e-mail. Prints \"port <N>\"; answers \"count\" and \"reset\" on "
      "standard input.");
  app.add_option("--port", options.port, "0 takes a free one");
  app.add_option("--record", options.record,
                 "File: a line \"<recipient> <end of data, CLOCK_MONOTONIC ns>\" each");
  app.add_option("--delay-ms", delay_ms, "Wait between the end of a message and its answer");
  CLI11_PARSE(app, argc, argv);
  options.pause_ns = std::uint64_t{delay_ms} * 1'000'000;
  try {
    Sink sink(options,
              [delay_ms](Tally& tally) { return std::make_unique<SmtpDialogue>(tally, delay_ms > 0); });
    sink.run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench-smtp-sink: {}\n", error.what());
    return 1;
  }
}
