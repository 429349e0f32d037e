#include "base/clock.h"

#include <cstdint>
#include <string>

namespace vestnik {
namespace {

class SystemClock final : public Clock {
 public:
  Timestamp now() const override {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
  }
  SteadyTime steady_now() const override { return std::chrono::steady_clock::now(); }
};

// Reads exactly `digits` decimal digits at `at`.
std::optional<int> number(std::string_view text, std::size_t at, std::size_t digits) {
  if (at + digits > text.size()) return std::nullopt;
  int value = 0;
  for (std::size_t i = at; i < at + digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

// Over the zeros that stand there.
void put_number(std::string& out, std::size_t at, std::size_t digits, std::int64_t value) {
  for (std::size_t i = at + digits; i > at && value > 0; value /= 10)
    out[--i] = static_cast<char>('0' + value % 10);
}

}  // namespace

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

std::string format_rfc3339(Timestamp t) {
  const auto day = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(t - day);
  std::string out("0000-00-00T00:00:00.000000Z");
  put_number(out, 0, 4, static_cast<int>(date.year()));
  put_number(out, 5, 2, static_cast<unsigned>(date.month()));
  put_number(out, 8, 2, static_cast<unsigned>(date.day()));
  put_number(out, 11, 2, time.hours().count());
  put_number(out, 14, 2, time.minutes().count());
  put_number(out, 17, 2, time.seconds().count());
  put_number(out, 20, 6, time.subseconds().count());
  return out;
}

std::optional<Timestamp> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  const auto y = number(text, 0, 4), mo = number(text, 5, 2), d = number(text, 8, 2), h = number(text, 11, 2),
             mi = number(text, 14, 2), s = number(text, 17, 2);
  if (!y || !mo || !d || !h || !mi || !s) return std::nullopt;
  if (text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':') return std::nullopt;
  if (text[10] != 'T' && text[10] != 't' && text[10] != ' ') return std::nullopt;
  const year_month_day date(year(*y), month(static_cast<unsigned>(*mo)), day(static_cast<unsigned>(*d)));
  if (!date.ok() || *h > 23 || *mi > 59 || *s > 60) return std::nullopt;  // second 60 is a leap second

  std::size_t at = 19;
  microseconds fraction{0};
  if (at < text.size() && text[at] == '.') {
    ++at;
    const std::size_t start = at;
    std::int64_t unit = 100'000;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10)
      fraction += microseconds((text[at] - '0') * unit);
    if (at == start) return std::nullopt;
  }
  if (at >= text.size()) return std::nullopt;

  minutes offset{0};
  if (text[at] == 'Z' || text[at] == 'z') {
    ++at;
  } else if (text[at] == '+' || text[at] == '-') {
    const auto oh = number(text, at + 1, 2), om = number(text, at + 4, 2);
    if (!oh || !om || *oh > 23 || *om > 59 || text[at + 3] != ':') return std::nullopt;
    offset = hours(*oh) + minutes(*om);
    if (text[at] == '-') offset = -offset;
    at += 6;
  } else {
    return std::nullopt;
  }
  if (at != text.size()) return std::nullopt;
  return Timestamp(sys_days(date)) + hours(*h) + minutes(*mi) + seconds(*s) + fraction - offset;
}

}  // namespace vestnik
