"""Dead letters and in doubt as a person meets them: `vestnik deliveries` and /v1/deliveries, with a real mail server."""

import json
import os
import pathlib
import pty
import select
import subprocess
import time
import uuid

import peers
import pytest
from ports import free_port
from vestnik import BINARY, Vestnik, environment, run, wait_until

DEADLINE_S = 20


def fresh_email(domain: str = "example.org") -> str:
    return f"user.{uuid.uuid4().hex[:12]}@{domain}"


class System:
    """A Vestnik whose mail server can be replaced by another on the same port."""

    def __init__(self, start, directory: pathlib.Path, *rules: str, **variables: str):
        self.directory = directory
        self.port = free_port()
        self.smtp = self.mail_server(*rules)
        self.server: Vestnik = start(
            SMTP_URL=f"smtp://127.0.0.1:{self.port}?tls=never",
            EMAIL_FROM="Vestnik <no-reply@example.com>",
            VESTNIK_RETRY_BACKOFF_BASE="100ms",
            **variables,
        )

    def mail_server(self, *rules: str) -> peers.SmtpServer:
        on = [word for rule in rules for word in ("--on", *rule.split(" ", 2))]
        return peers.SmtpServer(self.directory, "--port", str(self.port), *on)

    def replace_mail_server(self, *rules: str) -> None:
        self.smtp.peer.stop()
        self.smtp = self.mail_server(*rules)

    def register(self, email: str) -> str:
        """The id of the e-mail that follows."""
        user = self.server.register(email=email).json["user_id"]
        planned = lambda: [n["notification_id"] for n in self.server.notifications(user) if n["channel"] == "email"]
        return wait_until(planned, DEADLINE_S, "the e-mail is planned")[0]

    def delivery(self, notification: str) -> dict:
        answer = self.server.get(f"/v1/deliveries/{notification}")
        return answer.json if answer.status == 200 else {"state": "unknown"}

    def wait(self, notification: str, state: str) -> dict:
        seen: dict = {}

        def there() -> bool:
            seen.update(self.delivery(notification))
            return seen["state"] == state

        wait_until(there, DEADLINE_S, lambda: f"{state}: {seen}")
        return seen

    def registered(self, count: int, state: str, domain: str = "example.org") -> list[str]:
        ids = [self.register(fresh_email(domain)) for _ in range(count)]
        for notification in ids:
            self.wait(notification, state)
        return ids

    def post(self, path: str, **body) -> tuple[int, dict]:
        answer = self.server.request(
            "POST", f"/v1/deliveries/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        return answer.status, answer.json

    def command(self, *arguments: str) -> subprocess.CompletedProcess:
        return run("deliveries", *arguments, PORT=str(self.server.port))

    def listed(self, *arguments: str) -> list[dict]:
        result = self.command("list", "--json", *arguments)
        assert result.returncode == 0, result.stderr
        return [json.loads(line) for line in result.stdout.splitlines()]

    def delivered_to(self) -> list[str]:
        return [address for recipients, _ in self.smtp.emails() for address in recipients]


@pytest.fixture(params=["embedded", "postgresql"])
def variables(request, tmp_path):
    if request.param == "embedded":
        yield {}
    else:
        with peers.postgres(tmp_path) as database:
            yield {"DATABASE_URL": database.ready}


NO_SUCH_USER = "rcpt *@example.org 550 5.1.1 no such user here"


def test_a_dead_letter_is_seen_retried_and_delivered(start, tmp_path, variables):
    system = System(start, tmp_path, NO_SUCH_USER, **variables)
    address = fresh_email()
    dead = system.register(address)
    system.wait(dead, "dead")

    (listed,) = system.listed()
    assert listed["notification_id"] == dead and listed["state"] == "dead" and listed["attempt"] == 1
    assert listed["provider"] == "smtp" and "550" in listed["answer"] and "no such user here" in listed["answer"]
    assert "to" not in listed and "text" not in listed
    table = system.command("list").stdout.splitlines()
    assert table[0].split()[:4] == ["ID", "CHANNEL", "STATE", "ATTEMPTS"]
    assert table[1].split()[:4] == [dead, "email", "dead", "1"] and "no such user here" in table[1]
    shown = system.command("show", dead).stdout
    assert address in shown and "no such user here" in shown and "Timeline" in shown

    system.replace_mail_server()
    started = time.monotonic()
    retried = system.command("retry", dead, "--reason", "mailbox opened")
    assert (retried.returncode, retried.stdout.split()) == (0, [dead, "pending"]), retried
    system.wait(dead, "sent")
    # The engine is told: it doesn't wait for its next look at the ledger, half a minute away.
    assert time.monotonic() - started < 10
    assert system.delivered_to() == [address]
    assert system.listed() == []
    sent = system.delivery(dead)
    assert sent["attempt"] == 2 and sent["retried_after"] == 1 and "to" not in sent
    wait_until(lambda: system.server.notification(dead)["state"] == "sent", DEADLINE_S, "the timeline has it")
    steps = [(step["what"], step.get("answer")) for step in system.server.notification(dead)["timeline"]]
    assert ("retried", "mailbox opened") in steps
    assert "mailbox opened" in system.command("show", dead).stdout

    # It can't be sent a second time by mistake.
    again = system.command("retry", dead)
    assert again.returncode == 1 and dead in again.stderr and "sent" in again.stderr
    status, problem = system.post(f"{dead}/retry")
    assert (status, problem["state"]) == (409, "sent")
    assert system.server.stop() == 0
    assert system.delivered_to() == [address]


def test_what_is_discarded_stays_so_and_its_content_goes(start, tmp_path, variables):
    system = System(start, tmp_path, NO_SUCH_USER, **variables)
    first, second = system.registered(2, "dead")
    assert system.command("discard", first, "--reason", "closed").returncode == 0
    assert system.delivery(first)["state"] == "discarded" and "to" not in system.delivery(first)
    wait_until(lambda: system.server.notification(first)["state"] == "discarded", DEADLINE_S, "the timeline has it")
    mixed = system.command("retry", first, second, str(uuid.uuid4()))
    assert mixed.returncode == 1 and len(mixed.stderr.splitlines()) == 2, mixed
    assert mixed.stdout.split() == [second, "pending"]


def test_filters_and_pages(start, tmp_path, variables):
    system = System(start, tmp_path, NO_SUCH_USER, "rcpt *@example.net 554 5.7.1 not welcome", **variables)
    unknown = system.registered(5, "dead")
    unwelcome = system.registered(2, "dead", "example.net")
    everything = unknown + unwelcome
    ids = lambda *arguments: [d["notification_id"] for d in system.listed(*arguments)]
    assert ids("--limit", "0") == everything[::-1]
    assert ids("--answer", "not welcome") == unwelcome[::-1]
    assert ids("--state", "in_doubt") == [] and ids("--channel", "sms") == [] and ids("--provider", "smpp") == []
    assert ids("--provider", "smtp", "--category", "transactional", "--channel", "email") == everything[::-1]
    assert ids("--updated-from", "1h") == everything[::-1] and ids("--updated-before", "1h") == []
    assert ids("--user", system.delivery(unknown[0])["user_id"]) == unknown[:1]
    assert ids("--limit", "3") == everything[::-1][:3]

    pages, cursor = [], ""
    while True:
        page = system.server.get(f"/v1/deliveries?limit=3{cursor}").json
        pages += [d["notification_id"] for d in page["deliveries"]]
        if "next" not in page:
            break
        cursor = "&cursor=" + page["next"]
    assert pages == everything[::-1]


def test_many_are_retried_by_a_filter_and_only_those(start, tmp_path, variables):
    system = System(start, tmp_path, NO_SUCH_USER, "rcpt *@example.net 554 5.7.1 not welcome", **variables)
    unknown = system.registered(6, "dead")
    unwelcome = system.registered(2, "dead", "example.net")
    system.replace_mail_server()

    asked = system.command("retry", "--answer", "no such user")
    assert asked.returncode == 2 and "6 deliveries match" in asked.stderr and "--yes" in asked.stderr, asked
    assert system.listed("--state", "pending,sending,sent") == []
    few = system.command("retry", "--answer", "no such user", "--limit", "2", "--yes")
    assert (few.returncode, few.stdout) == (0, "2 retried\n"), few
    rest = system.command("retry", "--answer", "no such user", "--yes", "--json")
    assert json.loads(rest.stdout) == {"done": 4, "refused": []}, rest
    for notification in unknown:
        system.wait(notification, "sent")
    assert len(system.delivered_to()) == 6
    assert {system.delivery(n)["state"] for n in unwelcome} == {"dead"}

    discarded = system.command("discard", "--provider", "smtp", "--yes")
    assert (discarded.returncode, discarded.stdout) == (0, "2 discarded\n"), discarded
    assert system.listed() == []
    assert system.server.stop() == 0
    assert len(system.delivered_to()) == 6


def test_in_doubt_is_resolved_each_way(start, tmp_path, variables):
    # Taken, and the connection ends without a word.
    system = System(start, tmp_path, "message * close", VESTNIK_CATEGORIES="transactional in_doubt=hold", **variables)
    sent, resend, discarded = system.registered(3, "in_doubt")
    assert len(system.listed("--state", "in_doubt")) == 3
    assert system.command("retry", "--state", "dead", "--yes").returncode == 0
    system.replace_mail_server()
    for notification, decision in ((sent, "sent"), (resend, "resend"), (discarded, "discarded")):
        result = system.command("resolve", notification, "--as", decision, "--reason", "seen in its log")
        assert result.returncode == 0, result
    system.wait(resend, "sent")
    assert system.delivery(sent)["state"] == "sent" and system.delivery(discarded)["state"] == "discarded"
    again = system.command("resolve", sent, "--as", "resend")
    assert again.returncode == 1 and "in_doubt" in again.stderr
    assert system.command("resolve", sent, "--as", "lost").returncode == 2
    assert system.command("resolve", sent).returncode == 2


def test_on_a_terminal_it_asks_and_shows_how_far_it_is(start, tmp_path):
    system = System(start, tmp_path, NO_SUCH_USER)
    dead = system.registered(2, "dead")

    def on_a_terminal(answer: bytes) -> tuple[int, str]:
        terminal, side = pty.openpty()
        process = subprocess.Popen(
            [BINARY, "deliveries", "discard", "--answer", "no such user"],
            env=environment(PORT=str(system.server.port)),
            stdin=side,
            stdout=side,
            stderr=side,
        )
        os.close(side)
        output = b""
        while select.select([terminal], [], [], DEADLINE_S)[0]:
            try:
                output += os.read(terminal, 4096)
            except OSError:  # its last writer has gone
                break
            if output.endswith(b"[y/N] "):
                os.write(terminal, answer)
        os.close(terminal)
        return process.wait(DEADLINE_S), output.decode()

    code, said = on_a_terminal(b"n\n")
    assert code == 0 and "2 deliveries match" in said and "Nothing was done" in said
    assert {system.delivery(n)["state"] for n in dead} == {"dead"}
    code, said = on_a_terminal(b"y\n")
    assert code == 0 and "discarded 2 of 2" in said and "2 discarded" in said
    assert {system.delivery(n)["state"] for n in dead} == {"discarded"}


def test_an_answer_can_not_drive_the_terminal(start, tmp_path):
    system = System(start, tmp_path, "rcpt * 550 5.1.1 \x1b]0;owned\x07 no")
    system.registered(1, "dead")
    for arguments in (("list",), ("show", system.listed()[0]["notification_id"])):
        assert "\x1b" not in system.command(*arguments).stdout


KEY = "0123456789abcdef0123456789abcdef"


def test_the_api_key_comes_from_the_environment_or_a_file(start, tmp_path):
    server = start(VESTNIK_API_KEYS=KEY)
    at = {"PORT": str(server.port)}
    without = run("deliveries", "list", **at)
    assert without.returncode == 2 and "VESTNIK_API_KEYS" in without.stderr and "--api-key-file" in without.stderr
    assert run("deliveries", "list", **at, VESTNIK_API_KEYS=KEY).returncode == 0
    file = tmp_path / "key"
    file.write_text(KEY + "\n")
    assert run("deliveries", "list", "--api-key-file", str(file), **at).returncode == 0
    assert run("deliveries", "list", "--url", server.address, "--api-key-file", str(file)).returncode == 0
    file.write_text("another-key-that-is-not-known")
    wrong = run("deliveries", "list", "--api-key-file", str(file), **at)
    assert wrong.returncode == 2 and "another-key" not in wrong.stderr
    file.write_text("two\nkeys")
    assert run("deliveries", "list", "--api-key-file", str(file), **at).returncode == 2
    assert KEY not in server.log()


def test_a_system_that_is_not_there():
    port = free_port()
    for arguments in (["list"], ["show", "x"], ["retry", "x"], ["discard", "--state", "dead"]):
        result = run("deliveries", *arguments, PORT=str(port))
        assert result.returncode == 3, result
        assert f"http://127.0.0.1:{port}" in result.stderr and "vestnik serve" in result.stderr, result.stderr


def test_what_answers_there_is_something_else(tmp_path):
    with peers.SmtpServer(tmp_path).peer as smtp:
        result = run("deliveries", "list", "--url", f"http://127.0.0.1:{smtp.ready}")
    assert result.returncode == 3 and "--url" in result.stderr, result


def test_a_process_without_the_routes(start, kafka):
    server = start("user-service", KAFKA_BROKERS=peers.brokers(kafka), DATABASE_URL="sqlite:")
    result = run("deliveries", "list", "--url", server.address)
    assert result.returncode == 3 and "analytics-service" in result.stderr, result


def test_a_store_that_is_away_is_no_success(start, tmp_path):
    with peers.postgres(tmp_path) as database:
        server = start(DATABASE_URL=database.ready)
        assert run("deliveries", "list", "--url", server.address).returncode == 0
    result = run("deliveries", "list", "--url", server.address, timeout=60)
    assert result.returncode == 3 and "again" in result.stderr, result


def test_called_wrongly(server):
    at = {"PORT": str(server.port)}
    for arguments in (
        [],
        ["retry"],
        ["discard", "--yes"],
        ["retry", "some-id", "--state", "dead"],
        ["retry", "--state", "sent", "--yes"],
        ["list", "--state", "gone"],
        ["list", "--updated-from", "yesterday"],
        ["list", "--limit", "-1"],
        ["list", "--url", "localhost:8080"],
        ["list", "--api-key-file", "/nowhere"],
        ["resolve", "some-id", "--as", "lost"],
    ):
        result = run("deliveries", *arguments, **at)
        assert result.returncode == 2 and result.stderr, (arguments, result)
    unknown = run("deliveries", "show", "some-id", **at)
    assert unknown.returncode == 1 and "some-id" in unknown.stderr
    for command in ([], ["list"], ["show"], ["retry"], ["discard"], ["resolve"]):
        result = run("deliveries", *command, "--help")
        assert result.returncode == 0 and "Example" in result.stdout, command
