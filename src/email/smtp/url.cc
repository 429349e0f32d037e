#include "email/smtp/url.h"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>

namespace vestnik::email::smtp {
namespace {

using Problem = Failure<UrlError>;

constexpr std::size_t connections_max = 256;
constexpr std::chrono::milliseconds wait_max = std::chrono::hours(1);
constexpr std::string_view form =
    "write smtp://user:password@host:port?tls=required or smtps://user:password@host:port, with special "
    "characters of "
    "user and password percent-encoded (@ is %40, : is %3A, / is %2F, ? is %3F, # is %23, % is %25)";

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "500ms", "30s", "5m", "30" (seconds).
std::optional<std::chrono::milliseconds> duration(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto value = whole_number(text.substr(0, digits));
  const std::string_view unit = text.substr(digits);
  if (!value || *value > static_cast<std::uint64_t>(wait_max.count())) return std::nullopt;
  const auto count = static_cast<std::int64_t>(*value);
  std::chrono::milliseconds wait{};
  if (unit == "ms")
    wait = std::chrono::milliseconds(count);
  else if (unit == "s" || unit.empty())
    wait = std::chrono::seconds(count);
  else if (unit == "m")
    wait = std::chrono::minutes(count);
  else
    return std::nullopt;
  if (wait.count() < 1 || wait > wait_max) return std::nullopt;
  return wait;
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos);
}

// What EHLO may carry: a domain or an address literal (RFC 5321 section 4.1.1.1).
bool is_helo_name(std::string_view name) {
  return !name.empty() && name.size() <= 255 && std::ranges::all_of(name, [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '-' || c == ':' || c == '[' || c == ']' || c == '_';
  });
}

bool holds_control(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

struct Options {
  std::optional<TlsMode> tls;
  std::optional<bool> verify;
};

using Applied = Result<void, Problem>;

Applied apply_wait(std::string_view name, std::string_view value, std::chrono::milliseconds& wait) {
  const auto parsed = duration(value);
  if (!parsed)
    return fail(UrlError::option, std::string(name) + " takes a time from 1ms to 60m, such as 30s");
  wait = *parsed;
  return {};
}

Applied apply_tls(std::string_view value, Options& options) {
  if (value == "never")
    options.tls = TlsMode::never;
  else if (value == "opportunistic")
    options.tls = TlsMode::opportunistic;
  else if (value == "required")
    options.tls = TlsMode::required;
  else
    return fail(UrlError::option, "tls takes never, opportunistic or required");
  return {};
}

Applied apply_verify(std::string_view value, Options& options) {
  if (value != "yes" && value != "no") return fail(UrlError::option, "verify takes yes or no");
  options.verify = value == "yes";
  return {};
}

Applied apply_option(std::string_view name, const std::string& value, Url& url, Options& options) {
  if (name == "tls") return apply_tls(value, options);
  if (name == "verify") return apply_verify(value, options);
  if (name == "connect_timeout") return apply_wait(name, value, url.connect_timeout);
  if (name == "timeout") return apply_wait(name, value, url.timeout);
  if (name == "final_timeout") return apply_wait(name, value, url.final_timeout);
  if (name == "idle_timeout") return apply_wait(name, value, url.idle_timeout);
  if (name == "connections") {
    const auto count = whole_number(value);
    if (!count || *count < 1 || *count > connections_max)
      return fail(UrlError::option, "connections takes a number from 1 to 256");
    url.connections = *count;
    return {};
  }
  if (name == "ca_file") {
    if (value.empty() || holds_control(value))
      return fail(UrlError::option, "ca_file takes the path of a PEM file");
    url.ca_file = value;
    return {};
  }
  if (name == "helo") {
    if (!is_helo_name(value))
      return fail(UrlError::option, "helo takes a host name or an address in brackets");
    url.helo = value;
    return {};
  }
  return fail(
      UrlError::option,
      "the URL has an option that is not known; the known ones are tls, verify, ca_file, helo, connections, "
      "connect_timeout, timeout, final_timeout and idle_timeout");
}

Applied decide_tls(bool smtps, const Options& options, Url& url) {
  if (smtps) {
    if (options.tls) return fail(UrlError::option, "smtps always is TLS: leave tls out, or write smtp://");
    url.tls = TlsMode::implicit;
  } else {
    const bool exposed = url.credentials && !is_loopback(url.host);
    url.tls = options.tls.value_or(exposed ? TlsMode::required : TlsMode::opportunistic);
    if (exposed && url.tls == TlsMode::opportunistic)
      return fail(
          UrlError::option,
          "tls=opportunistic would send the password in the clear wherever STARTTLS is not offered; write "
          "tls=required, or tls=never to send it in the clear knowingly");
  }
  const bool checked = url.tls == TlsMode::required || url.tls == TlsMode::implicit;
  if (!checked && (options.verify.value_or(false) || !url.ca_file.empty()))
    return fail(UrlError::option, "verify and ca_file need tls=required or smtps");
  url.verify = checked && options.verify.value_or(true);
  return {};
}

Applied read_credentials(const boost::urls::url_view& parsed, Url& url) {
  if (!parsed.has_userinfo()) return {};
  Credentials credentials{parsed.user(), parsed.password()};
  if (credentials.user.empty() || credentials.password.empty())
    return fail(UrlError::credentials,
                "the URL needs both a user and a password, or neither; " + std::string(form));
  // NUL separates the parts of AUTH PLAIN (RFC 4616 section 2).
  if (credentials.user.find('\0') != std::string::npos ||
      credentials.password.find('\0') != std::string::npos)
    return fail(UrlError::credentials, "user and password must not hold %00");
  url.credentials = std::move(credentials);
  return {};
}

}  // namespace

Result<Url, Problem> parse_url(std::string_view text) {
  const auto parsed = boost::urls::parse_uri({text.data(), text.size()});
  if (!parsed) return fail(UrlError::not_a_url, "not a URL; " + std::string(form));
  const bool smtps = parsed->scheme() == "smtps";
  if (!smtps && parsed->scheme() != "smtp")
    return fail(UrlError::scheme, "the URL must begin with smtp:// or smtps://; " + std::string(form));
  if (parsed->has_fragment() || !(parsed->encoded_path().empty() || parsed->encoded_path() == "/"))
    return fail(UrlError::not_a_url,
                "nothing may stand between host:port and the options; " + std::string(form));
  Url url{.host = parsed->host_address()};
  if (url.host.empty() || url.host.size() > 253 || holds_control(url.host))
    return fail(UrlError::host, "the URL names no host; " + std::string(form));
  if (auto read = read_credentials(*parsed, url); !read) return std::unexpected(read.error());
  url.port = smtps ? 465 : url.credentials ? 587 : 25;
  if (parsed->has_port()) {
    url.port = parsed->port_number();
    if (url.port == 0) return fail(UrlError::host, "the port must be from 1 to 65535");
  }
  Options options;
  for (const auto& option : parsed->params()) {
    if (option.key.empty() && option.value.empty()) continue;  // a stray '?' or '&'
    if (auto applied = apply_option(option.key, option.value, url, options); !applied)
      return std::unexpected(applied.error());
  }
  if (auto decided = decide_tls(smtps, options, url); !decided) return std::unexpected(decided.error());
  return url;
}

}  // namespace vestnik::email::smtp
