"""What processes cost: CPU seconds and memory, read from /proc."""

import os
import pathlib
import time

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def _fields(pid: int) -> list[str]:
    # The command's name, in parentheses, may hold spaces.
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def tree(*roots: int) -> list[int]:
    """`roots` and all that descends from them, each once."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                children.setdefault(int(_fields(int(entry))[1]), []).append(int(entry))
            except (FileNotFoundError, ProcessLookupError):
                continue
    found, waiting = {}, list(roots)  # a dict, since it keeps the order
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found[pid] = None
            waiting += children.get(pid, [])
    return list(found)


def cpu_seconds(pids: list[int]) -> float:
    """User and system time so far, with that of children that have ended (cutime, cstime): Postfix's and PostgreSQL's come and
    go. Of a process that has ended itself, nothing."""
    total = 0
    for pid in pids:
        try:
            fields = _fields(pid)
            total += sum(map(int, fields[11:15]))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total / TICKS_PER_SECOND


def status_mib(pids: list[int], field: str) -> float:
    """Sum of a memory line of /proc/<pid>/status: VmHWM is the peak of what was resident, VmRSS what is."""
    total = 0
    for pid in pids:
        try:
            lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith(field + ":"))
    return total / 1024


def peak_mib(pids: list[int]) -> float:
    return status_mib(pids, "VmHWM")


class Meter:
    """CPU seconds of named groups of processes, and of what descends from them, between its start and now."""

    def __init__(self, **groups: list[int]):
        self.groups = groups
        self.before = {name: cpu_seconds(tree(*pids)) for name, pids in groups.items()}
        self.started = time.monotonic()

    def cpu(self, name: str) -> float:
        return cpu_seconds(tree(*self.groups[name])) - self.before[name]

    def seconds(self) -> float:
        return time.monotonic() - self.started
