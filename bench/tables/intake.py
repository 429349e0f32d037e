"""Registrations taken in: user-service alone, against peers that do the same work."""

import pathlib
from typing import Callable

from harness import load, peers
from harness.bench import Bench, Vestnik, start
from harness.processes import Meter, peak_mib, tree
from harness.results import Goal, Table

CONNECTIONS = (1, 64, 512)
OURS, GO, NGINX = "vestnik", "Go, franz-go", "nginx"


def _point(connections: int) -> str:
    return f"{connections} connection{'s' if connections > 1 else ''}"


def measure(bench: Bench, table: Table, subject: str, round: int, connections: int, port: int, pids: list[int],
            backing: list[int], script: str = "register.lua") -> None:
    meter = Meter(subject=pids, backing=backing)
    result = load.wrk(f"http://127.0.0.1:{port}/register", connections, bench.seconds, bench.seed(), script)
    done = result["requests"]
    if result["statuses_from_400"] or any(result["errors"].values()) or not done:
        raise RuntimeError(f"{subject}, {connections} connections: {result}")
    costs = {"cpu_us": meter.cpu("subject") / done * 1e6}
    if backing:
        costs["peers_cpu_us"] = meter.cpu("backing") / done * 1e6
    table.add(subject, _point(connections), round, rate=done / result["seconds"], p50_us=result["latency_us"]["p50"],
              p99_us=result["latency_us"]["p99"], peak_mib=peak_mib(pids), **costs)


def _alternate(bench: Bench, table: Table, subjects: dict[str, tuple[int, list[int]]], backing: Callable[[], list[int]]) -> Table:
    for subject, (port, _) in subjects.items():  # connections, prepared statements and the JVM's compiler come first
        load.wrk(f"http://127.0.0.1:{port}/register", 64, bench.seconds, bench.seed())
    for round in range(bench.rounds):
        for connections in CONNECTIONS:
            for subject, (port, pids) in subjects.items():
                measure(bench, table, subject, round, connections, port, pids, backing())
    return table


def kafka_postgres(bench: Bench) -> Table:
    table = Table("intake-kafka-postgresql", "Intake: Kafka and PostgreSQL, unique users",
                  "`POST /register` answered after the user is committed in PostgreSQL and the event is confirmed by Kafka (`acks=all`). The peer "
                  "does the same: Go's net/http, pgx with a pool of 16, one shared franz-go client. Closed loop (wrk), each "
                  "request a new user; load, server, broker and database share the machine.")
    table.goals = [Goal("rate", _point(64), OURS, 4, GO), Goal("rate", _point(512), OURS, 4, GO),
                   Goal("p50_us", _point(1), OURS, 0.8, GO, at_most=True),
                   Goal("cpu_us", _point(64), OURS, 0.35, GO, at_most=True),
                   Goal("cpu_us", _point(512), OURS, 0.35, GO, at_most=True)]
    with bench.directory() as directory, peers.Kafka(directory / "kafka") as kafka, peers.Postgres(directory / "postgres") as postgres, \
            start(directory / "vestnik", "user-service", KAFKA_BROKERS=kafka.brokers, DATABASE_URL=postgres.url) as ours, \
            peers.GoRegister(kafka.brokers, postgres.url) as go:
        return _alternate(bench, table, {OURS: (ours.port, [ours.process.pid]), GO: (go.port, go.pids())},
                          lambda: kafka.pids() + postgres.pids())


def kafka_sqlite(bench: Bench) -> Table:
    table = Table("intake-kafka-sqlite", "Intake: Kafka, users in the embedded store",
                  "As above with the users in SQLite (`DATABASE_URL=sqlite:`), durable before the answer. The peer keeps no users at "
                  "all: it validates and produces.")
    table.goals = [Goal("rate", _point(64), OURS, 3, GO), Goal("rate", _point(512), OURS, 2, GO),
                   Goal("cpu_us", _point(64), OURS, 0.35, GO, at_most=True),
                   Goal("cpu_us", _point(512), OURS, 0.35, GO, at_most=True)]
    with bench.directory() as directory, peers.Kafka(directory / "kafka") as kafka, \
            start(directory / "vestnik", "user-service", KAFKA_BROKERS=kafka.brokers, DATABASE_URL="sqlite:") as ours, \
            peers.GoRegister(kafka.brokers) as go:
        return _alternate(bench, table, {OURS: (ours.port, [ours.process.pid]), GO: (go.port, go.pids())}, kafka.pids)


def embedded(bench: Bench) -> Table:
    table = Table("intake-embedded", "Intake: the embedded log and store",
                  "`POST /register` answered after user and event are durable in the embedded file (two writes, group commit, "
                  "`synchronous=FULL`), against nginx (one worker) that answers the same requests with a constant.")
    table.goals = [Goal("rate", _point(512), OURS, 0.7, NGINX)]
    with bench.directory() as directory, start(directory, "user-service") as ours, peers.Nginx() as nginx:
        return _alternate(bench, table, {OURS: (ours.port, [ours.process.pid]), NGINX: (nginx.port, nginx.pids())}, list)
