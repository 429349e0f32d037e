// bench-smpp-sink: an SMS centre that takes every message, counts it, and writes down when it came.
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bench/load/smpp_dialogue.h"

int main(int argc, char** argv) {
  using namespace vestnik::bench;
  SinkOptions options;
  bool receipts = false;
  CLI::App app(
      "An SMPP 3.4 server that takes every SMS. Prints \"port <N>\"; answers \"count\" and \"reset\" on "
      "standard input.");
  app.add_option("--port", options.port, "0 takes a free one");
  app.add_option("--record", options.record,
                 "File: a line \"<destination> <came, CLOCK_MONOTONIC ns>\" for each submit_sm");
  app.add_flag("--receipts", receipts, "Send a receipt for each message that asks for one");
  CLI11_PARSE(app, argc, argv);
  try {
    Sink sink(options, [receipts](Tally& tally) { return std::make_unique<SmppDialogue>(tally, receipts); });
    sink.run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench-smpp-sink: {}\n", error.what());
    return 1;
  }
}
