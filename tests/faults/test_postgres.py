"""FAULTS.md: PostgreSQL restarts, its connections are killed, it says nothing. 503 within 2 s, no crash, clean exit; recovers
by itself; I1."""

import os
import subprocess
import time

import peers
import pytest
from audits import audit_quiet
from load import Load
from records import Receivers, Views, check_nothing_is_lost
from system import PATIENCE_S, QUIET_S, REFUSED_S, Split, bounded_providers, ledger_of, with_slack
from vestnik import wait_until

KILL_CONNECTIONS = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"


def tell(postgres: peers.Peer, command: str) -> None:
    postgres.process.stdin.write(f"{command}\n".encode())
    postgres.process.stdin.flush()
    answer = postgres.process.stdout.readline()
    assert answer == b"ok\n", (command, answer)


def kill_connections(postgres: peers.Peer) -> int:
    command = ["psql", postgres.ready, "-X", "-A", "-t", "-c", KILL_CONNECTIONS]
    return int(subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, check=True, timeout=30).stdout)


def restart(postgres: peers.Peer, system: Split, load: Load) -> None:
    tell(postgres, "restart")


def away_for_a_while(postgres: peers.Peer, system: Split, load: Load) -> None:
    tell(postgres, "stop")
    users = system.one("user-service")
    wait_until(lambda: users.get("/readyz").status == 503, PATIENCE_S, "/readyz says that the store is away")
    accepted = set(load.accepted())
    time.sleep(3)  # as long as it is away
    assert set(load.accepted()) == accepted, "accepted without a store"
    tell(postgres, "start")


def frozen_for_a_while(postgres: peers.Peer, system: Split, load: Load) -> None:
    tell(postgres, "freeze")
    time.sleep(5)  # as long as it says nothing
    tell(postgres, "thaw")


def connections_killed(postgres: peers.Peer, system: Split, load: Load) -> None:
    for _ in range(5):
        kill_connections(postgres)
        time.sleep(0.3)  # some are there again


FAULTS = [restart, away_for_a_while, frozen_for_a_while, connections_killed]


@pytest.mark.parametrize("rounds", [pytest.param(1, id="short"), pytest.param(5, id="5-times", marks=pytest.mark.long)])
def test_postgresql_restarts_goes_freezes_and_drops_its_connections(start, tmp_path, smtp, smsc, rng, kafka, topics, rounds):
    """Rows "PostgreSQL restarts; connections killed", under load, every service a process of its own."""
    with peers.postgres(tmp_path) as postgres:
        common = {"KAFKA_BROKERS": peers.brokers(kafka), "DATABASE_URL": postgres.ready}
        system = Split(start, tmp_path, **common, **bounded_providers(smtp, smsc), **topics)
        receivers = Receivers(smtp, smsc)
        with Load(system.one("user-service"), rng, pace_s=0.05) as load:
            wait_until(lambda: min(receivers.counts()) > 50, PATIENCE_S, "deliveries")
            for fault in FAULTS * rounds:
                fault(postgres, system, load)
                system.wait_ready()
                before, accepted = min(receivers.counts()), len(load.accepted())
                wait_until(lambda: len(load.accepted()) > accepted + 20, PATIENCE_S, f"registrations after {fault.__name__}")
                wait_until(lambda: min(receivers.counts()) > before + 20, PATIENCE_S, f"deliveries after {fault.__name__}")
        print(f"{len(load.accepted())} users accepted, answers {load.statuses}, slowest refusal {load.slowest_refusal_s:.1f} s")
        assert load.slowest_refusal_s < with_slack(REFUSED_S), f"{load.slowest_refusal_s:.1f} s"
        try:
            views = Views(system.one("analytics-service"), load.accepted(), count=2, seconds=QUIET_S)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{ledger_of(postgres.ready)}") from error
        check_nothing_is_lost(views, load, receivers)
        # Nobody lost a connection to a receiver, so nothing is in doubt.
        assert (receivers.email_copies(), receivers.sms_copies()) == (0, 0)
        system.alive()
        audit_quiet(load, receivers, **system.one("analytics-service").variables)
        system.stop()


def test_every_service_ends_well_while_postgresql_is_away(start, tmp_path, kafka, topics):
    """Row "PostgreSQL restarts … the same": a stop meanwhile is a clean one."""
    with peers.postgres(tmp_path) as postgres:
        system = Split(start, tmp_path, KAFKA_BROKERS=peers.brokers(kafka), DATABASE_URL=postgres.ready, **topics)
        tell(postgres, "stop")
        wait_until(lambda: system.one("user-service").get("/readyz").status == 503, PATIENCE_S, "/readyz says that the store is away")
        system.stop()
        tell(postgres, "start")
