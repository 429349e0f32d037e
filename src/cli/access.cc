#include <string>

#include "cli/command.h"

namespace vestnik::cli {

void add_access(CLI::App& command, ApiAccess& access, const char* serving) {
  command
      .add_option("--url", access.url,
                  std::string("Where Vestnik is: its all-in-one process or ") + serving +
                      " (default: from PORT and VESTNIK_HOST, http://127.0.0.1:8080)")
      ->type_name("URL");
  command
      .add_option("--api-key-file", access.api_key_file,
                  "File that holds the API key (default: the first of VESTNIK_API_KEYS)")
      ->type_name("FILE");
  command
      .add_option("--config", access.config_file,
                  "Configuration file (default: $VESTNIK_CONFIG, else ./vestnik.yaml)")
      ->type_name("FILE");
}

void add_channel(CLI::App& command, std::string& channel) {
  command.add_option("--channel", channel, "Only this channel")
      ->check(CLI::IsMember({"email", "sms"}))
      ->type_name("CHANNEL");
}

}  // namespace vestnik::cli
