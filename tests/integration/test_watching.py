"""Commands that look back and along: `vestnik stats` over time, `vestnik tail`, `vestnik analytics rebuild`."""

import contextlib
import json
import re
import subprocess
import threading

import peers
import pytest
from test_commands import DEADLINE_S, PHONE, fresh_email, on_a_terminal
from vestnik import BINARY, Vestnik, environment, run, wait_until


@pytest.fixture(scope="module")
def at(server) -> dict[str, str]:
    return {"PORT": str(server.port)}


def send(at: dict[str, str], *more: str) -> dict:
    result = run("send", "--email", fresh_email(), *more, "--wait", "--json", **at)
    assert result.returncode == 0, result
    return json.loads(result.stdout)


# --- stats ---


def test_stats_of_a_range(server, at):
    send(at, "--phone", PHONE)
    grouped = run("stats", "--from", "1h", "--step", "minute", "--group-by", "channel", "--by-time", **at)
    assert grouped.returncode == 0, grouped
    lines = grouped.stdout.splitlines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d to \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, by the minute", lines[0])
    assert any(re.match(r"email +\d", line) for line in lines) and any(re.match(r"sms +\d", line) for line in lines)
    assert any(line.startswith("CHANNEL") and " SENT " in line for line in lines) and "Step by step" in lines
    answer = json.loads(run("stats", "--from", "1h", "--group-by", "channel", "--json", **at).stdout)
    assert answer["range"]["group_by"] == "channel" and sum(answer["range"]["accepted"]) >= 1
    only = json.loads(run("stats", "--channel", "sms", "--group-by", "channel", "--json", **at).stdout)
    assert [group["name"] for group in only["range"]["groups"]] == ["sms"]


def test_stats_asked_wrongly(server, at):
    for arguments in (["--step", "second"], ["--group-by", "colour"], ["--from", "yesterday"], ["--channel", "fax"], ["--from", "1h", "--to", "2h"]):
        result = run("stats", *arguments, **at)
        assert result.returncode == 2 and result.stderr, (arguments, result)


def test_the_most_frequent_errors(start, tmp_path):
    smtp = peers.SmtpServer(tmp_path, "--on", "rcpt", "*", "550 5.1.1 no such user here")
    with smtp.peer:
        server = start(SMTP_URL=smtp.url)
        at = {"PORT": str(server.port)}
        run("send", "--email", fresh_email(), "--wait", **at)
        errors = run("stats", "--from", "1h", **at).stdout.partition("Most frequent errors\n")[2].splitlines()
        assert errors[1].split() == ["1", "email", "dead", "550", "5.1.1"], errors


# --- tail ---


class Tail:
    def __init__(self, at: dict[str, str], *arguments: str):
        self.process = subprocess.Popen([BINARY, "tail", *arguments], env=environment(**at), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def until_it_ends(self, meanwhile) -> tuple[str, str]:
        """Nothing says when it listens, so something happens again and again until it has seen enough."""
        wait_until(lambda: meanwhile() and self.process.poll() is not None, DEADLINE_S, "tail has seen what it waits for")
        out, err = self.process.communicate(timeout=DEADLINE_S)
        assert self.process.returncode == 0, (out, err)
        return out, err

    def __enter__(self) -> "Tail":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


class Registering:
    """Somebody registers every 50 ms, whether the server is there or not."""

    def __init__(self, server: Vestnik):
        self.server, self.stop, self.registered = server, threading.Event(), 0
        self.thread = threading.Thread(target=self.run)

    def run(self) -> None:
        while not self.stop.wait(0.05):
            with contextlib.suppress(OSError):
                self.registered += self.server.register(email=fresh_email()).status == 200

    def wait_for_more(self) -> None:
        before = self.registered
        wait_until(lambda: self.registered > before, DEADLINE_S, "somebody registers")

    def __enter__(self) -> "Registering":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join()


def test_tail_shows_what_happens(server, at):
    with Tail(at, "--json", "--what", "sent", "--channel", "email", "--count", "3") as tail:
        out, _ = tail.until_it_ends(lambda: server.register(email=fresh_email(), phone=PHONE))
    steps = [json.loads(line) for line in out.splitlines()]
    assert len(steps) == 3 and {(step["what"], step["channel"], step["sandbox"]) for step in steps} == {("sent", "email", True)}
    assert server.notification(steps[0]["notification_id"])["state"] == "sent"
    with Tail(at, "--count", "1") as tail:
        out, _ = tail.until_it_ends(lambda: server.register(email=fresh_email()))
    assert re.match(r"\d\d:\d\d:\d\d\.\d{3}  \w+ ", out) and "\x1b" not in out, out


def test_tail_asked_wrongly(server, at):
    for arguments in (["--channel", "fax"], ["--what", "vanished"], ["--count", "0"]):
        result = run("tail", *arguments, **at)
        assert result.returncode == 2 and result.stderr, (arguments, result)


def test_tail_goes_on_after_a_restart(start):
    server = start()
    with Tail({"PORT": str(server.port)}, "--json", "--what", "accepted") as tail, Registering(server) as registering:
        first = json.loads(tail.process.stdout.readline())
        assert server.stop() == 0
        server.start()
        registering.wait_for_more()
        newest = server.register(email=fresh_email()).json["user_id"]
        seen = {first["user_id"]}
        while newest not in seen:
            # What is accepted while tail isn't connected isn't shown.
            newest = server.register(email=fresh_email()).json["user_id"]
            seen.add(json.loads(tail.process.stdout.readline())["user_id"])
        assert tail.process.poll() is None
        tail.process.kill()
        errors = tail.process.stderr.read()
    assert "is lost; trying again" in errors and "connected again" in errors


def test_tail_where_it_is_not_served(start, kafka):
    server = start("user-service", KAFKA_BROKERS=peers.brokers(kafka), DATABASE_URL="sqlite:")
    result = run("tail", "--url", server.address)
    assert result.returncode == 3 and "analytics-service" in result.stderr, result


# --- rebuild ---


def test_rebuild_leaves_everything_as_it_was(start):
    server = start()
    at = {"PORT": str(server.port)}
    sent = [send(at, "--phone", PHONE) for _ in range(3)]
    before = json.loads(run("stats", "--json", **at).stdout)
    rebuilt = run("analytics", "rebuild", **at)
    assert rebuilt.returncode == 0 and re.fullmatch(r"Rebuilt from [\d,]+ records in [\d.]+ s\.\n", rebuilt.stdout), rebuilt
    after = json.loads(run("stats", "--json", **at).stdout)
    assert before["events_accepted"] == after["events_accepted"] == 3
    assert {c: v["states"] for c, v in before["channels"].items()} == {c: v["states"] for c, v in after["channels"].items()}
    for one in sent:
        shown = run("status", one["user_id"], "--json", **at)
        assert [json.loads(line) for line in shown.stdout.splitlines()] == one["notifications"]
    state = json.loads(run("analytics", "rebuild", "--json", **at).stdout)
    assert state["state"] == "idle" and state["records_done"] == state["records_total"] > 0
    begun = run("analytics", "rebuild", "--no-wait", **at)
    assert begun.returncode == 0, begun
    code, seen = on_a_terminal("analytics", "rebuild", **at)
    assert code == 0 and "Rebuilt from" in seen, seen


def test_rebuild_where_it_is_not_served(start, kafka):
    server = start("user-service", KAFKA_BROKERS=peers.brokers(kafka), DATABASE_URL="sqlite:")
    result = run("analytics", "rebuild", "--url", server.address)
    assert result.returncode == 3 and "analytics-service" in result.stderr, result


# --- status by recipient ---


def test_status_of_a_recipient(start):
    server = start()
    at = {"PORT": str(server.port)}
    email = fresh_email()
    sent = json.loads(run("send", "--email", email, "--phone", PHONE, "--wait", "--json", **at).stdout)["notifications"]
    shown = run("status", email.upper(), "--json", **at)
    assert [json.loads(line) for line in shown.stdout.splitlines()] == [n for n in sent if n["channel"] == "email"]
    assert email not in run("status", email, **at).stdout, "the address is masked"
    for _ in range(6):
        send(at, "--phone", PHONE)
    many = run("status", PHONE, **at)
    assert many.returncode == 0 and len(many.stdout.splitlines()) == 8 and "Timeline" not in many.stdout, many
    assert run("status", fresh_email(), **at).returncode == 1
