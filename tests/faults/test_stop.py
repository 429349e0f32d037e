"""Stopping under load: what was accepted stays, nothing is sent twice, and the process ends with 0."""

import time

import peers
import pytest
from audits import audit_quiet, audit_stopped
from load import Load
from records import Receivers, Views, check_nothing_is_lost
from system import PATIENCE_S, QUIET_S, Split, bounded_providers
from vestnik import wait_until


def test_a_graceful_stop_loses_nothing_and_makes_no_copy(start, mail_server, sms_centre, rng):
    """I1, I3 without a fault: three times SIGTERM under load, exit 0 and not one copy."""
    smtp, smsc = mail_server("--answer-delay", "0.02"), sms_centre("--answer-delay-ms", "50")
    server = start(**bounded_providers(smtp, smsc))
    receivers = Receivers(smtp, smsc)
    with Load(server, rng, pace_s=0.03) as load:
        for _ in range(3):
            before = min(receivers.counts())
            wait_until(lambda: min(receivers.counts()) > before + 50, PATIENCE_S, "deliveries")
            time.sleep(rng.uniform(0, 0.5))  # the moment of the stop
            assert server.stop() == 0
            server.start()
    views = Views(server, load.accepted(), count=2, seconds=QUIET_S)
    check_nothing_is_lost(views, load, receivers)
    assert (receivers.email_copies(), receivers.sms_copies()) == (0, 0)
    assert server.stop() == 0
    audit_stopped(load, receivers, **server.variables)


def test_a_graceful_stop_of_every_service_in_turn_makes_no_copy(start, tmp_path, mail_server, sms_centre, rng, kafka, topics):
    """The same on Kafka and PostgreSQL, as a rolling update does it: one process after the other."""
    smtp, smsc = mail_server("--answer-delay", "0.02"), sms_centre("--answer-delay-ms", "50")
    with peers.postgres(tmp_path) as postgres:
        common = {"KAFKA_BROKERS": peers.brokers(kafka), "DATABASE_URL": postgres.ready}
        system = Split(start, tmp_path, **common, **bounded_providers(smtp, smsc), **topics)
        receivers = Receivers(smtp, smsc)
        with Load(system.one("user-service"), rng, pace_s=0.06) as load:
            wait_until(lambda: min(receivers.counts()) > 50, PATIENCE_S, "deliveries")
            for process in rng.sample(system.processes, len(system.processes)):
                assert process.stop() == 0
                process.start()
        views = Views(system.one("analytics-service"), load.accepted(), count=2, seconds=QUIET_S)
        check_nothing_is_lost(views, load, receivers)
        assert (receivers.email_copies(), receivers.sms_copies()) == (0, 0)
        audit_quiet(load, receivers, **system.one("analytics-service").variables)
        system.stop()
