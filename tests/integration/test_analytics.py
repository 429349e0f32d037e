"""The read side over HTTP: searched, exported, counted over a range, rebuilt."""

import csv
import io
import json
import urllib.parse
import uuid

import pytest
from vestnik import Vestnik, wait_until

PHONE = "+12025550123"


def fresh_email() -> str:
    return f"user.{uuid.uuid4().hex[:12]}@example.com"


def search(server: Vestnik, **filters: str) -> dict:
    answer = server.get(f"/v1/notifications?{urllib.parse.urlencode(filters)}")
    assert answer.status == 200, answer
    return answer.json


def at_rest(start) -> tuple[Vestnik, str]:
    """A system of its own in which nothing happens any more, and its only user."""
    server = start()
    user = server.register(email=fresh_email(), phone=PHONE).json["user_id"]
    server.wait_settled(user)
    wait_until(lambda: not any(lag["records"] for lag in server.get("/v1/system").json["lag"]), 20, "all is counted")
    return server, user


def test_a_notification_is_found_by_its_whole_recipient_only(server):
    email = fresh_email()
    user = server.register(email=email, phone=PHONE).json["user_id"]
    server.wait_settled(user)
    (found,) = search(server, recipient=email.upper())["notifications"]
    assert (found["user_id"], found["channel"], found["state"]) == (user, "email", "sent")
    assert found["recipient"].startswith("u") and found["recipient"].endswith("@example.com") and email not in json.dumps(found)
    assert search(server, recipient=email[1:])["notifications"] == []


def test_pages_hold_everything_once_while_more_comes_in(server):
    users = [server.register(email=fresh_email(), phone=PHONE).json["user_id"] for _ in range(10)]
    for user in users:
        server.wait_settled(user)
    found, page = [], search(server, channel="email", limit="3")
    while True:
        found += [n["user_id"] for n in page["notifications"]]
        server.register(email=fresh_email())
        if "next" not in page:
            break
        page = search(server, channel="email", limit="3", cursor=page["next"])
    assert set(users) <= set(found) and len(found) == len(set(found))


def test_an_export_holds_what_a_search_finds(server):
    user = server.register(email=fresh_email(), phone=PHONE).json["user_id"]
    server.wait_settled(user)
    expected = sorted(server.notifications(user), key=lambda n: n["notification_id"])

    answer = server.get(f"/v1/notifications/export?user_id={user}")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert sorted(map(json.loads, answer.body.decode().splitlines()), key=lambda n: n["notification_id"]) == expected

    answer = server.get(f"/v1/notifications/export?format=csv&user_id={user}")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    rows = sorted(csv.DictReader(io.StringIO(answer.body.decode(), newline="")), key=lambda row: row["notification_id"])
    assert [row["notification_id"] for row in rows] == [n["notification_id"] for n in expected]
    for row, one in zip(rows, expected):
        assert {name: str(one[name]) for name in row if name in one and name != "sandbox"} == {
            name: value for name, value in row.items() if name in one and name != "sandbox"
        }


def test_a_range_counts_what_there_is(start):
    server, _ = at_rest(start)
    stats = server.get("/v1/stats?step=day&group_by=channel").json
    groups = {group["name"]: group for group in stats["range"]["groups"]}
    for channel in ("email", "sms"):
        states = stats["channels"][channel]["states"]
        totals = groups[channel]["totals"]
        assert totals["planned"] == totals["sent"] == states["sent"] == 1, (totals, states)
        assert sum(groups[channel]["series"]["sent"]) == totals["sent"]
        assert groups[channel]["latency_ms"]["accepted_to_sent"]["count"] == totals["sent"]
    assert stats["range"]["events_accepted"] == sum(stats["range"]["accepted"]) == stats["events_accepted"]


@pytest.mark.parametrize(
    "path, field",
    [
        ("/v1/notifications?recipent=a", "recipent"),
        ("/v1/notifications?state=eaten", "state"),
        ("/v1/notifications?cursor=nonsense", "cursor"),
        ("/v1/notifications/export?format=xml", "format"),
        ("/v1/stats?step=second", "step"),
        ("/v1/stats?from=2020-01-01T00:00:00Z&step=minute", "step"),
        ("/v1/stats?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "from"),
    ],
)
def test_what_is_asked_wrongly_is_named(server, path, field):
    answer = server.get(path)
    assert (answer.status, answer.json["field"]) == (422, field)


def test_a_rebuild_changes_nothing_and_everything_is_served_meanwhile(start):
    server, user = at_rest(start)
    before = server.get("/v1/stats?step=day").json, server.notifications(user)
    assert server.request("POST", "/v1/analytics/rebuild").status == 202

    def rebuilt() -> bool:
        assert server.notifications(user) == before[1]
        state = server.get("/v1/system").json["rebuild"]
        assert state["state"] in ("running", "idle"), state
        return state["state"] == "idle" and state["records_done"] == state["records_total"] > 0

    wait_until(rebuilt, 20, lambda: f"it is done: {server.get('/v1/analytics/rebuild').json}")
    after = server.get("/v1/stats?step=day").json, server.notifications(user)
    assert after[0]["channels"]["email"]["states"] == before[0]["channels"]["email"]["states"]
    assert after[0]["range"]["groups"] == before[0]["range"]["groups"]
    assert after[1] == before[1]
