"""The system in the two forms that the fault tests use: all in one, and a process per service on Kafka and PostgreSQL."""

import os
import pathlib
import subprocess
import threading
from typing import Callable

import peers
from vestnik import Vestnik

CONNECTIONS = 4
WINDOW = 20
# What is promised (FAULTS.md).
FIRST_DELIVERY_S = 10
REFUSED_S = 2
# What isn't: long enough for a machine that does other things too.
PATIENCE_S = 60
QUIET_S = 120
ROLES = ["user-service", "notification-service", "email-service", "email-service", "sms-service", "analytics-service"]

# Two of each, so that their order can be seen. Sorted by name as they stand.
TWO_OF_EACH = """
  - {name: one_email, channel: email, template: one}
  - {name: two_email, channel: email, template: two}
  - {name: one_sms, channel: sms, template: one}
  - {name: two_sms, channel: sms, template: two}
"""
TWO_TEMPLATES = {
    f"{template}/{file}": f"{template}: hello, {{{{name}}}}"
    for template in ("one", "two")
    for file in ("subject.txt", "body.txt", "sms.txt")
}


def bounded_providers(smtp: peers.SmtpServer, smsc: peers.Smsc) -> dict[str, str]:
    return {"SMTP_URL": f"{smtp.url}&connections={CONNECTIONS}", "SMPP_URL": f"{smsc.url}?window={WINDOW}"}


def with_slack(promised_s: float) -> float:
    """Half as much again; more where more wants to run than there are cores, since the clock on the wall goes on for all."""
    return promised_s * 1.5 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


class Split:
    """One process per service, two of them email-service."""

    def __init__(self, start: Callable[..., Vestnik], directory: pathlib.Path, **common: str):
        self.common = common
        self.processes = [
            start(role, wait=False, directory=directory / f"{number}-{role}", **common) for number, role in enumerate(ROLES)
        ]
        for process in self.processes:
            process.wait_ready(PATIENCE_S)

    def one(self, role: str) -> Vestnik:
        return next(process for process in self.processes if process.role == role)

    def all(self, role: str) -> list[Vestnik]:
        return [process for process in self.processes if process.role == role]

    def wait_ready(self, seconds: float = PATIENCE_S) -> None:
        for process in self.processes:
            process.wait_ready(seconds)

    def alive(self) -> None:
        for process in self.processes:
            assert process.process.poll() is None, f"{process.role} ended with {process.process.returncode}:\n{process.log()[-4000:]}"

    def stop(self) -> None:
        """All at once; each ends well."""
        statuses: dict[str, int] = {}
        threads = [
            threading.Thread(target=lambda p=process, n=number: statuses.update({f"{n}-{p.role}": p.stop()}))
            for number, process in enumerate(self.processes)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(statuses.values()) == {0} and len(statuses) == len(self.processes), statuses


def ledger_of(url: str) -> str:
    """What PostgreSQL holds that is not finished: for a failure's message."""
    queries = [
        "SELECT encode(id,'escape'), channel, partition, epoch, state, attempt, to_timestamp(due_at/1e6), to_timestamp(updated_at/1e6), op FROM ledger WHERE state IN (0, 1) LIMIT 20",
        "SELECT seq, channel, partition, op, encode(step_id, 'escape') FROM outbox LIMIT 20",
        "SELECT * FROM ledger_owners",
    ]
    command = ["psql", url, "-X", *(part for query in queries for part in ("-c", query))]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, env=dict(os.environ)).stdout
