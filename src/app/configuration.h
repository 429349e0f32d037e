// What the command line and the environment ask for, checked as a whole before anything starts.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "app/commands.h"
#include "config/config.h"
#include "config/problem.h"
#include "config/role.h"
#include "email/mailbox.h"
#include "email/smtp/url.h"
#include "planning/configured.h"
#include "sms/smpp/url.h"

namespace vestnik::app {

// Typed and checked, down to the URLs of the providers, the workflows and the templates.
struct Configuration {
  config::Config options;
  config::Role role = config::Role::all;
  std::shared_ptr<const planning::Configured> planning;
  email::Mailbox email_from;
  std::optional<email::smtp::Url> smtp;        // unset: sandbox
  std::optional<sms::smpp::SmppUrl> smpp;      // unset: sandbox
  std::optional<sms::smpp::Address> sms_from;  // set with smpp
};

// Every problem there is.
Result<Configuration, config::Problems> load_configuration(const CommandLine& line);

// Prints them to standard error, one a line.
void print_problems(const config::Problems& problems);

}  // namespace vestnik::app
