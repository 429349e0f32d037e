// `vestnik deliveries`: dead letters and in doubt, for people (docs/deliveries.md).
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <string>
#include <vector>

#include "cli/api_client.h"

namespace vestnik::cli {

// As the API has them (src/delivery/api_requests.h); empty: not given.
struct DeliveriesFilter {
  std::vector<std::string> states;
  std::string channel, provider, category, user_id, answer, updated_from, updated_before;

  bool empty() const;
};

struct DeliveriesLine {
  ApiAccess access;
  bool json = false;
  bool yes = false;
  std::size_t limit = 0;  // 0: no limit
  std::vector<std::string> ids;
  DeliveriesFilter filter;
  std::string reason, as;
};

class DeliveriesCommand {
 public:
  // Declares the command and what is under it.
  explicit DeliveriesCommand(CLI::App& app);

  const CLI::App* declared() const { return command_; }
  // The exit code. Throws CommandError.
  int run() const;

 private:
  void add_list();
  void add_show();
  void add_decision(CLI::App*& command, const char* name, const char* help, const char* footer);
  void add_resolve();
  DeliveriesLine list_line() const;

  CLI::App* command_;
  CLI::App *list_ = nullptr, *show_ = nullptr, *retry_ = nullptr, *discard_ = nullptr, *resolve_ = nullptr;
  DeliveriesLine line_;
};

// What each does; the exit code. Throw CommandError.
int list_deliveries(const ApiClient& client, const DeliveriesLine& line);
int show_delivery(const ApiClient& client, const DeliveriesLine& line);
// `what`: "retry", "discard" or "resolve", of line.ids.
int decide_by_id(const ApiClient& client, const DeliveriesLine& line, const std::string& what);
// `what`: "retry" or "discard", of all that line.filter lets through, once that has been confirmed.
int decide_by_filter(const ApiClient& client, const DeliveriesLine& line, const std::string& what);

}  // namespace vestnik::cli
