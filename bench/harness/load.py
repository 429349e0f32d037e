"""The programs that make load and take what is sent (bench/load), and how they are called."""

import json
import os
import pathlib
import subprocess

PROJECT = pathlib.Path(__file__).resolve().parents[2]
TOOLS = PROJECT / "build/release/bench"


def _last_json(output: str) -> dict:
    return json.loads(output.strip().splitlines()[-1])


def wrk(url: str, connections: int, seconds: float, seed: str, script: str = "register.lua") -> dict:
    """Closed loop: each connection sends its next request when it has its answer."""
    threads = min(2, connections)
    result = subprocess.run(
        ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds:g}s", "--latency", "--timeout", "10s",
         "-s", PROJECT / "bench/load" / script, url],
        env=os.environ | {"SEED": seed}, capture_output=True, text=True, check=True)
    return _last_json(result.stdout)


def tool(name: str, *arguments: object) -> dict:
    """Runs a tool of bench/load to its end; the JSON of its last line."""
    result = subprocess.run([TOOLS / name, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if result.returncode != 0:
        raise RuntimeError(f"{name} {arguments}: {result.stderr or result.stdout}")
    return _last_json(result.stdout)


class Sink:
    """`bench-smtp-sink` or `bench-smpp-sink`: takes all that comes and can say how much that was."""

    def __init__(self, name: str, *arguments: object):
        self.process = subprocess.Popen([TOOLS / name, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        word, _, port = self.process.stdout.readline().partition(" ")
        if word != "port":
            raise RuntimeError(f"{name} did not start")
        self.port = int(port)

    def _counters(self) -> dict:
        self.process.stdin.write("count\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def count(self) -> int:
        return self._counters()["messages"]

    def rate(self) -> float:
        """A second, from the first message to the last."""
        counters = self._counters()
        return counters["messages"] / counters["seconds_first_to_last"]

    def pids(self) -> list[int]:
        return [self.process.pid]

    def __enter__(self) -> "Sink":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stdin.close()
        self.process.stdout.read()
        self.process.wait(20)


def records(file: pathlib.Path) -> list[list[str]]:
    """The lines of a --record file, split."""
    return [line.split() for line in file.read_text().splitlines()]
