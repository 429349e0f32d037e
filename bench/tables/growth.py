"""What changes as the file grows: the rate, memory, and how fast a status is answered."""

import contextlib
import json
import pathlib
import random
import time
import urllib.request
from typing import Iterator

from harness import load
from harness.bench import Bench, Vestnik, start, wait_until
from harness.processes import status_mib
from harness.results import Goal, Table
from tables.delivery import DRAIN_S, Way, lag, smpp_url, smtp_url

THROUGH, TIMELINE = "notifications through", "timeline rows"
MEMORY_MIB_MAX = 200


def _pass_through(bench: Bench, way: Way, registrations: int) -> dict[str, float]:
    """As many registrations as fast as they are taken, until all is received and in the timeline."""
    before, began = way.received(), time.monotonic()
    result = load.tool("bench-register", "--port", way.process.port, "--connections", 64, "--requests", registrations, "--seed", bench.seed())
    if result["statuses"].get("200") != registrations:
        raise RuntimeError(f"not all were accepted: {result}")
    wait_until(lambda: way.received() - before == 2 * registrations and lag(way.process, "analytics-service") == 0, 20 * DRAIN_S, "all is received")
    return {"rate": 2 * registrations / (time.monotonic() - began), "resident_mib": _resident(way.process)}


def _through(bench: Bench, table: Table, directory: pathlib.Path) -> None:
    total, step = bench.size(1_000_000, 20_000), bench.size(20_000, 3_000)
    with Way(directory, VESTNIK_INTAKE_LAG_MAX="0") as way:
        _pass_through(bench, way, step // 2)
        for round in range(bench.rounds):
            table.add(THROUGH, f"{2 * step:,}", round, **_pass_through(bench, way, step))
        _pass_through(bench, way, total // 2 - step * (bench.rounds + 1))
        for round in range(bench.rounds):
            table.add(THROUGH, f"{total:,}", round, **_pass_through(bench, way, step))
    table.goals += [Goal("rate", f"{total:,}", THROUGH, 0.85, THROUGH, peer_point=f"{2 * step:,}"),
                    Goal("resident_mib", f"{total:,}", THROUGH, MEMORY_MIB_MAX, at_most=True)]


@contextlib.contextmanager
def _without_providers(directory: pathlib.Path) -> Iterator[tuple[Vestnik, float]]:
    """The system with both providers away, and the milliseconds until it answered. It is not ready, and says so."""
    process = start(directory, SMTP_URL=smtp_url(9), SMPP_URL=smpp_url(9), VESTNIK_INTAKE_LAG_MAX="0")
    began = time.monotonic()
    process.start(wait=False)
    try:
        def answers() -> bool:
            with contextlib.suppress(OSError):
                return process.get("/healthz").status == 200
            return False

        while not answers():
            time.sleep(0.002)
        yield process, (time.monotonic() - began) * 1e3
        process.stop()
    finally:
        process.__exit__()


def _resident(process: Vestnik) -> float:
    return status_mib([process.process.pid], "VmRSS")


def _pending(bench: Bench, table: Table, directory: pathlib.Path) -> None:
    """Both providers are away: everything waits in the ledger."""
    total = bench.size(1_000_000, 20_000)
    point = f"{total:,} pending"
    with _without_providers(directory) as (process, _):
        load.tool("bench-register", "--port", process.port, "--connections", 64, "--requests", total // 2, "--seed", bench.seed())
        wait_until(lambda: lag(process, "email-service") == 0 and lag(process, "sms-service") == 0, 20 * DRAIN_S, "all is in the ledger")
        table.add("while they came", point, 0, resident_mib=_resident(process))
    with _without_providers(directory) as (process, answered_ms):
        time.sleep(bench.size(5, 1))
        table.add("after a restart", point, 0, ready_ms=answered_ms, resident_mib=_resident(process))
    for subject in ("while they came", "after a restart"):
        table.goals.append(Goal("resident_mib", point, subject, MEMORY_MIB_MAX, at_most=True))


def _timeline(bench: Bench, table: Table, directory: pathlib.Path) -> None:
    """Asks for single notifications, one after the other, where many are."""
    total = bench.size(10_000_000, 100_000)
    load.tool("bench-timeline", "--dir", directory / "data", "--notifications", total)
    with Way(directory) as way:
        _pass_through(bench, way, 1_000)
        newest = json.loads(way.process.get("/v1/notifications?limit=100").body)["notifications"]
        sample = [notification["notification_id"] for notification in newest]
        way.process.stop()
    with start(directory) as process:
        for round in range(bench.rounds):
            took = []
            for _ in range(bench.size(2_000, 200)):
                notification = random.choice(sample)
                began = time.perf_counter()
                with urllib.request.urlopen(f"{process.address}/v1/notifications/{notification}") as answer:
                    answer.read()
                took.append((time.perf_counter() - began) * 1e3)
            took.sort()
            table.add("GET /v1/notifications/{id}", f"{total:,} {TIMELINE}", round, p50_ms=took[len(took) // 2], p99_ms=took[int(len(took) * 0.99)],
                      resident_mib=_resident(process))
        process.stop()
    table.goals += [Goal("p99_ms", f"{total:,} {TIMELINE}", "GET /v1/notifications/{id}", 5, at_most=True),
                    Goal("resident_mib", f"{total:,} {TIMELINE}", "GET /v1/notifications/{id}", MEMORY_MIB_MAX, at_most=True)]


def growth(bench: Bench) -> Table:
    table = Table("growth", "As the file grows",
                  "Notifications through the whole (two sinks, one process, embedded) at the beginning and after many; what waits while both providers are away; status queries on a long timeline.",
                  plot="resident_mib")
    for part in (_through, _pending, _timeline):
        with bench.directory() as directory:
            part(bench, table, directory)
    return table
