// Workflows and templates over HTTP, with templates rendered from sample data. What it answers is described
// in app/openapi.json.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "net/http.h"
#include "net/http_api_keys.h"
#include "planning/configured.h"

namespace vestnik::planning {

// An SMS as it would go over the air, {"encoding", "parts": […]}; the error says why it can't. Planning knows
// no alphabets.
using SmsParts = std::function<Result<json::object, std::string>(std::string_view text)>;

// GET /v1/workflows, /v1/templates; POST /v1/templates/{name}/preview; each behind the keys. It must outlive
// the router.
class Api {
 public:
  Api(std::shared_ptr<const Configured> configured, SmsParts sms_parts);

  void add_routes(net::Router& router, const net::ApiKeys& keys);

 private:
  net::HttpResponse workflows() const;
  net::HttpResponse templates() const;
  net::HttpResponse preview(const net::HttpRequest& request) const;

  const std::shared_ptr<const Configured> configured_;
  const SmsParts sms_parts_;
};

}  // namespace vestnik::planning
