"""What changes as the file grows: the rate, memory, and how fast a status is answered."""

import json
import pathlib
import random
import sqlite3
import time
import urllib.request

from harness import load
from harness.bench import Bench, metric, start, wait_until
from harness.processes import status_mib
from harness.results import Goal, Table
from tables.delivery import DRAIN_S, Way, lag, smpp_url, smtp_url

THROUGH, PENDING, TIMELINE = "notifications through", "pending", "timeline rows"
MEMORY_MIB_MAX = 200


def _pass_through(bench: Bench, way: Way, registrations: int) -> dict[str, float]:
    """As many registrations as fast as they are taken, until all is received and in the timeline."""
    before, began = way.received(), time.monotonic()
    result = load.tool("bench-register", "--port", way.process.port, "--connections", 64, "--requests", registrations, "--seed", bench.seed())
    if result["status"].get("200") != registrations:
        raise RuntimeError(f"not all were accepted: {result}")
    wait_until(lambda: way.received() - before == 2 * registrations and lag(way.process, "analytics-service") == 0, 20 * DRAIN_S, "all is received")
    return {"rate": 2 * registrations / (time.monotonic() - began), "resident_mib": status_mib([way.process.process.pid], "VmRSS")}


def _through(bench: Bench, table: Table, directory: pathlib.Path) -> None:
    total, step = bench.size(1_000_000, 40_000), bench.size(20_000, 4_000)
    with Way(directory, VESTNIK_INTAKE_LAG_MAX="0") as way:
        _pass_through(bench, way, step // 2)
        for round in range(bench.rounds):
            table.add(THROUGH, f"{2 * step:,}", round, **_pass_through(bench, way, step))
        _pass_through(bench, way, total // 2 - step * (bench.rounds + 1))
        for round in range(bench.rounds):
            table.add(THROUGH, f"{total:,}", round, **_pass_through(bench, way, step))
    table.goals += [Goal("rate", f"{total:,}", THROUGH, 0.85, THROUGH, peer_point=f"{2 * step:,}"),
                    Goal("resident_mib", f"{total:,}", THROUGH, MEMORY_MIB_MAX, at_most=True)]


def _pending(bench: Bench, table: Table, directory: pathlib.Path) -> None:
    """Both providers are away: everything waits in the ledger."""
    total = bench.size(1_000_000, 40_000)
    with start(directory, SMTP_URL=smtp_url(9), SMPP_URL=smpp_url(9), VESTNIK_INTAKE_LAG_MAX="0") as process:
        load.tool("bench-register", "--port", process.port, "--connections", 64, "--requests", total // 2, "--seed", bench.seed())
        wait_until(lambda: lag(process, "email-service") == 0 and lag(process, "sms-service") == 0, 20 * DRAIN_S, "all is in the ledger")
        table.add("while they came", f"{total:,} {PENDING}", 0, resident_mib=status_mib([process.process.pid], "VmRSS"))
        process.stop()
    began = time.monotonic()
    with start(directory, SMTP_URL=smtp_url(9), SMPP_URL=smpp_url(9), VESTNIK_INTAKE_LAG_MAX="0") as process:
        ready_ms = (time.monotonic() - began) * 1e3
        time.sleep(5)
        table.add("after a restart", f"{total:,} {PENDING}", 0, ready_ms=ready_ms, resident_mib=status_mib([process.process.pid], "VmRSS"))
        process.stop()
    for subject in ("while they came", "after a restart"):
        table.goals.append(Goal("resident_mib", f"{total:,} {PENDING}", subject, MEMORY_MIB_MAX, at_most=True))


def _timeline(bench: Bench, table: Table, directory: pathlib.Path) -> None:
    """Grows the timeline by copies of its rows under other ids, then asks for single notifications, as fast as one client can."""
    total = bench.size(10_000_000, 200_000)
    with Way(directory) as way:
        _pass_through(bench, way, 1_000)
        sample = [n["id"] for user in ("",) for n in json.loads(way.process.get("/v1/notifications?limit=100").body)["notifications"]]
        way.process.stop()
    from tables.timeline_rows import multiply
    multiply(directory / "data/vestnik.db", total)
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
                      resident_mib=status_mib([process.process.pid], "VmRSS"))
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
