"""FAULTS.md: receipts early, late, twice, for unknown ids. State only moves forward; counted once."""

import pytest
from audits import audit
from records import Receivers
from system import PATIENCE_S
from test_smpp import register, settled, what
from vestnik import Vestnik, wait_until

COUNT = 20


def stats(server: Vestnik) -> dict[str, int]:
    return server.get("/v1/stats").json["channels"]["sms"]["states"]


def check_delivered_once(server: Vestnik, users: list[str]) -> None:
    for user_id in users:
        view = settled(server, user_id)
        assert what(view).count("delivered") == 1 and what(view).count("sent") == 1, view
        assert "bounced" not in what(view), view
    wait_until(lambda: stats(server).get("delivered", 0) == len(users), PATIENCE_S, lambda: f"counted once: {stats(server)}")
    assert sum(stats(server).values()) == len(users), stats(server)


def test_before_the_answer_to_the_submit(start, sms_centre):
    """Row "receipts early"."""
    smsc = sms_centre("--receipts", "early", "--answer-delay-ms", "300")
    server = start(SMPP_URL=smsc.url)
    check_delivered_once(server, register(server, COUNT))


def test_long_after_it(start, sms_centre):
    """Row "receipts late": sent until it comes, delivered then."""
    smsc = sms_centre("--receipt-delay-ms", "2000")
    server = start(SMPP_URL=smsc.url)
    users = register(server, COUNT)
    settled(server, users[0], "sent")
    check_delivered_once(server, users)


@pytest.mark.parametrize("second", [[], ["--second-fails"]], ids=["the same", "another"])
def test_twice(start, smtp, sms_centre, second):
    """Row "receipts twice": the second changes nothing, not even if it says the opposite."""
    smsc = sms_centre("--receipts", "twice", "--receipt-delay-ms", "200", *second)
    server = start(SMPP_URL=smsc.url)
    users = register(server, COUNT)
    check_delivered_once(server, users)
    # Another's receipts come on the same link, after all of theirs.
    settled(server, register(server, 1, first=COUNT)[0])
    assert {settled(server, user_id)["state"] for user_id in users} == {"delivered"}


def test_for_ids_nobody_knows(start, smtp, sms_centre):
    """Row "receipts for unknown ids": they hurt nobody."""
    smsc = sms_centre("--stray-receipts", "50")
    server = start(SMPP_URL=smsc.url)
    check_delivered_once(server, register(server, COUNT))
    wait_until(lambda: server.get("/readyz").status == 200, PATIENCE_S, lambda: server.get("/readyz").body.decode())
    assert server.stop() == 0


def test_after_a_restart(start, smtp, sms_centre, rng):
    """Row "receipts late": they come on the bind after a kill -9, some for the second time, and each still counts once."""
    smsc = sms_centre("--receipt-delay-ms", "500", "--answer-delay-ms", "20")
    server = start(SMPP_URL=f"{smsc.url}?window=10")
    receivers = Receivers(smtp, smsc)
    users: list[str] = []
    for _ in range(3):
        users += register(server, COUNT, first=len(users))
        enough = len(users) - rng.randrange(COUNT)
        wait_until(lambda: len(receivers.sms()) >= enough, PATIENCE_S, "they are with the centre")
        server.kill()
        server.start()
    check_delivered_once_each(server, users)
    audit("--wait", "30s", **server.variables)
    assert receivers.sms_copies() <= 3 * 10


def check_delivered_once_each(server: Vestnik, users: list[str]) -> None:
    """As check_delivered_once(), for what may have been in doubt and sent again."""
    for user_id in users:
        view = settled(server, user_id)
        assert what(view).count("delivered") == 1 and "bounced" not in what(view), view
    wait_until(lambda: stats(server).get("delivered", 0) == len(users), PATIENCE_S, lambda: f"counted once: {stats(server)}")
