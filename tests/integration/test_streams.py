"""What is streamed: events as they happen, for as long as somebody listens; and an orderly end."""

import http.client
import json
import uuid
from typing import Iterator, NamedTuple

import pytest
from vestnik import Vestnik, wait_until

PHONE = "+12025550123"
KEY = "0123456789abcdef0123456789abcdef"


class Event(NamedTuple):
    kind: str
    id: str
    data: dict


class Stream:
    """One open answer, read line by line."""

    def __init__(self, server: Vestnik, path: str, headers: dict[str, str] | None = None, timeout: float = 20):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=timeout)
        self.connection.request("GET", path, headers=headers or {})
        self.answer = self.connection.getresponse()
        self.status = self.answer.status

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *_: object) -> None:
        self.answer.close()
        self.connection.close()

    def events(self) -> Iterator[Event]:
        """Until the server ends the stream."""
        fields: dict[str, str] = {}
        for line in self.answer:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name:
                fields[name] = value
            elif "event" in fields:
                yield Event(fields["event"], fields.get("id", ""), json.loads(fields["data"]))
            if not name:
                fields = {}


def fresh_email() -> str:
    return f"user.{uuid.uuid4().hex[:12]}@example.com"


def test_live_tells_once_a_second_how_everything_is(server):
    server.wait_settled(server.register(email=fresh_email(), phone=PHONE).json["user_id"])
    with Stream(server, "/v1/live") as stream:
        assert stream.status == 200
        assert stream.answer.getheader("Content-Type") == "text/event-stream"
        events = stream.events()
        first, second = next(events), next(events)
    assert first.kind == second.kind == "stats"
    assert first.data["at"] < second.data["at"]
    now = server.get("/v1/stats").json
    assert second.data["stats"]["events_accepted"] == now["events_accepted"]
    assert second.data["stats"]["channels"]["email"].keys() == now["channels"]["email"].keys()
    assert second.data["ready"] is True
    assert second.data["parts"] == server.get("/readyz").json["parts"]
    assert {"group", "topic", "records"} == set(second.data["lag"][0])


def test_tail_shows_a_notifications_whole_way_while_it_goes_it(server):
    with Stream(server, "/v1/tail") as stream:
        user = server.register(email=fresh_email()).json["user_id"]
        seen: list[Event] = []
        for event in stream.events():
            assert event.kind == "step" and event.data["user_id"] == user
            seen.append(event)
            if {"accepted", "sent"} <= {one.data["what"] for one in seen}:
                break
    assert [one.data["what"] for one in seen if one.data.get("channel") == "email"] == ["planned", "sending", "sent"]
    (accepted,) = [one.data for one in seen if one.data["what"] == "accepted"]
    assert accepted["event_type"] == "user_registered" and "notification_id" not in accepted
    assert [one.data["sandbox"] for one in seen if one.data["what"] == "sent"] == [True]
    assert len({event.id for event in seen}) == len(seen)


def test_tail_shows_only_what_is_asked_for(server):
    with Stream(server, "/v1/tail?channel=sms&what=sent") as stream:
        server.register(email=fresh_email(), phone=PHONE)
        second = server.register(email=fresh_email(), phone=PHONE).json["user_id"]
        for event in stream.events():
            assert (event.data["channel"], event.data["what"]) == ("sms", "sent")
            if event.data["user_id"] == second:
                break


@pytest.mark.parametrize("query, field", [("channel=fax", "channel"), ("what=eaten", "what"), ("user=x", "user"), ("provider=", "provider")])
def test_a_wrong_filter_is_named(server, query, field):
    answer = server.get(f"/v1/tail?{query}")
    assert (answer.status, answer.json["field"]) == (422, field)


def test_somebody_who_comes_and_goes_leaves_no_place_taken(server):
    for path in ("/v1/live", "/v1/tail"):
        for _ in range(100):  # more than may listen at once
            with Stream(server, path) as stream:
                assert stream.status == 200
            wait_until(lambda: b"vestnik_http_streams_open 0\n" in server.get("/metrics").body, 10, "the stream is closed")


def test_streams_end_in_order_when_the_process_stops(start):
    server = start()
    with Stream(server, "/v1/live") as live, Stream(server, "/v1/tail") as tail:
        live_events, tail_events = live.events(), tail.events()
        next(live_events)
        assert server.stop() == 0
        list(live_events)  # each ends with its last chunk, else these raise IncompleteRead
        list(tail_events)
        assert live.answer.isclosed() and tail.answer.isclosed()


def test_streams_are_behind_the_keys(start):
    server = start(VESTNIK_API_KEYS=KEY)
    for path in ("/v1/live", "/v1/tail", "/v1/system"):
        assert server.get(path).status == 401
    with Stream(server, "/v1/live", {"Authorization": f"Bearer {KEY}"}) as stream:
        assert next(stream.events()).kind == "stats"


def test_the_system_says_what_it_is(server):
    system = server.get("/v1/system").json
    assert (system["role"], system["log"], system["store"], system["environment"]) == ("all", "embedded", "embedded", "test")
    assert system["ready"] is True and system["version"] and system["started_at"]
    assert {part["part"] for part in system["parts"]} >= {"log", "store"}
    assert {(lag["group"], lag["topic"]) for lag in system["lag"]} >= {("analytics-service", "user-events")}
