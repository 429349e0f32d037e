"""Ports for what a test starts, each given to one process only."""

import collections
import contextlib
import random
import socket

# Below the range that outgoing connections are given, so that none takes a port before it is bound, or while its server is away.
LOWEST, HIGHEST = 15_000, 32_000
# Far more than are open at one time; each costs a descriptor.
CLAIMS_MAX = 200

_claims: collections.deque[socket.socket] = collections.deque(maxlen=CLAIMS_MAX)


def free_port() -> int:
    """A port of 127.0.0.1 that nothing is bound to, and that no other caller is given as long as this process lives (or has asked
    for CLAIMS_MAX more): several servers are often started before the first of them has bound its own."""
    for _ in range(1000):
        port = random.randint(LOWEST, HIGHEST)
        # A name in Linux's abstract namespace is bound once on the whole machine, and free again when its process ends.
        claim = socket.socket(socket.AF_UNIX)
        with socket.socket() as probe, contextlib.suppress(OSError):
            claim.bind(f"\0vestnik-test-port-{port}")
            probe.bind(("127.0.0.1", port))
            _claims.append(claim)
            return port
        claim.close()
    raise RuntimeError(f"no free port between {LOWEST} and {HIGHEST}")
