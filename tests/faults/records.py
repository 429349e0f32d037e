"""What the receivers wrote down, read as it grows, and compared with what clients were told and with what the API says."""

import bisect
import collections
import concurrent.futures
import email.parser
import json
import pathlib
from typing import Any, Callable, Hashable, Iterable, NamedTuple

import peers
from load import Load, User
from system import CONNECTIONS, WINDOW
from vestnik import Vestnik, wait_until

READERS = 4
# Not "in_doubt": the category's rule is to send again, so it passes.
FINAL = {"sent", "delivered", "bounced", "dead", "expired", "suppressed", "discarded", "skipped"}


class Lines:
    """A file of JSON lines that another process appends to."""

    def __init__(self, path: pathlib.Path, keep: Callable[[dict], Any]):
        self.path, self.keep = path, keep
        self.items: list[Any] = []
        self._at = 0

    def read(self) -> list[Any]:
        if self.path.exists():
            with self.path.open("rb") as file:
                file.seek(self._at)
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    self._at += len(line)
                    self.items.append(self.keep(json.loads(line)))
        return self.items


class Email(NamedTuple):
    notification_id: str
    to: str
    subject: str
    answer: str
    began_at: float


class Sms(NamedTuple):
    phone: str
    text: str
    answered: bool
    link: int
    at: float


def _email(entry: dict) -> Email:
    headers = {name.lower(): value for name, value in entry["headers"]}
    notification_id = headers["message-id"].strip("<> ").rpartition("@")[0]
    return Email(notification_id, entry["rcpt_to"][0], headers["subject"], entry["answer"], entry["began_at"])


def _sms(entry: dict) -> Sms:
    assert not entry["concatenation"], "the texts of these tests fit into one part"
    return Sms("+" + entry["destination"].removeprefix("+"), entry["text"], entry["answered"], entry["link"], entry["at"])


class Receivers:
    """The mail server's and the SMS centre's own records."""

    def __init__(self, smtp: peers.SmtpServer, smsc: peers.Smsc | None = None):
        self._emails = Lines(smtp.record, _email)
        self._sms = Lines(smsc.record, _sms) if smsc else None

    def emails(self) -> list[Email]:
        """Those that the server took (or may have taken, having said nothing): refused ones are no delivery."""
        return [e for e in self._emails.read() if e.answer.startswith("2") or e.answer == "none"]

    def sms(self) -> list[Sms]:
        return self._sms.read() if self._sms else []

    def counts(self) -> tuple[int, int]:
        return len(self._emails.read()), len(self.sms())

    def email_copies(self) -> int:
        """Beyond the first of each notification."""
        return sum(n - 1 for n in collections.Counter(e.notification_id for e in self.emails()).values())

    def sms_copies(self) -> int:
        return sum(n - 1 for n in collections.Counter((s.phone, s.text) for s in self.sms()).values())


class Views:
    """What the API says of every accepted user's notifications, once each of them is in a final state."""

    def __init__(self, reader: Vestnik, users: dict[str, User], count: int, seconds: float, final: set[str] | None = None):
        self.reader = reader
        self.by_user: dict[str, list[dict]] = {}
        waiting = set(users)

        def look(user_id: str) -> tuple[str, list[dict]]:
            return user_id, reader.notifications(user_id)

        def all_final() -> bool:
            for user_id, found in pool.map(look, sorted(waiting)):
                self.by_user[user_id] = found
                if len(found) == count and all(n["state"] in (final or FINAL) for n in found):
                    waiting.discard(user_id)
            return not waiting

        def what() -> str:
            some = {user_id: [(n["channel"], n["state"]) for n in self.by_user.get(user_id, [])] for user_id in sorted(waiting)[:5]}
            return f"every accepted id in a final state: {len(waiting)} of {len(users)} users are not, such as {some}"

        with concurrent.futures.ThreadPoolExecutor(READERS) as pool:
            wait_until(all_final, seconds, what)

    def of(self, channel: str) -> list[dict]:
        return [n for found in self.by_user.values() for n in found if n["channel"] == channel]

    def states(self, channel: str) -> collections.Counter:
        return collections.Counter(n["state"] for n in self.of(channel))

    def timelines(self, users: list[str]) -> list[list[dict]]:
        """The full views, timelines included, of each of these users."""

        def whole(user_id: str) -> list[dict]:
            return [self.reader.notification(n["notification_id"]) for n in self.by_user[user_id]]

        with concurrent.futures.ThreadPoolExecutor(READERS) as pool:
            return list(pool.map(whole, users))


def check_nothing_is_lost(views: Views, load: Load, receivers: Receivers, emails: int = 1, sms: int = 1) -> None:
    """I1 and I2 as sets: what clients were told, what the API says, what the receivers have. `emails`, `sms`: how many of
    each a user gets."""
    accepted = load.accepted()
    assert set(views.by_user) == set(accepted)
    for user_id, found in views.by_user.items():
        channels = collections.Counter(n["channel"] for n in found)
        assert channels == collections.Counter({"email": emails, "sms": sms}), (user_id, found)
    for channel in ("email", "sms"):
        assert set(views.states(channel)) <= {"sent", "delivered"}, views.states(channel)

    told = {n["notification_id"] for n in views.of("email")}
    received = {e.notification_id for e in receivers.emails()}
    assert told <= received, f"{len(told - received)} e-mails that the API calls sent were never received: {sorted(told - received)[:5]}"
    attempted = load.attempted()
    strangers = {e.to for e in receivers.emails() if e.notification_id not in told} - attempted["unanswered"]
    assert not strangers, f"e-mails for nobody who could have been accepted: {sorted(strangers)[:5]}"

    phones = collections.Counter(phone for phone, _ in {(s.phone, s.text) for s in receivers.sms()})
    lost = [user.phone for user in accepted.values() if phones[user.phone] != sms]
    assert not lost, f"{len(lost)} users without their {sms} SMS: {lost[:5]}"
    strangers = set(phones) - {user.phone for user in accepted.values()} - attempted["unanswered phones"]
    assert not strangers, f"SMS for nobody who could have been accepted: {sorted(strangers)[:5]}"


def copies_of_each_crash(handed_over: Iterable[tuple[Hashable, float]], restarts: list[float]) -> list[int]:
    """A copy is the work of the crash that left what went before it in doubt: the next one after that was handed over."""
    times = collections.defaultdict(list)
    for message, at in handed_over:
        times[message].append(at)
    copies = [0] * len(restarts)
    for message, of_message in times.items():
        for at in sorted(of_message)[:-1]:
            crash = bisect.bisect_left(restarts, at)
            assert crash < len(restarts), f"I3: a copy of {message} that no crash explains"
            copies[crash] += 1
    return copies


def check_copies(receivers: Receivers, email_restarts: list[float], sms_restarts: list[float]) -> None:
    """I3: each crash of who sends them makes one copy for each connection and each place in the window, no more. It is known
    by the time of the restart after it."""
    emails = copies_of_each_crash(((e.notification_id, e.began_at) for e in receivers.emails()), email_restarts)
    sms = copies_of_each_crash((((s.phone, s.text), s.at) for s in receivers.sms()), sms_restarts)
    said = f"copies of each crash: e-mails {emails}, at most {CONNECTIONS}; SMS {sms}, at most {WINDOW}"
    print(said)
    assert max(emails, default=0) <= CONNECTIONS and max(sms, default=0) <= WINDOW, f"I3: {said}"


def check_order(views: Views, users: list[str]) -> None:
    """I4: one user's first attempts on one channel begin in the order of the workflow's steps, one after the other."""
    for found in views.timelines(users):
        for channel in ("email", "sms"):
            begun = []
            for view in found:
                if view["channel"] == channel:
                    (first,) = [e["at"] for e in view["timeline"] if e["what"] == "sending" and e["attempt"] == 1]
                    begun.append((first, view["template"]))
            templates = [template for _, template in sorted(begun)]
            assert templates == sorted(templates), f"first attempts out of order: {sorted(begun)}"
