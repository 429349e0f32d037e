"""FAULTS.md: clock jumps of ±1 h and −1 day. Timers don't care; nothing planned for later goes early; ids stay unique."""

import itertools
import time

from audits import audit
from records import Receivers
from system import PATIENCE_S
from vestnik import Vestnik, wait_until

HOUR_S = 3600
JUMPS_S = [HOUR_S, -HOUR_S, -24 * HOUR_S, 0]
NOW_AND_LATER = """
  - {name: now, channel: email, template: now}
  - {name: later, channel: email, template: later, delay: 3h}
"""
TEMPLATES = {f"{template}/{file}": template for template in ("now", "later") for file in ("subject.txt", "body.txt")}
# The longest that a due time beyond the engine's horizon goes unread, and then some.
READ_AGAIN_S = 120


def register(server: Vestnik, numbers: itertools.count, prefix: str = "user") -> str:
    answer = server.register(email=f"{prefix}.{next(numbers)}@example.org")
    assert answer.status == 200, answer
    return answer.json["user_id"]


def clocks_noticed(server: Vestnik) -> int:
    return sum('"the clock was set"' in line and '"email-service"' in line for line in server.log().splitlines())


def test_what_is_planned_for_later_does_not_go_early(start, workflow, faults, smtp):
    """Row "clock jumps ±1 h, −1 day": what is due at once goes at once whatever the clock says, what is due in 3 h does not,
    before or after a restart; when the clock says that it is time, it goes, once."""
    server = start(SMTP_URL=smtp.url, **workflow(NOW_AND_LATER, TEMPLATES), **faults.variables)
    receivers = Receivers(smtp)
    numbers = itertools.count()
    def subjects() -> list[str]:
        return [email.subject for email in receivers.emails()]

    # Whoever registers while the clock is behind is rightly sent his when it is set right again.
    def prefix(jump: int) -> str:
        return "behind" if jump < 0 else "user"

    def check_none_is_early() -> None:
        early = [email.to for email in receivers.emails() if email.subject == "later" and email.to.startswith("user.")]
        assert not early, f"these went early: {early}"

    users, ids = [register(server, numbers)], set()
    wait_until(lambda: subjects().count("now") == 1, PATIENCE_S, "the first")

    for jump in (HOUR_S, -24 * HOUR_S):
        noticed = clocks_noticed(server)
        faults.move_clock(jump)
        users += [register(server, numbers, prefix(jump)) for _ in range(5)]
        wait_until(lambda: clocks_noticed(server) > noticed, PATIENCE_S, "the clock was set")
        check_none_is_early()
        wait_until(lambda: subjects().count("now") == len(users), PATIENCE_S, lambda: f"those due at once, at {jump} s: {subjects()}")
    assert server.stop() == 0
    for jump in JUMPS_S:
        faults.move_clock(jump)
        server.start()
        users.append(register(server, numbers, prefix(jump)))
        wait_until(lambda: subjects().count("now") == len(users), PATIENCE_S, lambda: f"those due at once, at {jump} s: {subjects()}")
        assert server.stop() == 0
    check_none_is_early()
    assert len(set(users)) == len(users), "ids stay unique"

    server.start()
    for user_id in users:
        ids |= {n["notification_id"] for n in server.notifications(user_id) if n["channel"] == "email"}
    assert len(ids) == 2 * len(users), "ids stay unique"
    # The clock had jumped ahead by an hour for some: planned 3 h after that.
    faults.move_clock(4 * HOUR_S + 60)
    wait_until(lambda: subjects().count("later") == len(users), READ_AGAIN_S, lambda: f"those whose time has come: {len(subjects())}")
    assert receivers.email_copies() == 0
    assert server.stop() == 0
    audit(**server.variables)


def test_a_clock_that_is_set_back_delays_no_retry(start, faults, mail_server):
    """Row "clock jumps": timers don't care. A message that waits for its next try doesn't wait a day more."""
    smtp = mail_server("--on", "rcpt", "*", "2*451 4.3.0 later")
    server = start(SMTP_URL=smtp.url, VESTNIK_RETRY_BACKOFF_BASE="3s", VESTNIK_RETRY_BACKOFF_CAP="3s", **faults.variables)
    receivers = Receivers(smtp)
    user_id = register(server, itertools.count())
    wait_until(lambda: any(n["state"] == "deferred" for n in server.notifications(user_id)), PATIENCE_S, "deferred")
    faults.move_clock(-24 * HOUR_S)
    wait_until(lambda: len(receivers.emails()) == 1, PATIENCE_S, lambda: f"the retry: {server.notifications(user_id)}")


def test_deadlines_run_on_while_the_clock_jumps(start, faults, mail_server):
    """Row "clock jumps": timers don't care. Deadlines on a peer that hangs come when they should."""
    smtp = mail_server("--on", "rcpt", "*", "4*hang")
    server = start(SMTP_URL=f"{smtp.url}&timeout=2s", VESTNIK_RETRY_BACKOFF_BASE="100ms", VESTNIK_RETRY_BACKOFF_CAP="100ms", **faults.variables)
    receivers = Receivers(smtp)
    user_id = register(server, itertools.count())
    wait_until(lambda: any(n["state"] == "sending" for n in server.notifications(user_id)), PATIENCE_S, "the first attempt")
    began = time.monotonic()
    for jump in (HOUR_S, -HOUR_S, HOUR_S, 0):
        faults.move_clock(jump)
        time.sleep(1.5)  # so that there is a jump within each attempt's wait of 2 s
    wait_until(lambda: len(receivers.emails()) == 1, PATIENCE_S, lambda: f"sent at last: {server.notifications(user_id)}")
    assert time.monotonic() - began >= 3 * 2, "a deadline came early"


def test_what_arrives_while_the_clock_jumps_is_not_put_off(start, faults, smtp):
    """Row "clock jumps": timers don't care. A clock that is set forward under load delays nobody by what it was set."""
    server = start(SMTP_URL=smtp.url, **faults.variables)
    receivers, numbers, users = Receivers(smtp), itertools.count(), []
    for jump in (HOUR_S, 0, HOUR_S, -HOUR_S, HOUR_S):
        users += [register(server, numbers) for _ in range(5)]
        faults.move_clock(jump)
        users += [register(server, numbers) for _ in range(5)]
    wait_until(lambda: len(receivers.emails()) == len(users), PATIENCE_S, lambda: f"{len(receivers.emails())} of {len(users)}")
