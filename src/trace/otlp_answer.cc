#include "trace/otlp_answer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <string_view>

#include "base/json.h"
#include "base/text.h"

namespace vestnik::trace {
namespace {

constexpr std::size_t detail_bytes_max = 200;

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

// Seconds or a date (RFC 9110 section 10.2.3), the latter as IMF-fixdate (section 5.6.7).
std::optional<std::chrono::seconds> retry_after(const net::HttpResponse& response, Timestamp now) {
  const auto header = std::ranges::find_if(response.headers, [](const auto& h) {
    return std::ranges::equal(h.first, std::string_view("retry-after"),
                              [](unsigned char a, unsigned char b) { return std::tolower(a) == b; });
  });
  if (header == response.headers.end()) return std::nullopt;
  if (const auto seconds = whole_number(header->second)) return std::chrono::seconds(*seconds);
  std::tm date{};
  const char* end = ::strptime(header->second.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date);
  if (!end || *end != '\0') return std::nullopt;
  const auto at = std::chrono::sys_seconds(std::chrono::seconds(::timegm(&date)));
  return std::max(std::chrono::seconds(0), std::chrono::ceil<std::chrono::seconds>(at - now));
}

class PartialSuccess final : public JsonMembers {
 public:
  std::int64_t rejected = 0;
  std::string message;

  void on_text(std::string_view name, std::string_view value) override {
    if (name == "partialSuccess.rejectedSpans") rejected = whole_number(value).value_or(0);
    if (name == "partialSuccess.errorMessage") message = value;
  }
  void on_integer(std::string_view name, std::int64_t value) override {
    if (name == "partialSuccess.rejectedSpans") rejected = std::max<std::int64_t>(0, value);
  }
  void on_boolean(std::string_view, bool) override {}
  void on_object(std::string_view) override {}
};

bool is_worth_another_try(int status) {
  constexpr std::array again{429, 502, 503, 504};
  return std::ranges::find(again, status) != again.end();
}

}  // namespace

Verdict judge(const Result<net::HttpResponse, Failure<net::HttpClientError>>& answer, Timestamp now) {
  if (!answer) return {.kind = Verdict::Kind::try_again, .detail = answer.error().message};
  if (answer->status / 100 == 2) {
    // An empty or unreadable body of a 2xx says no more than that.
    PartialSuccess partial;
    (void)read_json_object(answer->body, partial);
    return {.kind = Verdict::Kind::taken,
            .rejected = partial.rejected,
            .detail = printable_utf8(partial.message, detail_bytes_max)};
  }
  Verdict verdict{.detail = "it answered " + std::to_string(answer->status)};
  if (is_worth_another_try(answer->status)) {
    verdict.kind = Verdict::Kind::try_again;
    verdict.retry_after = retry_after(*answer, now);
  }
  return verdict;
}

std::chrono::milliseconds pause_before_retry(std::chrono::milliseconds bound,
                                             std::optional<std::chrono::seconds> retry_after,
                                             std::chrono::milliseconds retry_after_max, Random& random) {
  const auto half = static_cast<std::uint64_t>(bound.count()) / 2;
  const std::chrono::milliseconds drawn =
      bound - std::chrono::milliseconds(static_cast<std::int64_t>(random.next() % (half + 1)));
  // Compared in seconds: what a peer says may be more than milliseconds hold.
  const auto asked = std::min(retry_after.value_or(std::chrono::seconds(0)),
                              std::chrono::ceil<std::chrono::seconds>(retry_after_max));
  return std::max(drawn, std::min<std::chrono::milliseconds>(asked, retry_after_max));
}

}  // namespace vestnik::trace
