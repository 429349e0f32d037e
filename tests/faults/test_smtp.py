"""FAULTS.md: SMTP 4xx, 5xx, 421, hang at each stage, one byte a second, close after the final dot. Backoff with jitter; dead at
once; the next destination isn't delayed; deadlines per command; in_doubt."""

import datetime

import pytest
from records import Receivers
from system import PATIENCE_S, with_slack
from vestnik import Vestnik, wait_until

BACKOFF = {"VESTNIK_RETRY_BACKOFF_BASE": "400ms", "VESTNIK_RETRY_BACKOFF_CAP": "1s"}


def register(server: Vestnik, *emails: str) -> list[str]:
    users = []
    for email in emails:
        answer = server.register(email=email)
        assert answer.status == 200, answer
        users.append(answer.json["user_id"])
    return users


def settled(server: Vestnik, user_id: str, *states: str) -> dict:
    """The user's one notification, with its timeline, once it is in one of these states (sent, if none)."""
    (found,) = server.wait_settled(user_id, states=states or ("sent",), count=1, seconds=PATIENCE_S)
    return server.notification(found["notification_id"])


def email_of(server: Vestnik, user_id: str) -> dict | None:
    """The user's one e-mail with its timeline; None while there is none. (Without a phone, the SMS is skipped.)"""
    ids = [n["notification_id"] for n in server.notifications(user_id) if n["channel"] == "email"]
    return server.notification(ids[0]) if ids else None


def has(server: Vestnik, user_id: str, step: str) -> bool:
    view = email_of(server, user_id)
    return view is not None and step in what(view)


def what(view: dict) -> list[str]:
    return [entry["what"] for entry in view["timeline"]]


def seconds(text: str) -> float:
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def lasted(view: dict, attempt: int = 1) -> float:
    """Seconds from an attempt's `sending` to what came of it."""
    sending, outcome = [seconds(e["at"]) for e in view["timeline"] if e.get("attempt") == attempt][:2]
    return outcome - sending


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "message"])
@pytest.mark.parametrize("answer", ["451 4.3.0 later", "421 4.7.0 closing"])
def test_a_transient_answer_is_tried_again_after_a_pause(start, mail_server, stage, answer):
    """Row "SMTP 4xx, 421": at each stage; delivered once, after as many tries as it took."""
    who = "*" if stage != "mail" else "no-reply@localhost"
    smtp = mail_server("--on", stage, who, f"2*{answer}")
    server = start(SMTP_URL=smtp.url, **BACKOFF)
    view = settled(server, *register(server, "a@example.org"))
    assert what(view) == ["accepted", "planned", "sending", "deferred", "sending", "deferred", "sending", "sent"], view
    assert view["attempt"] == 3 and answer[:3] in view["timeline"][3]["answer"], view
    assert len(Receivers(smtp).emails()) == 1


def test_pauses_grow_and_differ(start, mail_server):
    """Row "SMTP 4xx": backoff with jitter. Each pause lies below its doubled bound, and no two messages keep step."""
    smtp = mail_server("--on", "rcpt", "*", "451 4.3.0 later")
    server = start(
        SMTP_URL=smtp.url, VESTNIK_RETRY_BACKOFF_BASE="100ms", VESTNIK_RETRY_BACKOFF_CAP="400ms", VESTNIK_RETRY_ATTEMPTS_MAX="5"
    )
    pauses: list[list[float]] = []
    for user_id in register(server, *(f"user.{number}@example.org" for number in range(12))):
        view = settled(server, user_id, "dead")
        assert view["attempt"] == 5 and "451" in view["timeline"][-1]["answer"], view
        deferred = [entry for entry in view["timeline"] if entry["what"] == "deferred"]
        assert len(deferred) == 4
        pauses.append([seconds(entry["due_at"]) - seconds(entry["at"]) for entry in deferred])
    for round_, bound in enumerate((0.1, 0.2, 0.4, 0.4)):
        of_round = [pause[round_] for pause in pauses]
        assert max(of_round) <= bound + 0.05 and min(of_round) > 0, of_round  # due_at and at are read one after the other
        assert len({round(pause, 3) for pause in of_round}) > 6, f"no jitter: {of_round}"
    assert sum(p[3] for p in pauses) > sum(p[0] for p in pauses), "pauses don't grow"


@pytest.mark.parametrize("stage", ["rcpt", "data", "message"])
def test_a_permanent_answer_is_dead_at_once(start, mail_server, stage):
    """Row "SMTP 5xx": one attempt, the answer kept, and the others go on."""
    smtp = mail_server("--on", stage, "bad@*", "550 5.1.1 no such user")
    server = start(SMTP_URL=smtp.url, **BACKOFF)
    bad, good = register(server, "bad@example.org", "good@example.org")
    view = settled(server, bad, "dead")
    assert what(view) == ["accepted", "planned", "sending", "dead"] and "550 5.1.1" in view["timeline"][-1]["answer"], view
    settled(server, good)
    assert [e.to for e in Receivers(smtp).emails()] == ["good@example.org"]


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
def test_silence_before_the_message_ends_at_the_deadline(start, mail_server, stage):
    """Row "hang at each stage": nothing that could be a delivery was said, so it is tried again, and is no copy."""
    who = "*" if stage != "mail" else "no-reply@localhost"
    smtp = mail_server("--on", stage, who, "1*hang")
    server = start(SMTP_URL=f"{smtp.url}&timeout=1s", **BACKOFF)
    view = settled(server, *register(server, "a@example.org"))
    assert what(view)[2:] == ["sending", "deferred", "sending", "sent"], view
    assert 1 <= lasted(view) < with_slack(1) + 1, view
    assert len(Receivers(smtp).emails()) == 1


def test_silence_of_the_greeting_ends_at_the_deadline(start, smtp, proxy):
    """Row "hang at each stage": a server that accepts the connection and never says a word."""
    way = proxy(int(smtp.peer.ready))
    way.hang()
    url = f"smtp://127.0.0.1:{way.port}?tls=never&timeout=1s&connect_timeout=1s"
    server = start(SMTP_URL=url, VESTNIK_RETRY_ATTEMPTS_MAX="100", **BACKOFF)
    (user_id,) = register(server, "a@example.org")
    wait_until(lambda: has(server, user_id, "deferred"), PATIENCE_S, lambda: f"deferred: {email_of(server, user_id)}")
    assert 1 <= lasted(email_of(server, user_id)) < with_slack(1) + 1, email_of(server, user_id)
    way.pass_on()
    settled(server, user_id)
    assert len(Receivers(smtp).emails()) == 1


def test_a_server_that_hangs_for_one_delays_no_other(start, mail_server):
    """Row "hang": the next destination isn't delayed, while a recipient's server keeps one connection waiting."""
    smtp = mail_server("--on", "rcpt", "slow@*", "hang")
    server = start(SMTP_URL=f"{smtp.url}&connections=2&timeout=60s", **BACKOFF)
    (slow,) = register(server, "slow@example.org")
    wait_until(lambda: has(server, slow, "sending"), PATIENCE_S, "the slow one has begun")
    others = register(server, *(f"user.{number}@example.org" for number in range(30)))
    for user_id in others:
        view = settled(server, user_id)
        assert what(view) == ["accepted", "planned", "sending", "sent"], view
    assert email_of(server, slow)["state"] == "sending", email_of(server, slow)


def test_one_byte_a_second_ends_at_the_commands_deadline(start, smtp, proxy):
    """Row "one byte a second": the deadline is a whole answer's, so a byte now and then doesn't put it off."""
    way = proxy(int(smtp.peer.ready))
    way.trickle("server")  # the greeting alone would take half a minute
    server = start(SMTP_URL=f"smtp://127.0.0.1:{way.port}?tls=never&timeout=3s", VESTNIK_RETRY_ATTEMPTS_MAX="100", **BACKOFF)
    (user_id,) = register(server, "a@example.org")
    wait_until(lambda: has(server, user_id, "deferred"), PATIENCE_S, "deferred")
    view = email_of(server, user_id)
    assert 3 <= lasted(view) < with_slack(3) + 1, view
    way.pass_on()
    way.drop()
    settled(server, user_id)
    assert len(Receivers(smtp).emails()) == 1


@pytest.mark.parametrize("how", ["close", "hang"])
def test_no_answer_after_the_final_dot_is_in_doubt_and_sent_again(start, mail_server, how):
    """Row "close after the final dot", "10 minutes after the dot" (here 2 s): in doubt, then sent again; the copy is one per
    message, has the same Message-ID, and can be seen in the timeline."""
    smtp = mail_server("--on", "message", "doubt@*", f"1*{how}", "--on", "message", "again@*", f"1*{how}")
    server = start(SMTP_URL=f"{smtp.url}&final_timeout=2s", **BACKOFF)
    users = register(server, "doubt@example.org", "again@example.org", "sure@example.org")
    views = [settled(server, user_id) for user_id in users]
    for view in views[:2]:
        assert what(view)[2:] == ["sending", "in_doubt", "sending", "sent"], view
        if how == "hang":
            assert 2 <= lasted(view) < with_slack(2) + 1, view
    assert what(views[2])[2:] == ["sending", "sent"], views[2]
    receivers = Receivers(smtp)
    assert receivers.email_copies() == 2
    assert {e.notification_id for e in receivers.emails()} == {view["notification_id"] for view in views}


def test_a_connection_cut_in_the_data_is_no_doubt(start, smtp, proxy):
    """Row "close": the end of the message was never sent, so the server can't have taken it: tried again, and no copy."""
    way = proxy(int(smtp.peer.ready))
    way.close_after(b"Subject:", "client", times=1)
    server = start(SMTP_URL=f"smtp://127.0.0.1:{way.port}?tls=never", **BACKOFF)
    view = settled(server, *register(server, "a@example.org"))
    assert way.cuts_made == 1
    # A message that fits into one write may have gone as a whole as far as the client can tell: then it is in doubt.
    assert what(view)[2] == "sending" and what(view)[3] in ("deferred", "in_doubt") and what(view)[4:] == ["sending", "sent"], view
    assert len(Receivers(smtp).emails()) == 1


def test_the_server_is_away_and_comes_back(start, smtp, proxy):
    """Refused connections: unwell in /readyz, one try at a time, and all is delivered when it is back."""
    way = proxy(int(smtp.peer.ready))
    way.refuse()
    server = start(SMTP_URL=f"smtp://127.0.0.1:{way.port}?tls=never", wait=False, **BACKOFF)
    wait_until(lambda: alive(server), PATIENCE_S, server.log)
    users = register(server, *(f"user.{number}@example.org" for number in range(20)))
    wait_until(lambda: server.get("/readyz").status == 503, PATIENCE_S, "/readyz says so")
    way.pass_on()
    for user_id in users:
        settled(server, user_id)
    assert len(Receivers(smtp).emails()) == 20 and Receivers(smtp).email_copies() == 0
    wait_until(lambda: server.get("/readyz").status == 200, PATIENCE_S, lambda: server.get("/readyz").body.decode())


def alive(server: Vestnik) -> bool:
    try:
        return server.get("/healthz").status == 200
    except OSError:
        return False
