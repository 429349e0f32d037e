// SMTP_URL: where mail is handed over, and how.
//
//   smtp://user:pass@host:port?tls=never|opportunistic|required      smtps://user:pass@host:port
//
// Port: 25; 587 (submission, RFC 6409) where a user is given; 465 for smtps (RFC 8314). User and password are
// percent-encoded. tls: opportunistic; required where a user is given and the host is not loopback, since a
// password must not go in the clear because somebody on the way removed STARTTLS from the server's answer.
// Further options: connections=8, verify=yes|no, ca_file=/path, helo=name, and the waits connect_timeout=30s,
// timeout=5m, final_timeout=10m, idle_timeout=30s (ms, s and m; seconds without a unit).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace vestnik::email::smtp {

enum class TlsMode {
  never,
  opportunistic,  // STARTTLS if offered, any certificate (RFC 7435); in the clear if that fails
  required,       // STARTTLS or nothing
  implicit,       // smtps: TLS from the first byte
};

struct Credentials {
  std::string user;
  std::string password;
};

struct Url {
  std::string host;  // name or address, an IPv6 one without brackets
  std::uint16_t port = 25;
  TlsMode tls = TlsMode::opportunistic;
  std::optional<Credentials> credentials;
  bool verify = false;          // the certificate, against `host`; by default with required and implicit
  std::string ca_file;          // empty: the system's trust store
  std::string helo;             // empty: this machine's name
  std::size_t connections = 8;  // open at the same time, 1..256
  std::chrono::milliseconds connect_timeout{30'000};  // resolving and connecting, each 1 ms..1 h
  std::chrono::milliseconds timeout{300'000};         // upper bound for every other wait but the next two
  std::chrono::milliseconds final_timeout{600'000};   // for the answer to a whole message
  std::chrono::milliseconds idle_timeout{30'000};     // an unused connection is closed
};

enum class UrlError { not_a_url, scheme, host, credentials, option };

// The message says what to write instead and repeats no part of `text`: a stray '#', '/' or '?' in an
// unencoded password puts pieces of it anywhere.
Result<Url, Failure<UrlError>> parse_url(std::string_view text);

}  // namespace vestnik::email::smtp
