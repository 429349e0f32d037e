"""The commands that people and scripts talk to a running system with: `vestnik send`, `status`, `stats`."""

import json
import os
import pty
import re
import select
import subprocess
import uuid

import peers
import pytest
from ports import free_port
from vestnik import BINARY, environment, run

DEADLINE_S = 20
PHONE = "+12025550123"


def fresh_email() -> str:
    return f"user.{uuid.uuid4().hex[:12]}@example.com"


def fresh_phone() -> str:
    return f"+1202555{uuid.uuid4().int % 10000:04}"


def on_a_terminal(*arguments: str, **variables: str) -> tuple[int, str]:
    """What a person sees; the terminal is 100 columns wide."""
    terminal, side = pty.openpty()
    subprocess.run(["stty", "cols", "100"], stdin=side, check=True)
    process = subprocess.Popen([BINARY, *arguments], env=environment(**({"TERM": "xterm"} | variables)), stdin=side, stdout=side, stderr=side)
    os.close(side)
    output = b""
    while select.select([terminal], [], [], DEADLINE_S)[0]:
        try:
            output += os.read(terminal, 4096)
        except OSError:  # its last writer has gone
            break
    os.close(terminal)
    return process.wait(DEADLINE_S), output.decode()


@pytest.fixture(scope="module")
def at(server) -> dict[str, str]:
    return {"PORT": str(server.port)}


# --- send ---


def test_send_and_wait_until_all_is_sent(server, at):
    result = run("send", "--email", fresh_email(), "--phone", PHONE, "--name", "Anna", "--wait", **at)
    assert result.returncode == 0, result
    registered, _, header, *rows = result.stdout.splitlines()
    assert re.fullmatch(r"Registered user_\S+", registered) and header.split()[:3] == ["ID", "CHANNEL", "STATE"]
    assert sorted(row.split()[1:3] for row in rows) == [["email", "sent,"], ["sms", "sent,"]]
    assert all("kept in the sandbox" in row for row in rows)


def test_send_for_programs(server, at):
    plain = json.loads(run("send", "--email", fresh_email(), "--json", **at).stdout)
    assert plain["user_id"].startswith("user_") and set(plain) == {"user_id"}
    waited = run("send", "--email", fresh_email(), "--wait", "--json", **at)
    assert waited.returncode == 0, waited
    states = {n["channel"]: n["state"] for n in json.loads(waited.stdout)["notifications"]}
    assert states == {"email": "sent", "sms": "skipped"}


def test_send_twice_is_one_user_and_nothing_new(server, at):
    who = ("--email", fresh_email(), "--wait", "--json")
    first, second = (json.loads(run("send", *who, **at).stdout) for _ in range(2))
    assert first == second


def test_send_says_when_it_was_not_delivered(start, tmp_path):
    smtp = peers.SmtpServer(tmp_path, "--on", "rcpt", "*", "550 5.1.1 no such user here")
    with smtp.peer:
        server = start(SMTP_URL=smtp.url)
        result = run("send", "--email", fresh_email(), "--wait", PORT=str(server.port))
        assert result.returncode == 1 and "dead" in result.stdout and "no such user here" in result.stdout, result


def test_send_does_not_wait_for_ever(start, tmp_path):
    # A mail server that isn't there: the e-mail stays deferred.
    server = start(SMTP_URL=f"smtp://127.0.0.1:{free_port()}?tls=never")
    result = run("send", "--email", fresh_email(), "--wait", "--timeout", "1s", PORT=str(server.port))
    assert result.returncode == 1 and "vestnik status user_" in result.stderr, result


def test_send_called_wrongly(server, at):
    assert run("send", **at).returncode == 2
    bad = run("send", "--email", "nobody", **at)
    assert bad.returncode == 2 and "email" in bad.stderr, bad
    assert run("send", "--email", fresh_email(), "--timeout", "soon", **at).returncode == 2
    email = fresh_email()
    assert run("send", "--email", email, "--phone", PHONE, **at).returncode == 0
    conflict = run("send", "--email", email, "--phone", "+12025550124", **at)
    assert conflict.returncode == 1 and "phone" in conflict.stderr, conflict


def test_send_to_a_process_that_takes_registrations_only(start, kafka):
    server = start("user-service", KAFKA_BROKERS=peers.brokers(kafka), DATABASE_URL="sqlite:")
    email = ("--email", fresh_email(), "--url", server.address)
    assert run("send", *email).returncode == 0
    waited = run("send", *email, "--wait")
    assert waited.returncode == 3 and "is registered" in waited.stderr and "analytics-service" in waited.stderr, waited


# --- status ---


def test_status_of_one_and_of_a_user(server, at):
    sent = json.loads(run("send", "--email", fresh_email(), "--phone", PHONE, "--wait", "--json", **at).stdout)
    first = sent["notifications"][0]["notification_id"]
    one = run("status", first, **at)
    assert one.returncode == 0 and first in one.stdout and "Timeline" in one.stdout, one
    assert [line.split()[2] for line in one.stdout.splitlines() if re.match(r"\d{4}-", line)] == ["accepted", "planned", "sending", "sent"]
    user = run("status", sent["user_id"], "--json", **at)
    assert [json.loads(line) for line in user.stdout.splitlines()] == sent["notifications"]
    assert server.notification(first) == json.loads(user.stdout.splitlines()[0])


def test_status_of_what_is_not_known(server, at):
    for unknown in (str(uuid.uuid4()), "user_0190b4f6-7f3a-7c51-9d0e-3f5a6b7c8d9e", "\x1b[31m"):
        result = run("status", unknown, **at)
        assert result.returncode == 1 and "nothing is known" in result.stderr and "\x1b" not in result.stderr, result
    assert run("status", **at).returncode == 2


def test_what_is_served_elsewhere_says_where(start, kafka):
    server = start("user-service", KAFKA_BROKERS=peers.brokers(kafka), DATABASE_URL="sqlite:")
    for command in (["status", str(uuid.uuid4())], ["stats"], ["tail"], ["analytics", "rebuild"]):
        result = run(*command, "--url", server.address)
        assert result.returncode == 3 and "analytics-service" in result.stderr, result


# --- stats ---


def test_stats_now(server, at):
    assert run("send", "--email", fresh_email(), "--phone", PHONE, "--wait", **at).returncode == 0
    table = run("stats", **at)
    assert table.returncode == 0 and "SENT" in table.stdout and "Events accepted: " in table.stdout, table
    assert any(re.match(r"email +[\d,]+", line) for line in table.stdout.splitlines())
    assert json.loads(run("stats", "--json", **at).stdout)["channels"].keys() == {"email", "sms"}


# --- terminals ---


def test_colours_are_for_terminals(server, at):
    sent = json.loads(run("send", "--email", fresh_email(), "--wait", "--json", **at).stdout)
    for command in (("status", sent["user_id"]), ("stats",)):
        code, seen = on_a_terminal(*command, **at)
        assert code == 0 and "\x1b[32m" in seen, (command, seen)
        for without in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            code, seen = on_a_terminal(*command, **(at | without))
            assert code == 0 and "\x1b" not in seen, (command, seen)
        assert "\x1b" not in run(*command, **at).stdout


def test_tables_fit_the_terminal(server, at):
    code, seen = on_a_terminal("send", "--email", fresh_email(), "--wait", NO_COLOR="1", **at)
    assert code == 0
    table = [line for line in re.sub(r"\r[^\n]*\x1b\[K", "", seen).replace("\r", "").splitlines() if "sent" in line or "CHANNEL" in line]
    assert table and all(len(line) <= 100 for line in table), table


def test_a_system_that_is_not_there():
    port = free_port()
    for arguments in (["send", "--email", "a@example.com"], ["status", "x"], ["stats"], ["tail"], ["analytics", "rebuild"]):
        result = run(*arguments, PORT=str(port))
        assert result.returncode == 3, result
        assert f"http://127.0.0.1:{port}" in result.stderr and "vestnik serve" in result.stderr, result.stderr


KEY = "0123456789abcdef0123456789abcdef"


def test_keys_are_taken_from_environment_or_file(start, tmp_path):
    server = start(VESTNIK_API_KEYS=KEY)
    port = {"PORT": str(server.port)}
    (tmp_path / "key").write_text(KEY)
    for command in (["send", "--email", fresh_email(), "--wait"], ["stats"]):
        assert run(*command, **port).returncode == 2
        assert run(*command, **port, VESTNIK_API_KEYS=KEY).returncode == 0
        assert run(*command, "--api-key-file", str(tmp_path / "key"), "--url", server.address).returncode == 0
