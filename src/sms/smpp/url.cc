#include "sms/smpp/url.h"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>
#include <fmt/format.h>
#include <limits>

namespace vestnik::sms::smpp {
namespace {

using Refusal = std::optional<Failure<UrlError>>;

Failure<UrlError> refusal(UrlError kind, std::string message) {
  return {kind, "SMPP_URL: " + std::move(message)};
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [stop, error] = std::from_chars(text.begin(), text.end(), value);
  if (error != std::errc() || stop != text.end() || text.empty()) return std::nullopt;
  return value;
}

template <class T, class Assign>
Refusal bounded(std::string_view name, std::string_view text, T low, T high, Assign assign) {
  const auto value = number(text);
  if (!value || *value < static_cast<std::uint64_t>(low) || *value > static_cast<std::uint64_t>(high))
    return refusal(UrlError::option, fmt::format("{} must be a number from {} to {}", name, low, high));
  assign(*value);
  return std::nullopt;
}

Refusal id_form(std::string_view name, std::string_view text, IdForm& form) {
  if (text == "text")
    form = IdForm::text;
  else if (text == "hex")
    form = IdForm::hex;
  else if (text == "decimal")
    form = IdForm::decimal;
  else
    return refusal(UrlError::option, fmt::format("{} must be text, hex or decimal", name));
  return std::nullopt;
}

template <class T>
auto into(T& field) {
  return [&field](std::uint64_t value) { field = static_cast<T>(value); };
}

Refusal apply_option(SmppUrl& url, std::string_view name, std::string_view value) {
  constexpr int ton_max = 6, npi_max = 18;  // sections 5.2.5 and 5.2.6
  const auto seconds_into = [](std::chrono::seconds& field) {
    return [&field](std::uint64_t v) { field = std::chrono::seconds(v); };
  };
  const auto optional_into = [](std::optional<std::uint8_t>& field) {
    return [&field](std::uint64_t v) { field = static_cast<std::uint8_t>(v); };
  };
  if (name == "window") return bounded(name, value, 1, 1000, into(url.window));
  if (name == "binds") return bounded(name, value, 1, 16, into(url.binds));
  if (name == "source_ton") return bounded(name, value, 0, ton_max, optional_into(url.source_ton));
  if (name == "source_npi") return bounded(name, value, 0, npi_max, optional_into(url.source_npi));
  if (name == "dest_ton") return bounded(name, value, 0, ton_max, into(url.destination_ton));
  if (name == "dest_npi") return bounded(name, value, 0, npi_max, into(url.destination_npi));
  if (name == "data_coding") return bounded(name, value, 0, 255, into(url.data_coding));
  if (name == "enquire_link_s") return bounded(name, value, 1, 3600, seconds_into(url.enquire_link_idle));
  if (name == "response_s") return bounded(name, value, 1, 600, seconds_into(url.response_limit));
  if (name == "response_ids") return id_form(name, value, url.response_ids);
  if (name == "receipt_ids") return id_form(name, value, url.receipt_ids);
  if (name == "system_type") {
    if (value.size() > 12 || value.contains('\0'))
      return refusal(UrlError::option, "system_type has more than 12 octets (SMPP 3.4 section 5.2.3)");
    url.system_type = value;
    return std::nullopt;
  }
  if (name == "tls_verify") {
    if (value != "true" && value != "false")
      return refusal(UrlError::option, "tls_verify must be true or false");
    url.tls_verify = value == "true";
    return std::nullopt;
  }
  return refusal(
      UrlError::option,
      fmt::format("unknown option '{}'; known are window, binds, system_type, source_ton, source_npi, "
                  "dest_ton, dest_npi, data_coding, enquire_link_s, response_s, response_ids, receipt_ids, "
                  "tls_verify",
                  name));
}

Refusal apply_authority(SmppUrl& url, const boost::urls::url_view& parsed) {
  url.host = parsed.host_address();
  if (url.host.empty()) return refusal(UrlError::host, "the host is missing");
  url.port = url.tls ? 3550 : 2775;
  if (parsed.has_port()) {
    const auto port = number(parsed.port());
    if (!port || *port == 0 || *port > 65535)
      return refusal(UrlError::host, "the port must be from 1 to 65535");
    url.port = static_cast<std::uint16_t>(*port);
  }
  url.system_id = parsed.user();
  url.password = parsed.password();
  if (url.system_id.empty())
    return refusal(UrlError::credentials, "the system_id is missing (smpp://system_id:password@host)");
  if (url.system_id.size() > 15 || url.system_id.contains('\0'))
    return refusal(UrlError::credentials, "the system_id has more than 15 octets (SMPP 3.4 section 5.2.1)");
  if (url.password.size() > 8 || url.password.contains('\0'))
    return refusal(UrlError::credentials, "the password has more than 8 octets (SMPP 3.4 section 5.2.2)");
  return std::nullopt;
}

}  // namespace

Result<SmppUrl, Failure<UrlError>> parse_smpp_url(std::string_view text) {
  const auto parsed = boost::urls::parse_uri(text);
  if (!parsed)
    return std::unexpected(
        refusal(UrlError::not_a_url,
                "not a URL; expected smpp://system_id:password@host:port (reserved characters in "
                "the password are percent-encoded)"));
  SmppUrl url;
  if (parsed->scheme() != "smpp" && parsed->scheme() != "smpps")
    return std::unexpected(refusal(UrlError::scheme, "the scheme must be smpp or smpps"));
  url.tls = parsed->scheme() == "smpps";
  if (auto refused = apply_authority(url, *parsed)) return std::unexpected(std::move(*refused));
  if (!parsed->encoded_path().empty() && parsed->encoded_path() != "/")
    return std::unexpected(refusal(UrlError::not_a_url, "a path has no meaning here"));
  for (const auto& option : parsed->params()) {
    if (auto refused = apply_option(url, option.key, option.value))
      return std::unexpected(std::move(*refused));
  }
  return url;
}

}  // namespace vestnik::sms::smpp
