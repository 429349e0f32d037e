"""From the HTTP answer to the receiver's end of data, at a rate that leaves nobody waiting."""

import contextlib
import pathlib
from typing import Iterator

from harness import load, peers
from harness.bench import Bench, start, wait_until
from harness.results import Goal, Table
from tables.delivery import smpp_url, smtp_url

RATE = 100
EMBEDDED, KAFKA = "embedded, one process", "Kafka and PostgreSQL, five processes"
ROLES = ("user-service", "notification-service", "email-service", "sms-service", "analytics-service")


def _percentile(sorted_values: list[float], share: float) -> float:
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]


def _measure(bench: Bench, work: pathlib.Path, port: int, email: load.Sink, sms: load.Sink, files: dict[str, pathlib.Path]) -> dict[str, dict[str, float]]:
    """By channel. Only what was registered here counts, so a sink may serve several rounds."""
    seed = bench.seed()
    sent = work / f"sent-{seed}"
    before = (email.count(), sms.count())
    result = load.tool("bench-register", "--port", port, "--connections", 16, "--rate", RATE, "--seconds", bench.size(10, 3), "--seed", seed, "--record", sent)
    messages = sum(result["statuses"].values())
    wait_until(lambda: email.count() - before[0] >= messages and sms.count() - before[1] >= messages, 60, "all is received")
    answered = [line for line in load.records(sent) if line[5] == "200"]
    received = {channel: {line[0]: int(line[1]) for line in load.records(file)} for channel, file in files.items()}
    latencies = {"e-mail": [], "SMS": []}
    for recipient, phone, _, _, answered_ns, _ in answered:
        for channel, key in (("e-mail", recipient), ("SMS", phone.lstrip("+"))):
            latencies[channel].append((received[channel][key] - int(answered_ns)) / 1e6)
    return {channel: {"p50_ms": _percentile(sorted(values), 0.5), "p99_ms": _percentile(sorted(values), 0.99)} for channel, values in latencies.items()}


@contextlib.contextmanager
def _embedded(directory: pathlib.Path, variables: dict[str, str]) -> Iterator[int]:
    with start(directory, **variables) as process:
        yield process.port


@contextlib.contextmanager
def _five_processes(directory: pathlib.Path, variables: dict[str, str]) -> Iterator[int]:
    with contextlib.ExitStack() as stack:
        kafka = stack.enter_context(peers.Kafka(directory / "kafka"))
        postgres = stack.enter_context(peers.Postgres(directory / "postgres"))
        variables = variables | {"KAFKA_BROKERS": kafka.brokers, "DATABASE_URL": postgres.url}
        processes = [stack.enter_context(start(directory / role, role, **variables)) for role in ROLES]
        yield processes[0].port


def latency(bench: Bench) -> Table:
    table = Table("latency", "From the answer to the receiver",
                  f"{RATE} registrations a second, open loop; from the moment the client has its answer to the end of data at the SMTP sink and "
                  "the submit at the SMPP sink. (A message may be there before the answer: then the figure is negative.)", plot="p99_ms")
    for channel in ("e-mail", "SMS"):
        table.goals += [Goal("p50_ms", EMBEDDED, channel, 3, at_most=True), Goal("p99_ms", EMBEDDED, channel, 15, at_most=True),
                        Goal("p50_ms", KAFKA, channel, 8, at_most=True), Goal("p99_ms", KAFKA, channel, 40, at_most=True)]
    for point, system in ((EMBEDDED, _embedded), (KAFKA, _five_processes)):
        with bench.directory() as directory:
            files = {"e-mail": directory / "email", "SMS": directory / "sms"}
            with load.Sink("bench-smtp-sink", "--record", files["e-mail"]) as email, load.Sink("bench-smpp-sink", "--record", files["SMS"]) as sms, \
                    system(directory, {"SMTP_URL": smtp_url(email.port), "SMPP_URL": smpp_url(sms.port)}) as port:
                _measure(bench, directory, port, email, sms, files)  # warm-up
                for round in range(bench.rounds):
                    for channel, figures in _measure(bench, directory, port, email, sms, files).items():
                        table.add(channel, point, round, **figures)
    return table
