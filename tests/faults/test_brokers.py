"""FAULTS.md: one broker restarts; all brokers away for 60 s; the process stops while they are away. 503 within 2 s, no crash,
clean exit; recovers by itself; I1."""

import os
import time
import uuid

import peers
import pytest
from audits import audit_quiet
from load import Load
from ports import free_port
from records import Receivers, Views, check_nothing_is_lost
from system import CONNECTIONS, PATIENCE_S, QUIET_S, REFUSED_S, WINDOW, Split, bounded_providers, with_slack
from vestnik import Vestnik, wait_until

AWAY = [pytest.param(8, id="8s"), pytest.param(60, id="60s", marks=pytest.mark.long)]


class Broker:
    """One that can be killed and started again with its data and its port."""

    def __init__(self, directory):
        self.directory, self.port = directory, free_port()
        self.peer: peers.Peer | None = None
        self.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        self.peer = peers.kafka(self.directory, "--port", str(self.port), "--dir", str(self.directory / "kafka"))

    def kill(self) -> None:
        self.peer.kill()


@pytest.fixture
def broker(tmp_path):
    made = Broker(tmp_path)
    yield made
    made.peer.stop()


def check_refused_in_time(server: Vestnik, seconds: float) -> None:
    """All the while: each registration is refused within 2 s, without an id, and /readyz says that the log is away."""
    until = time.monotonic() + seconds
    refused = 0
    while time.monotonic() < until:
        began = time.monotonic()
        answer = server.register(email=f"{uuid.uuid4().hex}@example.net")
        took = time.monotonic() - began
        assert answer.status == 503 and int(answer.headers["retry-after"]) >= 1 and b"user_" not in answer.body, answer
        assert took < with_slack(REFUSED_S), f"refused after {took:.1f} s only"
        refused += 1
        time.sleep(0.2)  # a client's pace
    assert refused >= 3
    ready = server.get("/readyz")
    assert ready.status == 503 and b"log" in ready.body, ready


@pytest.mark.parametrize("away_s", AWAY)
def test_all_brokers_away(start, tmp_path, broker, smtp, smsc, rng, away_s):
    """Row "all brokers away 60 s", every service a process of its own, on PostgreSQL, under load."""
    with peers.postgres(tmp_path) as postgres:
        system = Split(
            start, tmp_path, KAFKA_BROKERS=broker.address, DATABASE_URL=postgres.ready, **bounded_providers(smtp, smsc)
        )
        receivers = Receivers(smtp, smsc)
        users = system.one("user-service")
        with Load(users, rng, pace_s=0.05) as load:
            wait_until(lambda: min(receivers.counts()) > 50, PATIENCE_S, "deliveries")
            broker.kill()
            wait_until(lambda: users.get("/readyz").status == 503, PATIENCE_S, "/readyz says that the log is away")
            accepted = set(load.accepted())
            check_refused_in_time(users, away_s)
            assert set(load.accepted()) == accepted, "accepted what the log can't have"
            system.alive()
            broker.start()
            wait_until(lambda: users.get("/readyz").status == 200, PATIENCE_S, "/readyz is 200 by itself")
            wait_until(lambda: len(load.accepted()) > len(accepted) + 20, PATIENCE_S, "registrations are taken again")
        assert load.slowest_refusal_s < with_slack(REFUSED_S), f"{load.slowest_refusal_s:.1f} s"
        views = Views(system.one("analytics-service"), load.accepted(), count=2, seconds=QUIET_S)
        check_nothing_is_lost(views, load, receivers)
        assert (receivers.email_copies(), receivers.sms_copies()) == (0, 0), "nobody was killed in a transaction"
        system.alive()
        audit_quiet(load, receivers, **users.variables)
        system.stop()


def test_every_service_ends_well_while_the_brokers_are_away(start, tmp_path, broker):
    """Row "the process stops while they are away": exit 0 of each, and of the all-in-one process."""
    with peers.postgres(tmp_path) as postgres:
        common = {"KAFKA_BROKERS": broker.address, "DATABASE_URL": postgres.ready}
        system = Split(start, tmp_path, **common)
        everything = start(directory=tmp_path / "all", **common)
        everything.wait_settled(everything.register(email="a@example.org", phone="+12025550123").json["user_id"], seconds=PATIENCE_S)
        broker.kill()
        for process in (everything, *system.processes):
            wait_until(lambda: process.get("/readyz").status == 503, PATIENCE_S, lambda: f"{process.role} says that the log is away")
        assert everything.stop() == 0
        system.stop()


def cpu_seconds(server: Vestnik) -> float:
    with open(f"/proc/{server.process.pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_waiting_for_the_brokers_costs_next_to_nothing(start, broker):
    """Row "all brokers away": no crash, and no storm of connections either. An idle process stays idle."""
    server = start(KAFKA_BROKERS=broker.address)
    server.wait_settled(server.register(email="a@example.org", phone="+12025550123").json["user_id"], seconds=PATIENCE_S)
    broker.kill()
    wait_until(lambda: server.get("/readyz").status == 503, PATIENCE_S, "/readyz says that the log is away")
    before = cpu_seconds(server)
    time.sleep(5)  # what is measured
    used = cpu_seconds(server) - before
    assert used < 0.5, f"{used:.1f} s of CPU in 5 s of waiting"
    assert server.stop() == 0


@pytest.mark.parametrize("restarts", [pytest.param(2, id="short"), pytest.param(10, id="10-times", marks=pytest.mark.long)])
def test_a_broker_restarts(start, tmp_path, broker, smtp, smsc, rng, restarts):
    """Row "one broker restarts": killed and started again at once, several times, under load."""
    server = start(KAFKA_BROKERS=broker.address, **bounded_providers(smtp, smsc))
    receivers = Receivers(smtp, smsc)
    with Load(server, rng) as load:
        for _ in range(restarts):
            before = min(receivers.counts())
            wait_until(lambda: min(receivers.counts()) > before + 50, PATIENCE_S, lambda: f"deliveries\n{server.log()[-2000:]}")
            time.sleep(rng.uniform(0, 0.5))  # the moment of the fault
            broker.kill()
            broker.start()
    views = Views(server, load.accepted(), count=2, seconds=QUIET_S)
    check_nothing_is_lost(views, load, receivers)
    assert receivers.email_copies() <= CONNECTIONS * restarts and receivers.sms_copies() <= WINDOW * restarts
    audit_quiet(load, receivers, **server.variables)
    assert server.stop() == 0
