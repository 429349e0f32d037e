"""FAULTS.md: kill -9 of each service at random moments under load. I1–I4; first delivery within 10 s of the restart."""

import random
import time
from typing import NamedTuple

import peers
import pytest
from audits import audit, audit_quiet, audit_stopped
from load import Load
from records import Receivers, Views, check_copies, check_nothing_is_lost, check_order
from system import (
    CONNECTIONS, FIRST_DELIVERY_S, PATIENCE_S, QUIET_S, TWO_OF_EACH, TWO_TEMPLATES, WINDOW, Split, bounded_providers,
    with_slack,
)
from vestnik import Vestnik, wait_until

ORDER_SAMPLE = 100


class Kill(NamedTuple):
    role: str
    restarted: float
    first_delivery_s: float


def kill_and_restart(victim: Vestnik, receivers: Receivers) -> Kill:
    """Waits until both receivers have got more than what was on its way at the kill."""
    victim.kill()
    audit(**victim.variables)  # what a crash leaves behind, beside the services that run on
    emails, sms = receivers.counts()
    restarted, began = time.time(), time.monotonic()
    victim.start(wait=False)

    def delivering() -> bool:
        assert victim.process.poll() is None, f"ended with {victim.process.returncode}:\n{victim.log()[-4000:]}"
        more_emails, more_sms = receivers.counts()
        return more_emails > emails + 2 * CONNECTIONS and more_sms > sms + WINDOW

    wait_until(delivering, with_slack(FIRST_DELIVERY_S), lambda: f"deliveries after the restart\n{victim.log()[-3000:]}")
    return Kill(victim.role, restarted, time.monotonic() - began)


def restarts_of(role: str, kills: list[Kill]) -> list[float]:
    return [kill.restarted for kill in kills if kill.role == role]


def random_moment(rng: random.Random, longest_s: float) -> None:
    time.sleep(rng.uniform(0, longest_s))  # not to wait for something: the moment of the fault


def check(reader: Vestnik, load: Load, receivers: Receivers, rng: random.Random) -> None:
    views = Views(reader, load.accepted(), count=4, seconds=QUIET_S)
    check_nothing_is_lost(views, load, receivers, emails=2, sms=2)
    print(f"{len(load.accepted())} users accepted, answers {load.statuses}")
    check_order(views, rng.sample(sorted(load.accepted()), min(ORDER_SAMPLE, len(load.accepted()))))


# So slow that connections and window are full at the kill (else the bound on copies shows little), just fast enough for the load.
SLOW_MAIL = ("--answer-delay", "0.02")
SLOW_SMS = ("--answer-delay-ms", "150")
PACE_S = 0.06

ROUNDS = [pytest.param(5, id="short"), pytest.param(20, id="20-rounds", marks=pytest.mark.long)]


@pytest.mark.parametrize("rounds", ROUNDS)
def test_kill_9_of_the_embedded_all_in_one(start, workflow, mail_server, sms_centre, rng, rounds):
    """Row "kill -9 of each service": everything in one process."""
    smtp, smsc = mail_server(*SLOW_MAIL), sms_centre(*SLOW_SMS)
    variables = {**bounded_providers(smtp, smsc), **workflow(TWO_OF_EACH, TWO_TEMPLATES)}
    server = start(**variables)
    receivers = Receivers(smtp, smsc)
    with Load(server, rng, pace_s=PACE_S) as load:
        kills = []
        for _ in range(rounds):
            random_moment(rng, 1.5)
            kills.append(kill_and_restart(server, receivers))
    print("first deliveries after (s):", ", ".join(f"{kill.role} {kill.first_delivery_s:.1f}" for kill in kills))
    check(server, load, receivers, rng)
    audit_quiet(load, receivers, **server.variables)
    assert server.stop() == 0
    audit_stopped(load, receivers, **server.variables)
    restarts = [kill.restarted for kill in kills]
    check_copies(receivers, restarts, restarts)


@pytest.mark.parametrize("rounds", ROUNDS)
def test_kill_9_of_a_service_on_kafka_and_postgresql(start, tmp_path, workflow, mail_server, sms_centre, rng, kafka, topics, rounds):
    """Row "kill -9 of each service": a random one of the five each round, every one in its turn."""
    smtp, smsc = mail_server(*SLOW_MAIL), sms_centre(*SLOW_SMS)
    with peers.postgres(tmp_path) as postgres:
        system = Split(
            start, tmp_path, KAFKA_BROKERS=peers.brokers(kafka), DATABASE_URL=postgres.ready,
            **bounded_providers(smtp, smsc), **topics, **workflow(TWO_OF_EACH, TWO_TEMPLATES),
        )
        receivers = Receivers(smtp, smsc)
        roles = sorted({process.role for process in system.processes})
        kills: list[Kill] = []
        with Load(system.one("user-service"), rng, pace_s=PACE_S) as load:
            wait_until(lambda: min(receivers.counts()) > 50, PATIENCE_S, "first deliveries")
            for number in range(rounds):
                if number % len(roles) == 0:
                    rng.shuffle(roles)
                victim = rng.choice(system.all(roles[number % len(roles)]))
                random_moment(rng, 1.5)
                kills.append(kill_and_restart(victim, receivers))
            print("first deliveries after (s):", ", ".join(f"{kill.role} {kill.first_delivery_s:.1f}" for kill in kills))
            system.wait_ready()
        check(system.one("analytics-service"), load, receivers, rng)
        system.alive()
        audit_quiet(load, receivers, **system.one("analytics-service").variables)
        system.stop()
        audit_stopped(load, receivers, **system.one("analytics-service").variables)
        check_copies(receivers, restarts_of("email-service", kills), restarts_of("sms-service", kills))
