#include "analytics/listeners.h"

#include "net/event_stream.h"

namespace vestnik::analytics {

net::HttpResponse event_stream(std::unique_ptr<net::BodySource> source) {
  if (!source)
    return net::to_response({.status = 503,
                             .type = "too-many-listeners",
                             .title = "Too many listeners",
                             .detail = "As many as are served at once listen already; try again later.",
                             .retry_after_s = 5});
  net::HttpResponse response{.content_type = std::string(net::event_stream_type)};
  // X-Accel-Buffering: nginx would keep events back until it has a page of them.
  response.headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}};
  response.source = std::move(source);
  return response;
}

}  // namespace vestnik::analytics
