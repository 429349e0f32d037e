"""What the idle all-in-one process takes: memory, and the time to be ready on a data directory that is there.

The bound on memory is the promise itself. Time depends on the machine and on what else it does, so the bound here is
generous; `make footprint` prints the figures."""

import contextlib
import statistics
import time
import urllib.request

from vestnik import Vestnik

MEMORY_MIB_MAX = 40
START_S_PROMISED = 0.3
START_S_MAX = 2.0
ROUNDS = 5


def resident_mib(pid: int) -> float:
    with open(f"/proc/{pid}/status") as status:
        (line,) = (line for line in status if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def seconds_until_ready(server: Vestnik) -> float:
    started = time.monotonic()
    server.start(wait=False)
    while True:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{server.address}/readyz", timeout=5) as answer:
            if answer.status == 200:
                return time.monotonic() - started
        assert server.process.poll() is None, server.log()
        assert time.monotonic() - started < 30, server.log()
        time.sleep(0.002)


def test_memory_and_start_of_the_idle_process(tmp_path):
    server = Vestnik(tmp_path)
    times, memory = [], []
    try:
        for _ in range(ROUNDS + 1):
            times.append(seconds_until_ready(server))
            for number in range(5):
                user = server.register(email=f"user.{len(times)}.{number}@example.com", phone="+12025550123").json["user_id"]
                server.wait_settled(user)
            memory.append(resident_mib(server.process.pid))
            assert server.stop() == 0
    finally:
        server.__exit__()
    ready_s = statistics.median(times[1:])  # the first start makes the data directory
    print(f"\nidle all-in-one process: {max(memory):.1f} MiB resident (at most {MEMORY_MIB_MAX})")
    print(f"ready after {ready_s:.3f} s, median of {ROUNDS} (promised: {START_S_PROMISED}; first start {times[0]:.3f} s)")
    assert max(memory) < MEMORY_MIB_MAX
    assert ready_s < START_S_MAX, times
