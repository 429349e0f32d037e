"""What the HTTP API promises (docs and /openapi.json), above all for bad input: a clear answer, nothing lost, nobody else
delayed."""

import concurrent.futures
import json
import re
import socket
import time
import uuid

import pytest
from vestnik import Answer, Vestnik

PHONE = "+12025550123"


def fresh_email() -> str:
    return f"user.{uuid.uuid4().hex[:12]}@example.com"


def problem(answer: Answer, status: int, field: str | None = None) -> dict:
    """The body, checked to be an RFC 9457 problem of this status, about this field."""
    assert answer.status == status, answer
    assert answer.headers["content-type"].startswith("application/problem+json"), answer
    body = answer.json
    assert body["status"] == status and body["title"] and body["type"], body
    if field is not None:
        assert body["field"] == field, body
    return body


def raw(server: Vestnik, request: bytes, timeout: float = 15) -> bytes:
    """All that the server answers to these bytes until it closes (the request should ask it to)."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=timeout) as connection:
        connection.sendall(request)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
        return answer


# --- the good case ---


def test_the_old_request_works_with_no_content_type_at_all(server):
    body = json.dumps({"email": fresh_email(), "phone": PHONE}).encode()
    answer = raw(
        server,
        b"POST /register HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body),
    )
    head, _, content = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 "), answer
    result = json.loads(content)
    assert result["status"] == "success" and result["user_id"].startswith("user_")


def test_the_old_request_works_with_the_content_type_that_curl_sends(server):
    body = json.dumps({"email": fresh_email(), "phone": PHONE}).encode()
    answer = server.request("POST", "/register", body, {"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status == 200, answer
    assert answer.json["status"] == "success"


def test_a_registration_becomes_one_email_and_one_sms_with_their_timelines(server):
    email = fresh_email()
    user_id = server.register(email=email, phone=PHONE, name="Anna").json["user_id"]
    found = {n["channel"]: n for n in server.wait_settled(user_id)}
    assert set(found) == {"email", "sms"}
    for notification in found.values():
        view = server.notification(notification["notification_id"])
        assert view["user_id"] == user_id and view["event_type"] == "user_registered" and view["sandbox"] is True
        what = [entry["what"] for entry in view["timeline"]]
        assert what[:2] == ["accepted", "planned"] and "sending" in what and what[-1] == "sent", view
        assert [entry["at"] for entry in view["timeline"]] == sorted(entry["at"] for entry in view["timeline"]), view
    message = server.get(f"/v1/sandbox/{found['email']['notification_id']}").json
    assert message["to"] == email and "Anna" in message["text"] and "Anna" in message["html"] and message["subject"]
    assert found["email"]["notification_id"].replace("-", "") in message["raw"].replace("-", "")
    message = server.get(f"/v1/sandbox/{found['sms']['notification_id']}").json
    assert message["to"] == PHONE and "Anna" in message["text"]


def test_only_an_email_address_gives_only_an_email(server):
    user_id = server.register(email=fresh_email()).json["user_id"]
    assert [n["channel"] for n in server.wait_settled(user_id, count=1)] == ["email"]


def test_only_a_phone_gives_only_an_sms(server):
    user_id = server.register(phone="+12025550177").json["user_id"]
    assert [n["channel"] for n in server.wait_settled(user_id, count=1)] == ["sms"]


def test_the_channel_without_a_contact_reads_skipped_and_why(server):
    user_id = server.register(email=fresh_email()).json["user_id"]
    server.wait_settled(user_id, count=1)
    (skipped,) = [n for n in server.notifications(user_id) if n["state"] == "skipped"]
    assert skipped["channel"] == "sms"
    last = server.notification(skipped["notification_id"])["timeline"][-1]
    assert last["what"] == "skipped" and "phone" in last["answer"]


def test_registering_again_answers_the_same_user_and_sends_nothing_new(server):
    user = {"email": fresh_email(), "phone": PHONE}
    first = server.register(**user)
    server.wait_settled(first.json["user_id"])
    again = server.register(**(user | {"email": user["email"].upper()}))
    assert again.status == 200 and again.json["user_id"] == first.json["user_id"]
    # A later registration overtakes nothing: once it is delivered, the repetition has been planned too, had it been one.
    marker = server.register(email=fresh_email(), phone=PHONE).json["user_id"]
    server.wait_settled(marker)
    assert len(server.notifications(first.json["user_id"])) == 2


def test_the_same_registration_many_times_at_once_is_one_user(server):
    user = {"email": fresh_email(), "phone": PHONE}
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: server.register(**user), range(32)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.json["user_id"] for answer in answers}) == 1
    server.wait_settled(answers[0].json["user_id"])


def test_the_same_email_with_another_phone_is_a_conflict(server):
    email = fresh_email()
    assert server.register(email=email, phone=PHONE).status == 200
    problem(server.register(email=email, phone="+12025550124"), 409)


# --- bad bodies ---


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"not json", b'{"email": "a@example.com"} trailing', b"\xff\xfe", b'{"email": "a@example.com",}', b"'{}'"],
    ids=repr,
)
def test_a_body_that_is_not_json_is_400(server, body):
    problem(server.request("POST", "/register", body), 400)


def test_json_that_is_too_deep_is_400(server):
    problem(server.request("POST", "/register", b'{"email":' + b"[" * 10_000 + b"]" * 10_000 + b"}"), 400)


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"1", b"null", b"true"], ids=repr)
def test_json_that_is_no_object_is_refused(server, body):
    answer = server.request("POST", "/register", body)
    assert answer.status in (400, 422)
    problem(answer, answer.status)


@pytest.mark.parametrize("value", [1, True, [], {}, ["a@example.com"]], ids=repr)
@pytest.mark.parametrize("field", ["email", "phone", "name"])
def test_a_wrong_type_is_422_and_names_the_field(server, field, value):
    user = {"email": fresh_email(), "phone": PHONE} | {field: value}
    problem(server.register(**user), 422, field)


def test_neither_email_nor_phone_is_422(server):
    problem(server.request("POST", "/register", b"{}"), 422)
    problem(server.register(name="Anna"), 422)


BAD_EMAILS = [
    "plain",
    "@example.com",
    "anna@",
    "anna@@example.com",
    "anna@example..com",
    "anna@-example.com",
    ".anna@example.com",
    "anna.@example.com",
    "an..na@example.com",
    "anna smith@example.com",
    '"anna@example.com',
    "a" * 65 + "@example.com",
    "anna@" + ".".join(["d" * 60] * 5) + ".com",
    "anna@example.com\r\nBcc: victim@example.com",
    "anna@example.com\n",
    "an\0na@example.com",
    "<anna@example.com>",
    "anna@example.com, bert@example.com",
]


@pytest.mark.parametrize("email", BAD_EMAILS, ids=ascii)
def test_an_invalid_email_is_422_and_names_the_field(server, email):
    problem(server.register(email=email, phone=PHONE), 422, "email")


@pytest.mark.parametrize(
    "email",
    [
        '"quoted local"@example.com',
        "почта@пример.рф",
        "anna@bücher.example",
        "anna+tag@example.com",
        "a" * 64 + "@example.com",
        "o'brien@sub.example.co",
    ],
    ids=ascii,
)
def test_an_unusual_but_valid_email_is_taken(server, email):
    local, _, domain = email.rpartition("@")
    assert server.register(email=email).status == 200


BAD_PHONES = ["", "abc", "123", "+1", "+999999999999", "+1202555012345678", "+1 202 555 0123\r\n", "+1202555\x000123", "00000000000"]


@pytest.mark.parametrize("phone", BAD_PHONES, ids=ascii)
def test_an_invalid_phone_is_422_and_names_the_field(server, phone):
    problem(server.register(email=fresh_email(), phone=phone), 422, "phone")


def test_a_phone_in_human_form_is_stored_as_e164(server):
    user_id = server.register(phone="+1 (202) 555-0188").json["user_id"]
    (notification,) = server.wait_settled(user_id, count=1)
    assert server.get(f"/v1/sandbox/{notification['notification_id']}").json["to"] == "+12025550188"


@pytest.mark.parametrize("name", ["a\r\nb", "a\0b", "x" * 10_000], ids=lambda name: ascii(name)[:20])
def test_a_name_that_is_no_name_is_422(server, name):
    problem(server.register(email=fresh_email(), name=name), 422, "name")


def test_html_in_a_name_is_escaped_in_html_only(server):
    user_id = server.register(email=fresh_email(), name="<b>Anna & Co</b>").json["user_id"]
    (notification,) = server.wait_settled(user_id, count=1)
    message = server.get(f"/v1/sandbox/{notification['notification_id']}").json
    assert "<b>Anna & Co</b>" in message["text"]
    assert "<b>Anna" not in message["html"] and "&lt;b&gt;Anna &amp; Co&lt;" in message["html"]


def test_a_body_that_is_too_large_is_413(server):
    problem(server.request("POST", "/register", b'{"email":"' + b"a" * 70_000 + b'"}'), 413)


def test_a_body_that_announces_to_be_too_large_is_413_before_it_is_sent(server):
    answer = raw(server, b"POST /register HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 99999999\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 "), answer[:200]


def test_a_chunked_body_is_taken_and_bounded(server):
    def post(body: bytes) -> bytes:
        return raw(
            server,
            b"POST /register HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
            % (len(body), body),
        )

    assert post(json.dumps({"email": fresh_email()}).encode()).startswith(b"HTTP/1.1 200 ")
    with socket.create_connection(("127.0.0.1", server.port), timeout=15) as connection:
        connection.sendall(b"POST /register HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n20000\r\n" + b"a" * 66_000)
        assert connection.recv(64).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("content_type", ["text/html", "application/xml", "multipart/form-data; boundary=x", "image/png"])
def test_a_wrong_content_type_is_415(server, content_type):
    body = json.dumps({"email": fresh_email()}).encode()
    problem(server.request("POST", "/register", body, {"Content-Type": content_type}), 415)


def test_a_charset_with_the_content_type_is_fine(server):
    body = json.dumps({"email": fresh_email()}).encode()
    assert server.request("POST", "/register", body, {"Content-Type": "application/json; charset=utf-8"}).status == 200


# --- bad requests ---


def test_an_unknown_path_is_404(server):
    problem(server.get("/nowhere"), 404)
    problem(server.get("/v1/notifications/1/2/3"), 404)


@pytest.mark.parametrize("method, path, allowed", [("GET", "/register", "POST"), ("DELETE", "/v1/stats", "GET"), ("PUT", "/healthz", "GET")])
def test_a_wrong_method_is_405_and_says_which_are_right(server, method, path, allowed):
    answer = server.request(method, path)
    problem(answer, 405)
    assert allowed in answer.headers["allow"]


def test_head_is_get_without_the_body(server):
    for path in ("/healthz", "/readyz", "/openapi.json", "/", "/v1/stats"):
        head, get = server.request("HEAD", path), server.get(path)
        assert head.status == get.status == 200 and head.body == b"", path
        assert head.headers["content-type"] == get.headers["content-type"], path


def test_an_unknown_notification_is_404(server):
    problem(server.get("/v1/notifications/00000000-0000-8000-8000-000000000000"), 404)
    problem(server.get("/v1/sandbox/00000000-0000-8000-8000-000000000000"), 404)


def test_an_unknown_user_has_no_notifications(server):
    assert server.notifications("user_00000000-0000-7000-8000-000000000000") == []


@pytest.mark.parametrize("limit", ["0", "501", "-1", "x", "1e2"])
def test_a_limit_out_of_range_is_422(server, limit):
    problem(server.get(f"/v1/notifications?limit={limit}"), 422, "limit")


SMUGGLING = {
    "two lengths": b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "length and chunked": b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a negative length": b"Content-Length: -1\r\n\r\n",
    "a bare LF": b"X-One: 1\nX-Two: 2\r\n\r\n",
    "an obsolete fold": b"X-One: 1\r\n 2\r\n\r\n",
    "a space before the colon": b"X-One : 1\r\n\r\n",
}


@pytest.mark.parametrize("rest", SMUGGLING.values(), ids=SMUGGLING.keys())
def test_a_request_that_two_servers_could_read_differently_is_refused(server, rest):
    answer = raw(server, b"POST /register HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + rest)
    assert answer.startswith(b"HTTP/1.1 400 "), answer[:200]


def test_a_header_that_is_too_large_is_431(server):
    answer = raw(server, b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 40_000 + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 431 "), answer[:200]


def test_pipelined_requests_are_answered_in_order(server):
    answer = raw(
        server,
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    )
    statuses = re.findall(rb"HTTP/1\.1 (\d+) ", answer)
    assert statuses == [b"200", b"404", b"200"]


def test_slow_clients_and_half_requests_delay_nobody(server):
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(64)]
    try:
        for number, connection in enumerate(slow):
            half = [b"POST /regi", b"POST /register HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{", b""][number % 3]
            connection.sendall(half)
        started = time.monotonic()
        for _ in range(20):
            assert server.register(email=fresh_email(), timeout=5).status == 200
        assert time.monotonic() - started < 5
    finally:
        for connection in slow:
            connection.close()
    assert server.get("/readyz").status == 200


def test_a_half_request_ends_at_its_deadline(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(b"POST /register HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        started = time.monotonic()
        answer = b""
        while chunk := connection.recv(4096):
            answer += chunk
        assert time.monotonic() - started < 20
        assert answer == b"" or answer.startswith(b"HTTP/1.1 408 "), answer


# --- what an operator looks at ---


def test_health_readiness_and_metrics(server):
    assert server.get("/healthz").status == 200
    ready = server.get("/readyz")
    assert ready.status == 200 and ready.json
    metrics = server.get("/metrics")
    assert metrics.status == 200 and metrics.headers["content-type"].startswith("text/plain")
    assert b"# TYPE " in metrics.body and b"vestnik_" in metrics.body


def test_the_openapi_document_names_every_path(server):
    document = server.get("/openapi.json").json
    assert document["openapi"].startswith("3.1")
    expected = {"/register", "/v1/notifications", "/v1/notifications/{id}", "/v1/stats", "/healthz", "/readyz", "/metrics"}
    assert expected <= set(document["paths"])


def test_the_page_and_all_that_it_loads_come_from_this_server(server):
    page = server.get("/")
    assert page.status == 200 and page.headers["content-type"].startswith("text/html")
    assert "default-src 'self'" in page.headers["content-security-policy"] or "script-src 'self'" in page.headers["content-security-policy"]
    loaded = [path for path in re.findall(r'(?:src|href)="([^"#]+)"', page.body.decode()) if not path.startswith("data:")]
    assert loaded
    for path in loaded:
        assert path.startswith("/"), path
        assert server.get(path).status == 200, path


def test_stats_count_every_channel(server):
    server.wait_settled(server.register(email=fresh_email(), phone=PHONE).json["user_id"])
    stats = server.get("/v1/stats").json
    assert stats["events_accepted"] >= 1
    for channel in ("email", "sms"):
        assert sum(stats["channels"][channel]["states"].values()) >= 1, stats


def test_no_address_phone_or_name_reaches_logs_metrics_or_errors(start):
    server = start(LOG_LEVEL="debug")
    email, phone, name = "leak.canary@example.com", "+12025550199", "Leakname"
    server.wait_settled(server.register(email=email, phone=phone, name=name).json["user_id"])
    conflict = server.register(email=email, phone="+12025550198")
    metrics = server.get("/metrics").body.decode()
    assert server.stop() == 0
    for text in (server.log(), metrics, conflict.body.decode()):
        for secret in (email, phone, phone[1:], name):
            assert secret not in text
