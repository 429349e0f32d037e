"""FAULTS.md: SMPP throttled (0x58), queue full (0x14), enquire_link unanswered, link dropped with W unanswered submits. Slows
down without burning attempts; rebinds; exactly W in doubt."""

import collections

import pytest
from audits import audit
from load import user
from records import Receivers
from system import PATIENCE_S
from vestnik import Vestnik, wait_until

WINDOW = 10


def register(server: Vestnik, count: int, first: int = 0) -> list[str]:
    users = []
    for number in range(first, first + count):
        answer = server.register(phone=user(number).phone, name=user(number).name)
        assert answer.status == 200, answer
        users.append(answer.json["user_id"])
    return users


def settled(server: Vestnik, user_id: str, *states: str) -> dict:
    (found,) = server.wait_settled(user_id, states=states or ("delivered",), count=1, seconds=PATIENCE_S)
    return server.notification(found["notification_id"])


def what(view: dict) -> list[str]:
    return [entry["what"] for entry in view["timeline"]]



@pytest.mark.parametrize("status", ["0x58", "0x14"])
def test_a_centre_that_is_too_busy_costs_time_but_no_attempt(start, smtp, sms_centre, status):
    """Row "SMPP throttled (0x58), queue full (0x14)": all are delivered at their first attempt, once."""
    smsc = sms_centre("--throttle-first", "8", "--throttle-status", status)
    server = start(SMPP_URL=f"{smsc.url}?window={WINDOW}", VESTNIK_RETRY_BACKOFF_BASE="400ms", VESTNIK_RETRY_BACKOFF_CAP="1s")
    put_off = 0
    for user_id in register(server, 20):
        view = settled(server, user_id)
        assert view["attempt"] == 1 and "dead" not in what(view), view
        put_off += "deferred" in what(view)
    assert 1 <= put_off <= 8, "some were throttled, and it shows"
    receivers = Receivers(smtp, smsc)
    assert len(receivers.sms()) == 20 and receivers.sms_copies() == 0


def test_an_unanswered_enquire_link_ends_the_link(start, smtp, sms_centre, proxy):
    """Row "enquire_link unanswered": the link is given up, bound again, and messages go on without a copy."""
    smsc = sms_centre("--ignore-enquire-link")
    way = proxy(int(smsc.peer.ready.removeprefix("port ")))
    server = start(SMPP_URL=f"smpp://vestnik:secret@127.0.0.1:{way.port}?window={WINDOW}&enquire_link_s=1&response_s=1")
    receivers = Receivers(smtp, smsc)
    settled(server, *register(server, 1))
    wait_until(lambda: way.accepted >= 2, PATIENCE_S, lambda: f"a second link\n{server.log()[-2000:]}")
    settled(server, *register(server, 1, first=1))
    assert [s.link >= 2 for s in receivers.sms()] == [False, True] and receivers.sms_copies() == 0


def test_a_link_that_drops_with_a_full_window(start, smtp, sms_centre):
    """Row "link dropped with W unanswered submits": exactly W timelines say in doubt, those W are sent again, no other is."""
    smsc = sms_centre("--drop-after", "5", "--drop-unanswered", str(WINDOW))
    server = start(SMPP_URL=f"{smsc.url}?window={WINDOW}")
    views = [settled(server, user_id) for user_id in register(server, 40)]
    doubted = [view for view in views if "in_doubt" in what(view)]
    assert len(doubted) == WINDOW, [what(view) for view in views]
    for view in doubted:
        assert what(view)[2:5] == ["sending", "in_doubt", "sending"] and view["attempt"] == 2, view
    receivers = Receivers(smtp, smsc)
    texts = collections.Counter(s.phone for s in receivers.sms())
    assert len(texts) == 40 and receivers.sms_copies() == WINDOW
    assert sum(not s.answered for s in receivers.sms()) == WINDOW


def test_a_category_that_holds_what_is_in_doubt(start, smtp, sms_centre):
    """The same with `in_doubt=hold`: exactly W stay in doubt, visible as such, and nobody gets a second SMS."""
    smsc = sms_centre("--drop-after", "5", "--drop-unanswered", str(WINDOW))
    server = start(SMPP_URL=f"{smsc.url}?window={WINDOW}", VESTNIK_CATEGORIES="transactional in_doubt=hold")
    views = [settled(server, user_id, "delivered", "in_doubt") for user_id in register(server, 40)]
    held = [view for view in views if view["state"] == "in_doubt"]
    assert len(held) == WINDOW, [what(view) for view in views]
    assert all(what(view)[2:] == ["sending", "in_doubt"] for view in held), held
    receivers = Receivers(smtp, smsc)
    assert receivers.sms_copies() == 0 and len(receivers.sms()) == 40
    assert server.stop() == 0
    assert audit(**server.variables)["channels"]["sms"]["in_doubt"] == WINDOW
    server.start()
    for view in held:
        assert server.notification(view["notification_id"])["state"] == "in_doubt", "a restart decides nothing"
    assert receivers.sms_copies() == 0
