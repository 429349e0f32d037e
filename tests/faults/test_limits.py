"""FAULTS.md, I6: a rate limit of N per window never lets N+1 through, restarts included."""

import time

import pytest
from audits import audit
from load import user
from records import Receivers
from system import PATIENCE_S, QUIET_S
from vestnik import wait_until

N, WINDOW_S = 20, 4
MESSAGES = 70
# Between the limit's count and the receiver's clock lies the way, which may differ from one message to the next.
WAY_S = 0.5


def check_never_more(times: list[float], count: int, window_s: float) -> None:
    times = sorted(times)
    spans = [last - first for first, last in zip(times, times[count:])]
    print(f"the closest {count + 1} lie within {min(spans):.3f} s")
    for first, last in zip(times, times[count:]):
        assert last - first >= window_s, f"{count + 1} within {last - first:.3f} s"


@pytest.mark.parametrize("stop", ["kill -9", pytest.param("SIGTERM", marks=pytest.mark.long)])
def test_a_rate_limit_holds_over_restarts(start, smtp, rng, stop):
    """I6 on a real process: mails as their receiver saw them begin."""
    server = start(SMTP_URL=f"{smtp.url}&rate={N}/{WINDOW_S}s")
    receivers = Receivers(smtp)
    users = []
    for number in range(MESSAGES):
        answer = server.register(email=user(number).email)
        assert answer.status == 200, answer
        users.append(answer.json["user_id"])
    while len(receivers.emails()) < MESSAGES * 2 // 3:
        time.sleep(rng.uniform(0.2, 2.5))  # the moment of the restart
        if stop == "kill -9":
            server.kill()
        else:
            assert server.stop() == 0
        server.start()
    wait_until(lambda: len({e.notification_id for e in receivers.emails()}) == MESSAGES, QUIET_S, "all are sent")
    for user_id in users:
        server.wait_settled(user_id, states=("sent",), count=1, seconds=PATIENCE_S)
    audit("--wait", "30s", **server.variables)
    begun = [email.began_at for email in receivers.emails()]
    check_never_more(begun, N, WINDOW_S - WAY_S)
    # A limit that let almost nothing through would hold too.
    assert max(begun) - min(begun) < WINDOW_S * MESSAGES / N * 2.5, f"{max(begun) - min(begun):.0f} s for {MESSAGES}"
