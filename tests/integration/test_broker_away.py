"""Kafka is away: callers are told so within 2 s and no id is reported as accepted; when it is back, all goes on by itself."""

import time
import uuid

import peers
import pytest
from ports import free_port
from vestnik import Answer, Vestnik, wait_until


def register(server: Vestnik) -> Answer:
    return server.register(email=f"user.{uuid.uuid4().hex[:12]}@example.com", phone="+12025550123")


def assert_refused(server: Vestnik) -> None:
    started = time.monotonic()
    answer = register(server)
    took = time.monotonic() - started
    assert answer.status == 503 and int(answer.headers["retry-after"]) >= 1, answer
    assert b"user_" not in answer.body, "an id reads like a success"
    assert took < 2.5, f"{took:.1f} s"  # 2 s, and half a second for a busy machine
    ready = server.get("/readyz")
    assert ready.status == 503 and b"log" in ready.body, ready


def test_a_broker_that_was_never_there(start):
    server = start(wait=False, KAFKA_BROKERS=f"127.0.0.1:{free_port()}")

    def listening() -> bool:
        assert server.process.poll() is None, server.log()
        try:
            return server.get("/healthz").status == 200
        except OSError:
            return False

    wait_until(listening, 15, server.log)
    assert_refused(server)
    assert server.stop() == 0


@pytest.fixture
def port() -> int:
    return free_port()


def test_a_broker_that_goes_and_comes_back(start, tmp_path, port):
    def broker() -> peers.Peer:
        return peers.kafka(tmp_path, "--port", str(port), "--dir", str(tmp_path / "kafka"))

    first = broker()
    try:
        server = start(KAFKA_BROKERS=f"127.0.0.1:{port}")
        before = register(server).json["user_id"]
        server.wait_settled(before, seconds=30)
    finally:
        first.kill()
    wait_until(lambda: server.get("/readyz").status == 503, 15, "/readyz says that the log is away")
    email = f"user.{uuid.uuid4().hex[:12]}@example.com"
    for _ in range(3):
        assert_refused(server)
    refused = server.register(email=email, phone="+12025550123")
    assert refused.status == 503

    with broker():
        wait_until(lambda: server.get("/readyz").status == 200, 60, "/readyz is 200 again")
        repeated = server.register(email=email, phone="+12025550123")
        assert repeated.status == 200
        found = server.wait_settled(repeated.json["user_id"], seconds=60)
        assert sorted(n["channel"] for n in found) == ["email", "sms"]
        assert server.stop() == 0


def test_a_clean_end_while_the_broker_is_away(start, tmp_path, port):
    broker = peers.kafka(tmp_path, "--port", str(port), "--dir", str(tmp_path / "kafka"))
    try:
        server = start(KAFKA_BROKERS=f"127.0.0.1:{port}")
        server.wait_settled(register(server).json["user_id"], seconds=30)
    finally:
        broker.kill()
    wait_until(lambda: server.get("/readyz").status == 503, 15, "/readyz says that the log is away")
    assert server.stop() == 0
