"""What the figures were measured on and with."""

import datetime
import os
import pathlib
import platform
import re
import subprocess


def _first_line(*command: str) -> str:
    """The first line that a command prints, of either kind; empty: it isn't there."""
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=30)
    except FileNotFoundError:
        return ""
    return (result.stdout.strip() or result.stderr.strip()).partition("\n")[0].strip()


def _cpu() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found.group(1) if found else platform.machine()


def _memory_gib() -> float:
    found = re.search(r"^MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text(), re.MULTILINE)
    return int(found.group(1)) / 1024 / 1024


def _debian(package: str) -> str:
    return _first_line("dpkg-query", "-W", "-f", "${Version}", package)


def describe(binary: pathlib.Path, project: pathlib.Path, broker: str) -> dict[str, str]:
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "cpu": f"{os.cpu_count()} × {_cpu()}",
        "memory": f"{_memory_gib():.0f} GiB",
        "system": f"{platform.system()} {platform.release()}, {_first_line('sh', '-c', '. /etc/os-release; echo $PRETTY_NAME')}",
        "vestnik": f"{_first_line(str(binary), 'version')}, {_first_line('git', '-C', str(project), 'describe', '--always', '--dirty')}",
        "kafka": broker,
        "postgresql": _debian("postgresql-15"),
        "nginx": _first_line("nginx", "-v").removeprefix("nginx version: "),
        "go": _first_line("go", "version"),
        "wrk": _debian("wrk"),
        "postfix": _debian("postfix"),
        "kannel": _debian("kannel"),
    }
