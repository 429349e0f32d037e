"""A notification's spans, from the HTTP request to the provider, arrive at an OpenTelemetry receiver as one tree; and a receiver that
is away, slow or unwilling harms no delivery."""

import concurrent.futures
import json
import re
import uuid
from typing import Callable

import peers
import pytest
from ports import free_port
from vestnik import Vestnik, wait_until

TRACE = "0af7651916cd43dd8448eb211c80319c"
CLIENT = f"00-{TRACE}-b7ad6b7169203331-01"
UNSAMPLED = f"00-{TRACE}-b7ad6b7169203331-00"


def register(server: Vestnik, traceparent: str = "", phone: bool = True) -> str:
    body = {"email": f"user.{uuid.uuid4().hex[:12]}@example.com"} | ({"phone": "+12025550123"} if phone else {})
    headers = {"Content-Type": "application/json"} | ({"traceparent": traceparent} if traceparent else {})
    answer = server.request("POST", "/register", json.dumps(body).encode(), headers, timeout=30)
    assert answer.status == 200, answer
    return answer.json["user_id"]


def metric(server: Vestnik, name: str, **labels: str) -> float:
    """The sum over all series that have these labels; 0 where there is none."""
    total = 0.0
    for line in server.get("/metrics").body.decode().splitlines():
        match = re.fullmatch(rf"{name}(?:\{{(.*)\}})? (\S+)", line)
        if match and all(f'{key}="{value}"' in (match[1] or "") for key, value in labels.items()):
            total += float(match[2])
    return total


def tree(spans: list[dict]) -> dict[str, dict]:
    by_name = {span["name"]: span for span in spans}
    assert len(by_name) == len(spans), sorted(span["name"] for span in spans)
    return by_name


PARENTS = {
    "append user-events": "POST /register",
    "plan": "append user-events",
    "append notification-events": "plan",
    "deliver email": "append notification-events",
    "deliver sms": "append notification-events",
    "send smtp": "deliver email",
    "send smpp": "deliver sms",
}
KINDS = {"POST": "SERVER", "append": "PRODUCER", "plan": "CONSUMER", "deliver": "CONSUMER", "send": "CLIENT"}


def check_tree(spans: list[dict], smtp: peers.SmtpServer, topics: dict[str, str]) -> None:
    """One registration that came with CLIENT."""
    # A topic of this test only has a name of its own.
    for span in spans:
        for variable, topic in topics.items():
            if variable.startswith("KAFKA_TOPIC_"):
                span["name"] = span["name"].replace(topic, variable.removeprefix("KAFKA_TOPIC_").lower().replace("_", "-"))
    by_name = tree(spans)
    assert set(by_name) == {"POST /register", *PARENTS}
    for name, parent in PARENTS.items():
        assert by_name[name]["parent_id"] == by_name[parent]["span_id"], f"{name} is not a child of {parent}"
    root = by_name["POST /register"]
    assert root["parent_id"] == CLIENT.split("-")[2] and root["remote"]
    assert root["attributes"]["http.response.status_code"] == 200 and root["attributes"]["http.route"] == "/register"
    for span in spans:
        assert span["trace_id"] == TRACE, span
        assert span["kind"] == "SPAN_KIND_" + KINDS[span["name"].split()[0]], span
        assert not span["error"], span
        assert "@" not in str(span["attributes"]) and "2025550123" not in str(span["attributes"]), span
    assert by_name["plan"]["remote"] and not by_name["send smtp"]["remote"]
    # A cause begins before what it causes.
    for name, parent in PARENTS.items():
        assert by_name[name]["begin_ns"] >= by_name[parent]["begin_ns"], (name, parent)
    for name, port in (("send smtp", smtp.url), ("send smpp", None)):
        assert by_name[name]["attributes"]["server.address"] == "127.0.0.1"
        assert port is None or str(by_name[name]["attributes"]["server.port"]) in port
    assert by_name["send smtp"]["events"] == ["connected"]
    ((_, mail),) = smtp.emails()
    assert mail["traceparent"] == f"00-{TRACE}-{by_name['send smtp']['span_id']}-01"


def test_the_tree_of_a_registration(start, otlp, smtp, smsc, providers):
    server = start(
        OTEL_EXPORTER_OTLP_ENDPOINT=otlp.url, OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer%20k,X-Scope=a", **providers
    )
    server.wait_settled(register(server, CLIENT))
    assert server.stop() == 0, "with what was queued sent"
    spans = otlp.spans()
    check_tree(spans, smtp, {})
    assert {span["service"] for span in spans} == {"vestnik"}
    resource = spans[0]["resource"]
    assert resource["service.version"] and resource["deployment.environment.name"] == "test"
    assert spans[0]["headers"]["authorization"] == "Bearer k" and spans[0]["headers"]["x-scope"] == "a"


def test_the_tree_over_kafka_with_a_process_per_service(start, tmp_path, otlp, smtp, smsc, providers, kafka, topics):
    roles = ["user-service", "notification-service", "email-service", "sms-service", "analytics-service"]
    common = {"KAFKA_BROKERS": peers.brokers(kafka), "DATABASE_URL": "sqlite:", "OTEL_EXPORTER_OTLP_ENDPOINT": otlp.url}
    processes = [start(role, wait=False, directory=tmp_path / role, **common, **providers, **topics) for role in roles]
    for process in processes:
        process.wait_ready(60)
    register(processes[0], CLIENT)
    wait_until(lambda: smtp.count() == 1 and smsc.count() == 1, 60, lambda: f"{smtp.count()} e-mails, {smsc.count()} SMS")
    # The outcome is recorded after the provider has answered; a stop waits for it.
    for process in processes:
        assert process.stop() == 0
    spans = otlp.spans()
    check_tree(spans, smtp, topics)
    of_service = {span["name"].split()[0] + " " + span["name"].split()[-1]: span["service"] for span in spans}
    assert of_service == {
        "POST /register": "user-service",
        "append user-events": "user-service",
        "plan plan": "notification-service",
        "append notification-events": "notification-service",
        "deliver email": "email-service",
        "send smtp": "email-service",
        "deliver sms": "sms-service",
        "send smpp": "sms-service",
    }


def test_an_attempt_that_fails_says_how(start, tmp_path, otlp):
    refusing = peers.SmtpServer(tmp_path, "--on", "rcpt", "*", "550 5.1.1 no such user here")
    try:
        server = start(OTEL_EXPORTER_OTLP_ENDPOINT=otlp.url, SMTP_URL=refusing.url)
        server.wait_settled(register(server, phone=False), states=("dead",), count=1)
        assert server.stop() == 0
    finally:
        refusing.peer.stop()
    by_name = tree(otlp.spans())
    assert by_name["send smtp"]["error"] and by_name["send smtp"]["attributes"]["error.type"] == "550"
    assert by_name["send smtp"]["attributes"]["vestnik.outcome"] == "permanent"
    assert by_name["deliver email"]["error"] and by_name["deliver email"]["attributes"]["vestnik.outcome"] == "dead"
    assert by_name["POST /register"]["parent_id"] == "", "it brought none, so the trace begins here"
    assert not by_name["POST /register"]["error"]


def mail_header(smtp: peers.SmtpServer) -> str | None:
    ((_, mail),) = smtp.emails()
    return mail["traceparent"]


@pytest.mark.parametrize(
    "variables, traceparent, spans, header",
    [
        ({}, UNSAMPLED, False, False),
        ({"OTEL_TRACES_SAMPLER": "parentbased_always_off"}, "", False, False),
        ({"OTEL_TRACES_SAMPLER": "parentbased_always_off"}, CLIENT, True, True),
        ({"OTEL_TRACES_SAMPLER": "always_on"}, UNSAMPLED, True, True),
        ({"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"}, "", False, False),
        ({"VESTNIK_TRACEPARENT_IN_MAIL": "false"}, CLIENT, True, False),
    ],
)
def test_what_is_recorded_and_what_the_mail_says(start, otlp, smtp, variables, traceparent, spans, header):
    server = start(OTEL_EXPORTER_OTLP_ENDPOINT=otlp.url, SMTP_URL=smtp.url, **variables)
    server.wait_settled(register(server, traceparent, phone=False), count=1)
    assert server.stop() == 0
    assert bool(otlp.spans()) == spans
    assert bool(mail_header(smtp)) == header


@pytest.mark.parametrize("traceparent, header", [(CLIENT, CLIENT), (UNSAMPLED, None), ("", None)])
def test_without_a_receiver_a_recorded_trace_is_only_carried(start, smtp, traceparent, header):
    server = start(SMTP_URL=smtp.url)
    server.wait_settled(register(server, traceparent, phone=False), count=1)
    assert mail_header(smtp) == header
    assert metric(server, "vestnik_trace_spans_dropped_total") == 0
    assert server.stop() == 0


# --- a receiver that does not take them ---


def register_many(server: Vestnik, count: int) -> list[str]:
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        return list(pool.map(lambda _: register(server, phone=False), range(count)))


def all_delivered(server: Vestnik, count: int) -> Callable[[], bool]:
    return lambda: metric(server, "vestnik_delivery_attempts_total", channel="email", outcome="sent") >= count


def test_a_receiver_that_refuses_harms_nothing(start, otlp):
    peers.command(otlp.peer, "answer 400")
    server = start(OTEL_EXPORTER_OTLP_ENDPOINT=otlp.url)
    register_many(server, 20)
    wait_until(all_delivered(server, 20), 30, server.log)
    # Six spans each: request, append, plan, append, deliver, send.
    wait_until(lambda: metric(server, "vestnik_trace_spans_dropped_total", reason="refused") == 120, 30, server.log)
    assert server.log().count("the receiver does not take spans") == 1, server.log()
    peers.command(otlp.peer, "answer 200")
    register_many(server, 1)
    wait_until(lambda: metric(server, "vestnik_trace_spans_exported_total") == 6, 30, server.log)
    assert server.stop() == 0


def test_a_receiver_that_is_away_or_overloaded_harms_nothing(start, otlp, tmp_path):
    peers.command(otlp.peer, "answer 503 1")
    servers = []
    for name, url in (("away", f"http://127.0.0.1:{free_port()}"), ("overloaded", otlp.url)):
        servers.append(start(directory=tmp_path / name, OTEL_EXPORTER_OTLP_ENDPOINT=url))
        register_many(servers[-1], 20)
    for server in servers:
        wait_until(all_delivered(server, 20), 30, server.log)
    for server in servers:
        wait_until(lambda server=server: metric(server, "vestnik_trace_spans_dropped_total", reason="unreachable") > 0, 90, server.log)
        assert server.stop(seconds=10) == 0


def test_a_receiver_that_hangs_fills_a_bounded_queue_and_nothing_else(start, otlp):
    peers.command(otlp.peer, "hang")
    server = start(OTEL_EXPORTER_OTLP_ENDPOINT=otlp.url, VESTNIK_DRAIN_TIMEOUT="5s")
    count = 3_000
    register_many(server, count)
    wait_until(all_delivered(server, count), 60, server.log)
    spans = 6 * count
    wait_until(lambda: metric(server, "vestnik_trace_spans_dropped_total", reason="queue_full") > 0, 30, server.log)
    assert metric(server, "vestnik_trace_queue_spans") == 16_384
    assert metric(server, "vestnik_trace_spans_dropped_total") <= spans - 16_384
    assert server.stop(seconds=20) == 0
