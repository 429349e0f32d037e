"""FAULTS.md: a rebalance every 5 s, a consumer stopped (SIGSTOP) past its session and woken, a consumer slower than its input."""

import collections
import json
import signal
import subprocess
import time
import uuid

import peers
import pytest
from audits import audit_quiet
from kafka_wire import Producer, Record
from load import Load
from records import Receivers, Views, check_nothing_is_lost
from system import CONNECTIONS, PATIENCE_S, QUIET_S, WINDOW, Split, bounded_providers
from vestnik import Vestnik, wait_until

# More than they can take, so that each has a window full and more at hand when it is stopped.
SLOW_MAIL = ("--answer-delay", "0.1")
SLOW_SMS = ("--answer-delay-ms", "300")
PACE_S = 0.04
RESIDENT_MIB_MAX = 200
# Kafka's session is 6 s: who is silent for longer loses its partitions.
ASLEEP_S = [pytest.param(10, id="10s"), pytest.param(60, id="60s", marks=pytest.mark.long)]


def partitions_lost(process: Vestnik) -> int:
    return sum('"partitions revoked"' in line or '"partitions lost"' in line for line in process.log().splitlines())


def shares_given(process: Vestnik) -> int:
    return sum('"partitions assigned"' in line for line in process.log().splitlines())


@pytest.mark.parametrize("role", ["email-service", pytest.param("sms-service", marks=pytest.mark.long)])
@pytest.mark.parametrize("asleep_s", ASLEEP_S)
def test_a_service_that_sleeps_past_its_session_and_wakes(start, tmp_path, mail_server, sms_centre, rng, kafka, topics, asleep_s, role):
    """Row "a consumer stopped (SIGSTOP) past max.poll.interval and woken": another takes over, what the sleeper had open is in
    doubt and sent again once, and the sleeper starts no send: the copies are what was open at one moment, no more."""
    smtp, smsc = mail_server(*SLOW_MAIL), sms_centre(*SLOW_SMS)
    with peers.postgres(tmp_path) as postgres:
        common = {
            "KAFKA_BROKERS": peers.brokers(kafka), "DATABASE_URL": postgres.ready, **bounded_providers(smtp, smsc), **topics,
        }
        system = Split(start, tmp_path, **common)
        if role == "sms-service":
            other = start("sms-service", directory=tmp_path / "another-sms-service", **common)
            system.processes.append(other)
        receivers = Receivers(smtp, smsc)
        with Load(system.one("user-service"), rng, pace_s=PACE_S) as load:
            wait_until(lambda: min(receivers.counts()) > 100, PATIENCE_S, "deliveries")
            sleeper = system.one(role)
            sleeper.process.send_signal(signal.SIGSTOP)
            try:
                time.sleep(asleep_s)
            finally:
                sleeper.process.send_signal(signal.SIGCONT)
        views = Views(system.one("analytics-service"), load.accepted(), count=2, seconds=QUIET_S)
        check_nothing_is_lost(views, load, receivers)
        assert partitions_lost(sleeper) > 0, "it never lost its partitions, so this showed nothing"
        copies = receivers.email_copies(), receivers.sms_copies()
        print(f"{len(load.accepted())} users, {copies[0]} + {copies[1]} copies")
        bound = (CONNECTIONS, 0) if role == "email-service" else (0, WINDOW)
        system.alive()
        system.wait_ready()
        audit_quiet(load, receivers, **system.one("analytics-service").variables)
        system.stop()
        assert copies[0] <= bound[0] and copies[1] <= bound[1], f"I3: {copies} copies, at most {bound}"


@pytest.mark.parametrize("rounds", [pytest.param(2, id="short"), pytest.param(16, id="2-minutes", marks=pytest.mark.long)])
def test_a_rebalance_every_5_s(start, tmp_path, mail_server, sms_centre, rng, kafka, topics, rounds):
    """Row "consumer rebalance every 5 s": a third email-service comes and goes; a revoked owner starts no send, nothing is lost
    and, as every one of them ended what it had open, there is not one copy."""
    smtp, smsc = mail_server("--answer-delay", "0.02"), sms_centre()
    with peers.postgres(tmp_path) as postgres:
        common = {
            "KAFKA_BROKERS": peers.brokers(kafka), "DATABASE_URL": postgres.ready, **bounded_providers(smtp, smsc), **topics,
        }
        system = Split(start, tmp_path, **common)
        receivers = Receivers(smtp, smsc)
        with Load(system.one("user-service"), rng, pace_s=PACE_S) as load:
            wait_until(lambda: min(receivers.counts()) > 50, PATIENCE_S, "deliveries")
            for number in range(rounds):
                guest = start("email-service", directory=tmp_path / f"guest-{number}", **common)
                began = time.monotonic()
                wait_until(lambda: "partitions assigned" in guest.log(), PATIENCE_S, "the guest has its share")
                time.sleep(max(0.0, 5 - (time.monotonic() - began)))
                given = sum(shares_given(process) for process in system.all("email-service"))
                assert guest.stop() == 0
                # Else the next guest may get it, and the others never lose any.
                wait_until(
                    lambda: sum(shares_given(process) for process in system.all("email-service")) > given,
                    PATIENCE_S, "the guest's share goes back to the others",
                )
        assert sum(partitions_lost(process) for process in system.all("email-service")) >= rounds
        views = Views(system.one("analytics-service"), load.accepted(), count=2, seconds=QUIET_S)
        check_nothing_is_lost(views, load, receivers)
        assert (receivers.email_copies(), receivers.sms_copies()) == (0, 0)
        audit_quiet(load, receivers, **system.one("analytics-service").variables)
        system.stop()


def resident_mib(process: Vestnik) -> float:
    with open(f"/proc/{process.process.pid}/status") as status:
        (line,) = (line for line in status if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def planned(number: int) -> Record:
    now = "2026-01-01T00:00:00.000000Z"
    user = f"user_{number}"
    value = {
        "notification_id": str(uuid.uuid4()), "event_id": f"event-{number}", "event_type": "user_registered", "user_id": user,
        "channel": "email", "workflow": "user_registered", "step": "welcome_email", "template": "welcome@1",
        "category": "transactional", "to": f"user.{number}@example.org", "subject": "s", "text": "t" * 500, "html": "h" * 500,
        "accepted_at": now, "planned_at": now,
    }
    return Record(user.encode(), json.dumps(value).encode(), {"ce_id": value["notification_id"].encode()})


@pytest.mark.parametrize("count", [pytest.param(30_000, id="30k"), pytest.param(200_000, id="200k", marks=pytest.mark.long)])
def test_a_consumer_slower_than_its_input(start, tmp_path, kafka, topics, smtp, proxy, count):
    """Row "a consumer slower than its input": with a slow database and a slow server in front of 30,000 notifications, lag
    grows, memory doesn't, and the consumer keeps its partitions."""
    with peers.postgres(tmp_path) as postgres:
        host, port = "127.0.0.1", int(postgres.ready.split(":")[3].split("/")[0])
        way = proxy(port)
        slow_store = postgres.ready.replace(f"{host}:{port}", f"{host}:{way.port}")
        mail_way = proxy(int(smtp.peer.ready))
        service = start(
            "email-service", KAFKA_BROKERS=peers.brokers(kafka), DATABASE_URL=slow_store, **topics,
            SMTP_URL=f"smtp://127.0.0.1:{mail_way.port}?tls=never&connections=2",
        )
        wait_until(lambda: "partitions assigned" in service.log(), PATIENCE_S, "it has its partitions")
        way.delay(0.02)
        mail_way.delay(0.2)
        topic = topics["KAFKA_TOPIC_NOTIFICATION_EVENTS"]
        highest = 0.0
        with Producer(peers.brokers(kafka)) as producer:
            for first in range(0, count, 500):
                producer.send(topic, first // 500 % 8, [planned(number) for number in range(first, first + 500)])
                highest = max(highest, resident_mib(service))
        until = time.monotonic() + 10
        while time.monotonic() < until:
            highest = max(highest, resident_mib(service))
            time.sleep(0.1)  # the pace of the samples
        in_ledger = rows(postgres, "SELECT count(*) FROM ledger")
        print(f"{count} put in, {in_ledger} in the ledger, {smtp.count()} sent, at most {highest:.0f} MiB resident")
        assert 0 < in_ledger and smtp.count() < count / 2, "it isn't slower than its input"
        assert highest < RESIDENT_MIB_MAX
        way.delay(0)
        wait_until(lambda: rows(postgres, "SELECT count(*) FROM ledger") > min(in_ledger + 2000, count - 1), PATIENCE_S, "it goes on")
        assert partitions_lost(service) == 0, "it left its group"
        assert service.stop() == 0
        ids = collections.Counter(e.notification_id for e in Receivers(smtp).emails())
        assert set(ids.values()) <= {1}


def rows(postgres: peers.Peer, query: str) -> int:
    command = ["psql", postgres.ready, "-X", "-A", "-t", "-c", query]
    return int(subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout)
