// What the command line and the environment ask for, checked as a whole before anything starts.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "app/commands.h"
#include "config/config.h"
#include "config/problem.h"
#include "config/role.h"
#include "delivery/route.h"
#include "email/mailbox.h"
#include "email/smtp/url.h"
#include "net/http_client.h"
#include "planning/configured.h"
#include "sms/smpp/url.h"

namespace vestnik::app {

struct SmtpRoute {
  delivery::Route route;
  email::smtp::Url url;
};
struct SmppRoute {
  delivery::Route route;
  sms::smpp::SmppUrl url;
  sms::smpp::Address from;
};

// Typed and checked, down to the URLs of the providers, the workflows and the templates.
struct Configuration {
  config::Config options;
  config::Role role = config::Role::all;
  std::shared_ptr<const planning::Configured> planning;
  email::Mailbox email_from;
  std::vector<SmtpRoute> smtp;       // empty: sandbox
  std::vector<SmppRoute> smpp;       // empty: sandbox
  std::optional<net::HttpUrl> otlp;  // unset: no traces
  std::vector<std::pair<std::string, std::string>> otlp_headers;
};

// Every problem there is.
Result<Configuration, config::Problems> load_configuration(const CommandLine& line);

}  // namespace vestnik::app
