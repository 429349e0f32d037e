"""FAULTS.md: poison (not JSON, wrong types, a 1 MiB header value, a template that loops). Dead with the reason, the partition
moves on."""

import json
import re
import uuid

import peers
import pytest
from audits import audit
from kafka_wire import Producer, Record
from system import PATIENCE_S
from vestnik import PROJECT, Vestnik, run, wait_until

PARTITIONS = 8
# A broker's own limit is a batch of 1,048,588 bytes.
HUGE_HEADER = 1_048_588 - 200


def poison() -> dict[str, Record]:
    good = {"event_type": "user_registered", "user_id": "user_x", "timestamp": "2026-01-01T00:00:00Z"}
    return {
        "not JSON": Record(b"k", b"this is not JSON"),
        "not UTF-8": Record(b"k", b'{"event_type": "\xff\xfe"}'),
        "nothing": Record(None, None),
        "an empty value": Record(b"", b""),
        "a list": Record(b"k", b"[1, 2, 3]"),
        "wrong types": Record(b"k", json.dumps({name: [7] for name in [*good, "notification_id", "channel", "to"]}).encode()),
        "half an object": Record(b"k", json.dumps(good).encode()[:-5], {"ce_id": b"e"}),
        "too deep": Record(b"k", b'{"a":' * 5000 + b"1" + b"}" * 5000, {"ce_id": b"e"}),
        "no time": Record(b"k", json.dumps(good | {"timestamp": "yesterday"}).encode(), {"ce_id": b"e"}),
        "no id in the headers": Record(b"k", json.dumps(good).encode(), {"ce_id": None}),
    }


def poison_counted(server: Vestnik) -> dict[str, int]:
    text = server.get("/metrics").body.decode()
    counts = {name: int(n) for name, n in re.findall(r'^vestnik_poison_records_total\{service="([^"]+)"\} (\d+)', text, re.MULTILINE)}
    planning = re.search(r'^vestnik_planning_events_total\{result="poison"\} (\d+)', text, re.MULTILINE)
    return counts | {"notification-service": int(planning[1])}


def test_records_that_can_not_be_read(start, kafka, topics, smtp, smsc):
    """Row "poison: not JSON, wrong types, a 1 MiB header value": in every partition of every topic, before and after good ones."""
    server = start(KAFKA_BROKERS=peers.brokers(kafka), SMTP_URL=smtp.url, SMPP_URL=smsc.url, **topics)
    names = [topics[f"KAFKA_TOPIC_{name}"] for name in ("USER_EVENTS", "NOTIFICATION_EVENTS", "ANALYTICS_EVENTS")]
    put = 0
    with Producer(peers.brokers(kafka)) as producer:
        for topic in names:
            for partition in range(PARTITIONS):
                producer.send(topic, partition, list(poison().values()))
                put += len(poison())
        # Slow to put together, so in one partition only.
        huge = Record(b"k", b"not JSON either", {"ce_id": b"x", "big": bytes(HUGE_HEADER)})
        for topic in names:
            producer.send(topic, 3, [huge])
    users = [
        server.register(email=f"{uuid.uuid4().hex}@example.org", phone=f"+7912000{number:04}").json["user_id"]
        for number in range(40)
    ]
    for user_id in users:
        server.wait_settled(user_id, seconds=PATIENCE_S)
    # Each record once by each service that reads its topic; the huge ones too.
    per_topic = len(poison()) * PARTITIONS + 1
    expected = {"notification-service": per_topic, "email-service": per_topic, "sms-service": per_topic}
    wait_until(lambda: expected.items() <= poison_counted(server).items(), PATIENCE_S, lambda: str(poison_counted(server)))
    assert poison_counted(server)["analytics-service"] >= 2 * per_topic, poison_counted(server)
    lines = [json.loads(line) for line in server.log().splitlines() if "a record can't be read" in line]
    assert len(lines) >= 3 * per_topic
    assert all({"topic", "partition", "offset", "reason"} <= line.keys() for line in lines), lines[:3]
    assert server.get("/readyz").status == 200
    assert audit("--wait", "30s", **server.variables)["unreadable"] >= 2 * per_topic
    assert server.stop() == 0
    # Not read a second time: their offsets were let go.
    server.start()
    user = server.register(email=f"{uuid.uuid4().hex}@example.org").json["user_id"]
    server.wait_settled(user, count=1, seconds=PATIENCE_S)
    assert sum(poison_counted(server).values()) == 0, poison_counted(server)


def test_a_notification_that_can_not_be_sent_is_dead_with_the_reason(start, kafka, topics, smtp):
    """Row "poison … dead with the reason": it can be read, so it has a timeline that says why."""
    server = start(KAFKA_BROKERS=peers.brokers(kafka), SMTP_URL=smtp.url, **topics)
    now = "2026-01-01T00:00:00Z"
    notification = {
        "notification_id": str(uuid.uuid4()), "event_id": "e", "event_type": "t", "user_id": "user_poison", "channel": "email",
        "workflow": "w", "step": "s", "template": "t@1", "category": "transactional", "to": "no address\r\nat all",
        "subject": "s", "text": "t", "accepted_at": now, "planned_at": now,
    }
    with Producer(peers.brokers(kafka)) as producer:
        producer.send(topics["KAFKA_TOPIC_NOTIFICATION_EVENTS"], 0, [Record(b"user_poison", json.dumps(notification).encode())])
    server.wait_settled("user_poison", states=("dead",), count=1, seconds=PATIENCE_S)
    view = server.notification(notification["notification_id"])
    assert view["timeline"][-1]["what"] == "dead" and view["timeline"][-1]["answer"], view
    assert "no address" not in server.log(), "an address in the log"
    assert smtp.count() == 0


@pytest.mark.parametrize("partial", ["{{>again}}", "{{#name}}{{>again}}{{/name}}"])
def test_a_template_that_loops_is_refused_before_anything_starts(tmp_path, partial):
    """Row "poison: a template that loops", by its text: check-config and serve name the file."""
    templates = tmp_path / "templates"
    (templates / "partials").mkdir(parents=True)
    (templates / "partials" / "again.txt").write_text(partial)
    (templates / "welcome").mkdir()
    for name in ("subject.txt", "body.txt", "sms.txt"):
        (templates / "welcome" / name).write_text("{{>again}}")
    variables = {"VESTNIK_WORKFLOWS_DIR": str(PROJECT / "workflows"), "VESTNIK_TEMPLATES_DIR": str(templates)}
    for command in ("check-config", "serve"):
        result = run(command, VESTNIK_DATA_DIR=str(tmp_path / "data"), **variables)
        assert result.returncode > 0 and "again.txt" in result.stdout + result.stderr, result


def test_a_template_that_grows_without_end_is_not_sent_and_says_why(start, workflow, kafka, topics, smtp):
    """Row "poison: a template that loops", by its data: rendering is bounded, the event is told as such, the others go on."""
    loops = {
        f"big/{name}": "{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{.}}{{/a}}{{/a}}{{/a}}{{/a}}{{/a}}{{/a}}hello"
        for name in ("subject.txt", "body.txt")
    }
    server = start(
        KAFKA_BROKERS=peers.brokers(kafka), SMTP_URL=smtp.url, **topics,
        **workflow("  - {name: big_email, channel: email, template: big}\n", loops),
    )
    value = {
        "event_type": "user_registered", "user_id": "user_loop", "email": "loop@example.org", "phone": "",
        "timestamp": "2026-01-01T00:00:00Z", "data": {"a": list(range(100))},
    }
    with Producer(peers.brokers(kafka)) as producer:
        for partition in range(PARTITIONS):
            record = Record(b"user_loop", json.dumps(value).encode(), {"ce_id": f"loop-{partition}".encode()})
            producer.send(topics["KAFKA_TOPIC_USER_EVENTS"], partition, [record])
    for number in range(20):
        user_id = server.register(email=f"user.{number}@example.org").json["user_id"]
        server.wait_settled(user_id, count=1, seconds=PATIENCE_S)
    found = wait_until(lambda: len(server.notifications("user_loop")) == PARTITIONS and server.notifications("user_loop"), PATIENCE_S, "told")
    assert {n["state"] for n in found} <= {"skipped", "dead"}, found
    view = server.notification(found[0]["notification_id"])
    assert view["timeline"][-1]["answer"], view
    assert "loop@example.org" not in [recipients[0] for recipients, _ in smtp.emails()]
