"""Clients that register users all the time and write down what they were told."""

import random
import threading
import time
from typing import NamedTuple

from vestnik import Vestnik

PAUSE_AFTER_REFUSAL_S = 0.05


class User(NamedTuple):
    email: str
    phone: str
    name: str


def user(number: int) -> User:
    return User(f"user.{number:06}@example.org", f"+7912{number:07}", f"Name {number}")


class Load:
    """A bounded number of clients, each with one request at a time and a pace of its own. Of those who get no answer or a
    503, half ask again with the same words until they are answered 200 (I2), the others go away."""

    def __init__(self, server: Vestnik, rng: random.Random, clients: int = 4, pace_s: float = 0.02, timeout_s: float = 5):
        self.server, self.clients, self.pace_s, self.timeout_s = server, clients, pace_s, timeout_s
        self._rng = rng
        self._lock = threading.Lock()
        self._accepted: dict[str, User] = {}
        self._given_up: list[User] = []
        self._number = 0
        self._stop = threading.Event()
        self._broken: list[BaseException] = []
        self.statuses: dict[int, int] = {}  # 0: no answer
        self.slowest_refusal_s = 0.0
        self._threads: list[threading.Thread] = []

    def accepted(self) -> dict[str, User]:
        with self._lock:
            return dict(self._accepted)

    def attempted(self) -> dict[str, set[str]]:
        """Contacts of those who were never told 200: the system may know them all the same."""
        with self._lock:
            return {"unanswered": {u.email for u in self._given_up}, "unanswered phones": {u.phone for u in self._given_up}}

    def know_of(self, others: list[User]) -> None:
        """Users whom the test itself tried to register, and who count as those who were never told 200."""
        with self._lock:
            self._given_up += others

    def __enter__(self) -> "Load":
        self._threads = [threading.Thread(target=self._client, daemon=True) for _ in range(self.clients)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(self.timeout_s + 5)
            assert not thread.is_alive(), "a client hangs"
        self._threads = []
        if self._broken:
            raise self._broken[0]

    def _client(self) -> None:
        try:
            while not self._stop.is_set():
                self._one()
                self._stop.wait(self.pace_s)
        except BaseException as error:
            self._broken.append(error)

    def _one(self) -> None:
        with self._lock:
            self._number += 1
            who = user(self._number)
            patient = self._rng.random() < 0.5
        while True:
            began = time.monotonic()
            try:
                answer = self.server.register(timeout=self.timeout_s, email=who.email, phone=who.phone, name=who.name)
                status = answer.status
            except OSError:
                status = 0
            with self._lock:
                self.statuses[status] = self.statuses.get(status, 0) + 1
                if status == 200:
                    user_id = answer.json["user_id"]
                    assert user_id not in self._accepted, f"{user_id} was given to two users"
                    self._accepted[user_id] = who
                    return
                assert status in (0, 429, 503), answer
                if status:
                    self.slowest_refusal_s = max(self.slowest_refusal_s, time.monotonic() - began)
                    assert b"user_" not in answer.body, "a refusal with an id reads like a success"
                if not patient or self._stop.is_set():
                    self._given_up.append(who)
                    return
            self._stop.wait(PAUSE_AFTER_REFUSAL_S)
