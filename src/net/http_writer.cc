#include "net/http_writer.h"

#include <fmt/chrono.h>
#include <fmt/compile.h>
#include <fmt/format.h>
#include <iterator>

namespace vestnik::net {
namespace {

// RFC 9110 section 15, RFC 6585.
std::string_view reason_phrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
  }
  return "Other";
}

}  // namespace

std::string_view HttpDate::at(Timestamp now) {
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  if (second == second_ && !text_.empty()) return text_;
  second_ = second;
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(second));
  const std::chrono::weekday weekday(std::chrono::floor<std::chrono::days>(second));
  const std::chrono::hh_mm_ss time(second - std::chrono::floor<std::chrono::days>(second));
  static constexpr std::string_view weekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::string_view months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  text_ = fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", weekdays[weekday.c_encoding()],
                      static_cast<unsigned>(day.day()), months[static_cast<unsigned>(day.month()) - 1],
                      static_cast<int>(day.year()), time.hours().count(), time.minutes().count(),
                      time.seconds().count());
  return text_;
}

void write_head(std::string& out, const HttpResponse& response, BodyFraming framing, bool close,
                std::string_view date) {
  out.clear();
  auto to = std::back_inserter(out);
  fmt::format_to(to, FMT_COMPILE("HTTP/1.1 {} {}\r\nServer: vestnik\r\nDate: {}\r\n"), response.status,
                 reason_phrase(response.status), date);
  const bool has_content = response.status != 204 && response.status != 304;
  if (has_content) fmt::format_to(to, FMT_COMPILE("Content-Type: {}\r\n"), response.content_type);
  if (has_content && framing == BodyFraming::length)
    fmt::format_to(to, FMT_COMPILE("Content-Length: {}\r\n"), response.body.size());
  if (has_content && framing == BodyFraming::chunked) out += "Transfer-Encoding: chunked\r\n";
  out += "X-Content-Type-Options: nosniff\r\n";
  for (const auto& [name, value] : response.headers) {
    if (value.find_first_of(std::string_view("\r\n\0", 3)) != value.npos) continue;
    out.append(name).append(": ").append(value).append("\r\n");
  }
  if (close) out += "Connection: close\r\n";
  out += "\r\n";
}

}  // namespace vestnik::net
