"""What every table needs: how long to measure, where to work, and the system under measurement."""

import contextlib
import dataclasses
import pathlib
import re
import shutil
import sys
import tempfile
from typing import Iterator

PROJECT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(PROJECT / "tests/integration"), str(PROJECT / "tests/peers")]

from vestnik import Vestnik, wait_until  # noqa: E402  (the tests' way to start the real binary)


@dataclasses.dataclass
class Bench:
    rounds: int
    seconds: float  # of one measurement
    quick: bool
    work: pathlib.Path  # on a real disk: what is durable goes through its fsync

    def size(self, full: int, quick: int) -> int:
        return quick if self.quick else full

    @contextlib.contextmanager
    def directory(self) -> Iterator[pathlib.Path]:
        path = pathlib.Path(tempfile.mkdtemp(dir=self.work))
        path.chmod(0o755)  # started by root, PostgreSQL is another user and has its data below
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def seed(self) -> str:
        """New each time: no two measurements register the same users."""
        self._seed = getattr(self, "_seed", 0) + 1
        return f"s{self._seed}"


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def start(directory: pathlib.Path, role: str = "", **variables: str) -> Vestnik:
    """`vestnik serve [role]`, ready; a context manager, too."""
    if role and "DATABASE_URL" not in variables:
        variables["DATABASE_URL"] = "sqlite:"  # the only one on its file
    return Vestnik(directory, role, LOG_LEVEL="warning", **variables)


def metric(process: Vestnik, name: str, **labels: str) -> float:
    """The sum of a metric's lines that carry these labels."""
    total, text = 0.0, process.get("/metrics").body.decode()
    for line in re.finditer(rf"^{name}(?:\{{(.*)\}})? (\S+)$", text, re.MULTILINE):
        if all(f'{key}="{value}"' in (line[1] or "") for key, value in labels.items()):
            total += float(line[2])
    return total


__all__ = ["PROJECT", "Bench", "Vestnik", "metric", "say", "start", "wait_until"]
