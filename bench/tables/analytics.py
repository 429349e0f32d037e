"""analytics-service taking in what the others have left."""

import pathlib
import shutil
import time

from harness import load
from harness.bench import Bench, metric, start, wait_until
from harness.processes import Meter, peak_mib
from harness.results import Goal, Table
from tables.delivery import DRAIN_S, accepted, lag, planned, smpp_url, smtp_url

OURS = "vestnik analytics-service"


def delivered(directory: pathlib.Path) -> None:
    """Sends what was planned, so that all topics are filled."""
    for role, variable, name, url in (("email-service", "SMTP_URL", "bench-smtp-sink", smtp_url), ("sms-service", "SMPP_URL", "bench-smpp-sink", smpp_url)):
        with load.Sink(name) as sink, start(directory, role, **{variable: url(sink.port)}) as process:
            wait_until(lambda: lag(process, role) == 0 and metric(process, "vestnik_delivery_held") == 0, DRAIN_S, f"{role} has sent all")
            process.stop()


def analytics(bench: Bench) -> Table:
    users = bench.size(100_000, 20_000)
    table = Table("analytics", "Analytics intake, embedded",
                  f"analytics-service takes in what {users:,} registrations have left in the three topics: timeline and counts, durable before the offsets are let go, "
                  "exact when records come twice.")
    table.goals = [Goal("rate", "records", OURS, 100_000)]
    with bench.directory() as work:
        accepted(bench, work / "log", users, "both")
        planned(work / "log")
        delivered(work / "log")
        for round in range(bench.rounds):
            with bench.directory() as directory:
                shutil.copytree(work / "log/data", directory / "data")
                with start(directory, "analytics-service") as process:
                    pids = [process.process.pid]
                    meter = Meter(subject=pids)
                    first, began = metric(process, "vestnik_analytics_facts_total"), time.monotonic()
                    wait_until(lambda: lag(process, "analytics-service") == 0, DRAIN_S, "all is taken in")
                    took = time.monotonic() - began
                    facts = metric(process, "vestnik_analytics_facts_total")
                    table.add(OURS, "records", round, rate=(facts - first) / took, cpu_us=meter.cpu("subject") / (facts - first) * 1e6, peak_mib=peak_mib(pids))
                    process.stop()
    return table
