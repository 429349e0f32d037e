"""What analytics counts is what the receivers have, to the last one: after redelivery of everything, a rebuild, and a crash in
the middle of it."""

import concurrent.futures
import contextlib
from typing import Iterator

import peers
import pytest
from load import User, user
from system import PATIENCE_S
from vestnik import Vestnik, wait_until

CLIENTS = 4
USERS = [pytest.param(1_000, id="short"), pytest.param(50_000, id="100k-notifications", marks=pytest.mark.long)]


@contextlib.contextmanager
def stand(name: str, tmp_path, request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """What the system stands on, as its environment."""
    if name == "embedded":
        yield {}
        return
    with peers.postgres(tmp_path) as postgres:
        topics = request.getfixturevalue("topics")
        yield {"KAFKA_BROKERS": peers.brokers(request.getfixturevalue("kafka")), "DATABASE_URL": postgres.ready} | topics


def register(server: Vestnik, users: list[User]) -> None:
    def one(who: User) -> None:
        assert server.register(email=who.email, phone=who.phone, name=who.name).status == 200

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(one, users))


def rebuild_state(server: Vestnik) -> dict:
    return server.get("/v1/analytics/rebuild").json


def begin_rebuild(server: Vestnik) -> None:
    answer = server.request("POST", "/v1/analytics/rebuild")
    assert answer.status == 202 and answer.json["state"] == "running", answer


def wait_rebuilt(server: Vestnik, seconds: float) -> None:
    def done() -> bool:
        state = rebuild_state(server)
        assert state["state"] != "failed", state
        return state["state"] == "idle" and "finished_at" in state

    wait_until(done, seconds, lambda: f"the rebuild is done: {rebuild_state(server)}\n{server.log()[-2000:]}")


def crash_in_a_rebuild(server: Vestnik, start, variables: dict[str, str]) -> Vestnik:
    """A new process, which found an unfinished rebuild and began it again, and to which everything is delivered once more."""
    for _ in range(20):
        begin_rebuild(server)
        if rebuild_state(server)["state"] != "running":
            continue  # it was faster than the question
        server.kill()
        server = start(**variables | {"ANALYTICS_SERVICE_GROUP": f"again-{server.port}"})
        with contextlib.suppress(AssertionError):  # it was faster than the kill
            return wait_until(lambda: "started_at" in rebuild_state(server) and server, 5, "it begins by itself")
    raise AssertionError("no rebuild was ever unfinished at the kill")


def counted(server: Vestnik) -> dict:
    stats = server.get("/v1/stats?step=day&group_by=channel").json
    return {
        "events": stats["events_accepted"],
        "states": {channel: stats["channels"][channel]["states"] for channel in ("email", "sms")},
        "steps": {group["name"]: group["totals"] for group in stats["range"]["groups"]},
        "accepted in the range": stats["range"]["events_accepted"],
    }


def wait_counted(server: Vestnik, users: int, seconds: float) -> dict:
    """What is counted once everything has been delivered and told, and redelivered."""

    def look() -> dict | None:
        behind = sum(lag["records"] for lag in server.get("/v1/system").json["lag"])
        counts = counted(server)
        told = counts["states"]["email"].get("sent", 0), counts["states"]["sms"].get("delivered", 0)
        return counts if behind == 0 and told == (users, users) else None

    return wait_until(look, seconds, lambda: f"{users} users' notifications are delivered: {counted(server)}\n{server.log()[-2000:]}")


@pytest.mark.parametrize("users", USERS)
@pytest.mark.parametrize("on", ["embedded", "kafka and postgresql"])
def test_counts_equal_the_receivers_records(start, smtp, smsc, tmp_path, request, on, users):
    everybody = [user(number) for number in range(users)]
    seconds = PATIENCE_S + users / 100
    with stand(on, tmp_path, request) as variables:
        variables = {"SMTP_URL": smtp.url, "SMPP_URL": smsc.url, **variables}
        server = start(**variables)
        register(server, everybody[: users // 2])
        server = crash_in_a_rebuild(server, start, variables)
        register(server, everybody[users // 2 :])
        wait_rebuilt(server, seconds)
        counts = wait_counted(server, users, seconds)

        emails = {recipients[0] for recipients, _ in smtp.emails()}
        sms = {phone for phone, _ in smsc.messages()}
        assert emails == {who.email for who in everybody} and sms == {who.phone for who in everybody}
        assert counts["events"] == counts["accepted in the range"] == users
        assert counts["states"] == {"email": {"sent": len(emails)}, "sms": {"delivered": len(sms)}}
        for channel, told in (("email", {"planned", "sent"}), ("sms", {"planned", "sent", "delivered"})):
            steps = counts["steps"][channel]
            assert {steps[step] for step in told} == {users}, steps
            # What the crash left in doubt was sent again, and is the only other thing that happened.
            assert set(steps) <= told | {"in_doubt", "deferred"}, steps

        begin_rebuild(server)
        wait_rebuilt(server, seconds)
        assert counted(server) == counts, "the same after a rebuild of it all"
        assert server.stop() == 0
