"""The real binary as a test sees it: started with an environment, spoken to over HTTP, stopped or killed."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from typing import Any, Callable, NamedTuple

from ports import free_port

PROJECT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("VESTNIK_BINARY", PROJECT / "build/release/vestnik"))
READY_S = 30
STOP_S = 40


class Answer(NamedTuple):
    status: int
    body: bytes
    headers: dict[str, str]  # names lower-case

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def wait_until(condition: Callable[[], Any], seconds: float, what: str | Callable[[], str]) -> Any:
    """The first true value of `condition`, asked every 50 ms."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.05)


def environment(**variables: str) -> dict[str, str]:
    """Nothing of the caller's but where programs are: a test says all that the process is to know."""
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "ENVIRONMENT": "test"} | variables


def run(*arguments: str, timeout: float = 20, cwd: pathlib.Path | None = None, **variables: str) -> subprocess.CompletedProcess:
    """The binary, run to its end."""
    return subprocess.run(
        [BINARY, *arguments],
        env=environment(**variables),
        cwd=cwd or tempfile.gettempdir(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
    )


class Vestnik:
    """One process, `vestnik serve [role]`. `variables` are its environment; the port is chosen here."""

    def __init__(self, directory: pathlib.Path, role: str = "", **variables: str):
        self.directory = directory
        self.role = role
        self.port = free_port()
        self.variables = {"PORT": str(self.port), "VESTNIK_DATA_DIR": str(directory / "data")} | variables
        self.log_file = directory / f"{role or 'vestnik'}-{self.port}.log"
        self.process: subprocess.Popen | None = None

    # --- life ---

    def start(self, wait: bool = True) -> "Vestnik":
        self.directory.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [BINARY, "serve", *([self.role] if self.role else [])],
                env=environment(**self.variables),
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self, seconds: float = READY_S) -> None:
        def ready() -> bool:
            assert self.process.poll() is None, f"ended with {self.process.returncode} instead of starting:\n{self.log()}"
            with contextlib.suppress(OSError):
                return self.get("/readyz", timeout=2).status == 200
            return False

        wait_until(ready, seconds, lambda: f"/readyz is 200\n{self.log()[-4000:]}")

    def stop(self, seconds: float = STOP_S) -> int:
        """SIGTERM; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"not stopped within {seconds} s after SIGTERM:\n{self.log()[-4000:]}") from None

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> "Vestnik":
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self.process and self.process.poll() is None:
            self.kill()

    def log(self) -> str:
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    # --- HTTP ---

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None, timeout: float = 10
    ) -> Answer:
        request = urllib.request.Request(self.address + path, body, headers or {}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return Answer(answer.status, answer.read(), {k.lower(): v for k, v in answer.headers.items()})
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read(), {k.lower(): v for k, v in error.headers.items()})

    def get(self, path: str, **options: Any) -> Answer:
        return self.request("GET", path, **options)

    def register(self, timeout: float = 10, **user: Any) -> Answer:
        return self.request(
            "POST", "/register", json.dumps(user).encode(), {"Content-Type": "application/json"}, timeout=timeout
        )

    def notifications(self, user_id: str) -> list[dict]:
        answer = self.get(f"/v1/notifications?user_id={user_id}")
        assert answer.status == 200, answer
        return answer.json["notifications"]

    def notification(self, notification_id: str) -> dict:
        answer = self.get(f"/v1/notifications/{notification_id}")
        assert answer.status == 200, answer
        return answer.json

    def wait_settled(self, user_id: str, states: tuple[str, ...] = ("sent", "delivered"), count: int = 2, seconds: float = 15) -> list[dict]:
        """The user's notifications (without those skipped for want of a contact) once there are `count`, each in `states`."""
        seen: list[dict] = []

        def settled() -> list[dict] | None:
            seen[:] = [n for n in self.notifications(user_id) if n["state"] != "skipped"]
            return seen if len(seen) == count and all(n["state"] in states for n in seen) else None

        return wait_until(settled, seconds, lambda: f"{count} notifications in {states}: {seen}")
