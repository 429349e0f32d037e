"""`vestnik audit` as a judge beside ours: it reads log, ledger and timeline, we read what clients and receivers wrote down."""

import json

from load import Load
from records import Receivers
from system import QUIET_S
from vestnik import run, wait_until

AUDIT_S = 60
# What a receiver has seen of a notification in one of these states, and in no other.
RECEIVED = ("sent", "delivered")


def audit(*arguments: str, **variables: str) -> dict:
    """It agrees, on whatever these variables name: a system that runs, one that has crashed. What it counted."""
    variables.pop("LD_PRELOAD", None)  # the faults are for who writes
    result = run("audit", "--json", *arguments, timeout=AUDIT_S, **variables)
    assert result.returncode == 0, f"audit ended with {result.returncode}: {result.stdout} {result.stderr}"
    return json.loads(result.stdout)


def audit_quiet(load: Load, receivers: Receivers, **variables: str) -> None:
    """I1 by the audit, once all is quiet on a running system: nothing is pending, and it counts what the receivers have."""
    found: dict = {}

    def quiet() -> bool:
        found.update(audit("--wait", "30s", **variables))
        return found["quiet"] and not any(c["pending"] + c["sending"] + c["in_doubt"] for c in found["channels"].values())

    wait_until(quiet, QUIET_S, lambda: f"the audit finds all quiet: {found}")
    check_counts(found, load, receivers)


def audit_stopped(load: Load, receivers: Receivers, **variables: str) -> None:
    """The same of what a stopped system has left, which nobody changes any more."""
    found = audit(**variables)
    assert not any(channel["pending"] + channel["sending"] for channel in found["channels"].values()), found
    check_counts(found, load, receivers)


def check_counts(found: dict, load: Load, receivers: Receivers) -> None:
    assert found["accepted"] >= len(load.accepted()), f"{len(load.accepted())} were answered 200: {found}"
    received = {
        "email": len({email.notification_id for email in receivers.emails()}),
        "sms": len({(sms.phone, sms.text) for sms in receivers.sms()}),
    }
    counted = {channel: sum(found["channels"][channel][state] for state in RECEIVED) for channel in received}
    assert counted == received, f"the receivers have {received}: {found}"
    for channel in received:
        assert found["channels"][channel]["planned"] == received[channel], f"neither received nor refused: {found}"
