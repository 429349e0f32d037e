// Sockets on 127.0.0.1, the only address that these tools know.
#pragma once

#include <cstdint>

#include "bench/load/reactor.h"

namespace vestnik::bench {

// Port 0: any free one; local_port() says which. Throws if it is taken.
Descriptor listen_on(std::uint16_t port);
std::uint16_t local_port(const Descriptor& socket);

// Begins to connect; writable when it is decided, then connect_error() says how. Throws where it can't even
// begin (no free descriptor or local port).
Descriptor begin_connect(std::uint16_t port);
// 0: connected; else an errno.
int connect_error(const Descriptor& socket);

// Small messages leave at once.
void set_no_delay(const Descriptor& socket);

}  // namespace vestnik::bench
