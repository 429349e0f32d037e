"""Messages sent: e-mail and SMS from a backlog, and the whole way from the request to the receivers."""

import pathlib
import shutil
import time

from harness import load, peers
from harness.bench import Bench, Vestnik, metric, start, wait_until
from harness.processes import Meter, cpu_seconds, peak_mib
from harness.results import Goal, Table

SERVICE, ALL = "vestnik email-service", "vestnik, all services"
SMTP_CONNECTIONS, SMPP_WINDOW = 20, 100
DRAIN_S = 180


def smtp_url(port: int) -> str:
    return f"smtp://127.0.0.1:{port}?tls=never&connections={SMTP_CONNECTIONS}"


def smpp_url(port: int) -> str:
    return f"smpp://bench:bench@127.0.0.1:{port}?window={SMPP_WINDOW}&binds=1"


def lag(process: Vestnik, group: str) -> float:
    return metric(process, "vestnik_log_lag_records", group=group)


def accepted(bench: Bench, directory: pathlib.Path, users: int, contacts: str) -> None:
    """Leaves `users` registrations in the embedded file of `directory`, and nothing done about them."""
    with start(directory, "user-service") as intake:
        result = load.tool("bench-register", "--port", intake.port, "--connections", 256, "--requests", users,
                           "--seed", bench.seed(), "--contacts", contacts)
        if result["statuses"].get("200") != users:
            raise RuntimeError(f"not all were accepted: {result}")
        intake.stop()


def planned(directory: pathlib.Path) -> None:
    """Plans what was accepted."""
    with start(directory, "notification-service") as planning:
        wait_until(lambda: lag(planning, "notification-service") == 0, DRAIN_S, "all is planned")
        planning.stop()


def _from_backlog(backlog: pathlib.Path, directory: pathlib.Path, role: str, variable: str, sink: load.Sink, url: str, messages: int) -> dict[str, float]:
    """Once the sink has all `messages`: the rate from the first to the last, and what one cost. The process's start is in that: it
    begins to send before it could be asked what it has used."""
    shutil.copytree(backlog / "data", directory / "data")
    with start(directory, role, **{variable: url}) as process:
        wait_until(lambda: sink.count() >= messages, DRAIN_S, lambda: f"{messages} messages at the sink: {sink.count()}")
        pids = [process.process.pid]
        sent = {"rate": sink.rate(), "cpu_us": cpu_seconds(pids) / messages * 1e6, "peak_mib": peak_mib(pids)}
        process.stop()
    return sent


def email(bench: Bench) -> Table:
    messages = bench.size(20_000, 4_000)
    relayed = bench.size(2_000, 500)
    point = f"{SMTP_CONNECTIONS} connections"
    table = Table("email", "E-mail out",
                  f"{messages:,} messages to one SMTP sink over {SMTP_CONNECTIONS} reused connections. email-service works off what was planned: ledger (durable before "
                  "the first byte and after the answer), MIME, SMTP; all services: from accepted events, so planning, templates and the timeline are in it. "
                  f"smtp-source keeps nothing; Postfix is a durable relay ({relayed:,} messages). From the first message to the last.")
    table.goals = [Goal("rate", point, SERVICE, 0.5, "smtp-source -d"), Goal("rate", point, SERVICE, 10, "Postfix")]
    with bench.directory() as work:
        accepted(bench, work / "accepted", messages, "email")
        shutil.copytree(work / "accepted/data", work / "planned/data")
        planned(work / "planned")
        for round in range(bench.rounds):
            for subject, backlog, role in ((SERVICE, "planned", "email-service"), (ALL, "accepted", "")):
                with bench.directory() as directory, load.Sink("bench-smtp-sink") as sink:
                    table.add(subject, point, round, **_from_backlog(work / backlog, directory, role, "SMTP_URL", sink, smtp_url(sink.port), messages))
            with load.Sink("bench-smtp-sink") as sink:
                peers.smtp_source(sink.port, messages, sessions=SMTP_CONNECTIONS)
                table.add("smtp-source -d", point, round, rate=sink.rate())
            with load.Sink("bench-smtp-sink") as sink, peers.PostfixRelay(sink.port) as postfix:
                meter = Meter(postfix=postfix.pids())
                peers.smtp_source(postfix.port, relayed, sessions=SMTP_CONNECTIONS)
                wait_until(lambda: sink.count() >= relayed, DRAIN_S, "Postfix has relayed all")
                table.add("Postfix", point, round, rate=sink.rate(), cpu_us=meter.cpu("postfix") / relayed * 1e6)
    return table


def sms(bench: Bench) -> Table:
    messages = bench.size(60_000, 10_000)
    point = f"window {SMPP_WINDOW}"
    table = Table("sms", "SMS out",
                  f"{messages:,} messages of one part to one SMPP sink, one bind. sms-service works off what was planned, with its ledger; Kannel takes "
                  "them by HTTP and keeps them in its file store, which it does not sync. From the first message to the last.")
    table.goals = [Goal("rate", point, "vestnik sms-service", 3, "Kannel")]
    with bench.directory() as work:
        accepted(bench, work / "accepted", messages, "sms")
        shutil.copytree(work / "accepted/data", work / "planned/data")
        planned(work / "planned")
        for round in range(bench.rounds):
            for subject, backlog, role in (("vestnik sms-service", "planned", "sms-service"), (ALL, "accepted", "")):
                with bench.directory() as directory, load.Sink("bench-smpp-sink") as sink:
                    table.add(subject, point, round, **_from_backlog(work / backlog, directory, role, "SMPP_URL", sink, smpp_url(sink.port), messages))
            with load.Sink("bench-smpp-sink") as sink, peers.Kannel(sink.port) as kannel:
                meter = Meter(kannel=kannel.pids())
                peers.kannel_load(kannel, messages)
                wait_until(lambda: sink.count() >= messages, DRAIN_S, "Kannel has sent all")
                table.add("Kannel", point, round, rate=sink.rate(), cpu_us=meter.cpu("kannel") / messages * 1e6)
    return table


class Way:
    """`vestnik serve` with a sink for each channel."""

    def __init__(self, directory: pathlib.Path, *sink_arguments: object, **variables: str):
        self.email = load.Sink("bench-smtp-sink", *sink_arguments)
        self.sms = load.Sink("bench-smpp-sink")
        self.process = start(directory, SMTP_URL=smtp_url(self.email.port), SMPP_URL=smpp_url(self.sms.port), **variables)

    def received(self) -> int:
        return self.email.count() + self.sms.count()

    def __enter__(self) -> "Way":
        self.process.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.process.__exit__(*error)
        self.email.__exit__()
        self.sms.__exit__()


def whole_way(bench: Bench) -> Table:
    seconds = bench.size(20, 3)
    sustained, over = "3,000 a second", "8,000 a second"
    table = Table("whole-way", "The whole way, embedded",
                  "One process; each registration leads to one e-mail and one SMS, received by the sinks. Arrivals at a fixed rate (open loop; latency from when a request "
                  f"was meant to be sent) for {seconds} s. Waiting: messages accepted and not yet received when the load ends; backlog growth: what the second half added, a second.",
                  plot="p99_us")
    table.goals = [Goal("rate", sustained, ALL, 2_990), Goal("growth", sustained, ALL, 60, at_most=True),
                   Goal("p99_us", over, ALL, 50_000, at_most=True)]
    for round in range(max(1, bench.rounds // 2)):
        for point, rate in ((sustained, 3_000), (over, 8_000)):
            with bench.directory() as directory, Way(directory) as way:
                table.add(ALL, point, round, **_open_loop(bench, way, rate, seconds))
    return table


def _open_loop(bench: Bench, way: Way, rate: int, seconds: int) -> dict[str, float]:
    load.tool("bench-register", "--port", way.process.port, "--connections", 64, "--rate", 500, "--seconds", 2, "--seed", bench.seed())
    wait_until(lambda: way.received() == 2_000, DRAIN_S, "the warm-up is through")
    pids = [way.process.process.pid]
    meter = Meter(subject=pids)
    waiting = []
    result = {"accepted": 0, "not_taken": 0, "seconds": 0.0}
    for _ in range(2):
        half = load.tool("bench-register", "--port", way.process.port, "--connections", 256, "--rate", rate, "--seconds", seconds / 2,
                         "--seed", bench.seed())
        result["accepted"] += half["statuses"].get("200", 0)
        result["not_taken"] += sum(half["statuses"].values()) - half["statuses"].get("200", 0)
        result["seconds"] += half["seconds"]
        waiting.append(2 * result["accepted"] - (way.received() - 2_000))
    began = time.monotonic()
    all_of_them = 2_000 + 2 * result["accepted"]
    wait_until(lambda: way.received() >= all_of_them, DRAIN_S, lambda: f"all is received: {way.received()} of {all_of_them}")
    drained = time.monotonic() - began
    return {"rate": result["accepted"] / result["seconds"], "p50_us": half["latency_us"]["p50"], "p99_us": half["latency_us"]["p99"],
            "max_us": half["latency_us"]["max"], "backlog": waiting[1], "growth": (waiting[1] - waiting[0]) / (seconds / 2),
            "drain_s": drained, "refused": result["not_taken"], "cpu_us": meter.cpu("subject") / result["accepted"] * 1e6,
            "peak_mib": peak_mib(pids)}
