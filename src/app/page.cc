#include "app/page.h"

#include <cstdint>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vestnik::app {
namespace {

constexpr std::string_view root = "web/", compressed = ".gz";

// Everything comes from here, and nothing that stands in a document is run or styles it. `frame-src` lets in
// only the document that shows an e-mail.
constexpr std::string_view page_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

// The document that shows an e-mail: an opaque origin, which can't reach the page, its storage or the API.
// The mail's own styles count, since mails carry them inline; its scripts, forms and frames don't, and no
// picture or font is fetched from elsewhere, which would tell its sender that it was looked at.
constexpr std::string_view mail_policy =
    "sandbox allow-scripts; default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

std::string_view content_type(std::string_view path) {
  if (path.ends_with(".html")) return "text/html; charset=utf-8";
  if (path.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (path.ends_with(".css")) return "text/css; charset=utf-8";
  if (path.ends_with(".svg")) return "image/svg+xml";
  if (path.ends_with(".txt")) return "text/plain; charset=utf-8";
  return "application/octet-stream";
}

// FNV-1a, 64 bits: tells one build's file from another's, which is all that an ETag has to.
std::uint64_t digest(std::string_view content) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : content) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return hash;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Whether an element of a comma-separated list is as `is` wants it.
template <class Is>
bool any_element(std::string_view list, Is is) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    if (is(trimmed(list.substr(0, comma)))) return true;
    list.remove_prefix(comma == list.npos ? list.size() : comma + 1);
  }
  return false;
}

// RFC 9110 section 12.5.3: "gzip", "gzip;q=0.5", "*", but not "gzip;q=0".
bool takes_gzip(std::string_view accept_encoding) {
  return any_element(accept_encoding, [](std::string_view element) {
    const std::size_t semicolon = element.find(';');
    const std::string_view coding = trimmed(element.substr(0, semicolon));
    if (coding != "gzip" && coding != "*") return false;
    if (semicolon == element.npos) return true;
    const std::string_view weight = trimmed(element.substr(semicolon + 1));
    return !weight.starts_with("q=0") || weight.find_first_of("123456789") != weight.npos;
  });
}

// RFC 9110 section 13.1.2: compared weakly.
bool has_it(std::string_view if_none_match, std::string_view etag) {
  return any_element(if_none_match, [&](std::string_view element) {
    if (element.starts_with("W/")) element.remove_prefix(2);
    return element == "*" || element == etag;
  });
}

struct Representation {
  std::string_view content;
  std::string etag;
};

Representation represent(std::string_view content) {
  return {content, fmt::format("\"{:016x}\"", digest(content))};
}

using Headers = std::vector<std::pair<std::string, std::string>>;

Headers headers_of(std::string_view path, bool has_twin) {
  Headers headers;
  const bool named_by_hash = path.starts_with("web/assets/");
  headers.emplace_back("Cache-Control", named_by_hash ? "public, max-age=31536000, immutable" : "no-cache");
  if (has_twin) headers.emplace_back("Vary", "Accept-Encoding");
  if (path == "web/mail.html") {
    headers.emplace_back("Content-Security-Policy", mail_policy);
  } else if (path.ends_with(".html")) {
    headers.emplace_back("Content-Security-Policy", page_policy);
    headers.emplace_back("Referrer-Policy", "no-referrer");
  }
  // The document that shows an e-mail has an opaque origin, and loads its script across it.
  if (named_by_hash) headers.emplace_back("Access-Control-Allow-Origin", "*");
  return headers;
}

net::HttpHandler file(std::string_view path, std::string_view content, std::string_view gzip) {
  return [type = std::string(content_type(path)), headers = headers_of(path, !gzip.empty()),
          plain = represent(content),
          zipped = represent(gzip)](const net::HttpRequest& request, net::Respond respond) {
    const bool zip = !zipped.content.empty() && takes_gzip(request.header("accept-encoding"));
    const Representation& chosen = zip ? zipped : plain;
    net::HttpResponse response{.content_type = type, .headers = headers};
    response.headers.emplace_back("ETag", chosen.etag);
    if (has_it(request.header("if-none-match"), chosen.etag)) {
      response.status = 304;
    } else {
      if (zip) response.headers.emplace_back("Content-Encoding", "gzip");
      response.body = chosen.content;
    }
    respond(std::move(response));
  };
}

}  // namespace

void add_page_routes(net::Router& router, std::span<const EmbeddedFile> files) {
  for (const auto& [path, content] : files) {
    if (!path.starts_with(root) || path.ends_with(compressed)) continue;
    const std::string_view gzip = embedded_content(files, std::string(path) + std::string(compressed));
    std::string place = path == "web/index.html" ? "/" : "/" + std::string(path.substr(root.size()));
    router.add("GET", std::move(place), file(path, content, gzip));
  }
}

}  // namespace vestnik::app
