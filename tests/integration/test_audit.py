"""`vestnik audit`: agrees beside a running system and after kill -9, on every log and store, and says which id is gone when
one is."""

import concurrent.futures
import contextlib
import hashlib
import itertools
import json
import os
import pathlib
import pty
import sqlite3
import subprocess
import threading
import uuid

import peers
import pytest
from ports import free_port
from vestnik import BINARY, Vestnik, environment, run, wait_until

_numbers = itertools.count(1)


def audit(*arguments: str, **variables: str) -> tuple[int, dict, str]:
    """Exit code, the JSON (empty if there is none), and what was said on standard error."""
    result = run("audit", "--json", *arguments, timeout=120, **variables)
    return result.returncode, json.loads(result.stdout) if result.stdout else {}, result.stderr


def of(server: Vestnik) -> dict[str, str]:
    return server.variables


def settled(server: Vestnik) -> dict:
    """What it finds, agreeing, once everything is delivered and told."""

    def look() -> dict | None:
        code, found, said = audit("--wait", "30s", **of(server))
        assert code == 0, (found, said)
        open_ = sum(channel["pending"] + channel["sending"] for channel in found["channels"].values())
        return found if found["quiet"] and open_ == 0 else None

    return wait_until(look, 60, "all is delivered")


class Load:
    """Clients that register users until told to stop; `accepted` are those answered 200."""

    def __init__(self, server: Vestnik, clients: int = 4):
        self.server, self.accepted, self.unclear, self.stopping = server, [], [], threading.Event()
        self.pool = concurrent.futures.ThreadPoolExecutor(clients)
        self.clients = [self.pool.submit(self._client, number) for number in range(clients)]

    def _client(self, number: int) -> None:
        with contextlib.suppress(OSError):
            for turn in itertools.count():
                if self.stopping.is_set():
                    return
                user = {"email": f"user.{uuid.uuid4().hex[:12]}@example.com"}
                if turn % 3 != number % 3:  # the others have no phone: their SMS is skipped
                    user["phone"] = "+12025550123"
                self.unclear.append(user)  # until it is answered 200 it may have been accepted or not
                if self.server.register(**user).status == 200:
                    self.unclear.remove(user)
                    self.accepted.append("phone" in user)

    def wait_for(self, count: int) -> "Load":
        while len(self.accepted) < count and not all(client.done() for client in self.clients):
            self.stopping.wait(0.01)
        assert len(self.accepted) >= count, self.server.log()[-3000:]
        return self

    def stop(self) -> list[bool]:
        self.stopping.set()
        self.pool.shutdown()
        return self.accepted


def check_counts(found: dict, accepted: list[bool], unclear: int = 0) -> None:
    """What the audit counts is what the clients know of. (All is sandbox: sent.)"""
    assert found["quiet"] and len(accepted) <= found["accepted"] <= len(accepted) + unclear, (found, len(accepted), unclear)
    email, sms = found["channels"]["email"], found["channels"]["sms"]
    assert email["planned"] == email["sent"] == found["accepted"], found
    assert sum(accepted) <= sms["planned"] == sms["sent"] <= sum(accepted) + unclear, found
    assert sms["skipped"] + sms["planned"] == found["accepted"], found


def register_some(server: Vestnik, count: int = 6) -> list[bool]:
    for number in range(count):
        user = server.register(email=f"user.{uuid.uuid4().hex[:12]}@example.com", phone="+12025550123").json["user_id"]
        server.wait_settled(user)
    return [True] * count


def audit_under_load_and_after_a_kill(start, looks: int, **variables: str) -> None:
    server = start(**variables)
    load = Load(server).wait_for(20)
    for _ in range(looks):
        code, found, said = audit(**of(server))
        assert code == 0, (found, said)
    accepted = load.stop()
    check_counts(settled(server), accepted, len(load.unclear))

    load = Load(server).wait_for(50)
    server.kill()
    accepted = accepted + load.stop()
    code, found, said = audit(**of(server))
    assert code == 0, (found, said)
    assert found["accepted"] >= len(accepted)

    again = start(**variables)
    found = settled(again)
    assert found["accepted"] >= len(accepted), found
    assert again.stop() == 0
    code, stopped, said = audit(**of(again))
    assert code == 0 and stopped["accepted"] == found["accepted"], (stopped, said)


def test_embedded_running_and_after_kill_9(start):
    audit_under_load_and_after_a_kill(start, looks=8)


@pytest.fixture
def on_kafka(kafka) -> dict[str, str]:
    """Kafka with topics and groups of this test only, since the broker is shared."""
    number = next(_numbers)
    topics = {f"KAFKA_TOPIC_{name}_EVENTS": f"{name.lower()}-events-audit-{number}" for name in ("USER", "NOTIFICATION", "ANALYTICS")}
    groups = {f"{name}_SERVICE_GROUP": f"{name.lower()}-audit-{number}" for name in ("NOTIFICATION", "EMAIL", "SMS", "ANALYTICS")}
    return {"KAFKA_BROKERS": peers.brokers(kafka)} | topics | groups


@pytest.fixture
def postgres(tmp_path):
    with peers.postgres(tmp_path) as server:
        yield server.ready


def test_kafka_and_postgresql_running_and_after_kill_9(start, on_kafka, postgres):
    audit_under_load_and_after_a_kill(start, looks=4, DATABASE_URL=postgres, **on_kafka)


def test_kafka_with_the_embedded_store(start, on_kafka):
    server = start(**on_kafka)
    accepted = register_some(server)
    check_counts(settled(server), accepted)


def test_the_embedded_log_with_postgresql(start, postgres):
    server = start(DATABASE_URL=postgres)
    accepted = register_some(server)
    check_counts(settled(server), accepted)


# --- it fails when it should ---


@pytest.fixture
def stopped(start) -> Vestnik:
    """An embedded system that has delivered six e-mails and six SMS, and has been stopped."""
    server = start()
    register_some(server)
    settled(server)
    assert server.stop() == 0
    assert audit(**of(server))[0] == 0
    return server


def edit(server: Vestnik, *statements: str) -> list:
    """Runs SQL on a stopped system's file; the rows of the last statement."""
    with contextlib.closing(sqlite3.connect(pathlib.Path(of(server)["VESTNIK_DATA_DIR"]) / "vestnik.db")) as database:
        rows = [database.execute(statement).fetchall() for statement in statements][-1]
        database.commit()
    return rows


def an_id(server: Vestnik, table: str, column: str = "id") -> str:
    """The id of the third row, as text."""
    packed = edit(server, f"SELECT {column} FROM {table} ORDER BY {column} LIMIT 1 OFFSET 2")[0][0]
    assert packed[:1] == b"u" and len(packed) == 17
    return str(uuid.UUID(bytes=packed[1:]))


def packed(text: str) -> str:
    return f"x'75{uuid.UUID(text).hex}'"


def differences(server: Vestnik, *arguments: str) -> dict:
    code, found, said = audit(*arguments, **of(server))
    assert code == 1 and not found["agree"], (found, said)
    return {kind: [entry["id"] for entry in found["differences"][kind]["ids"]] for kind in found["differences"]}


def test_a_ledger_row_that_is_gone(stopped):
    lost = an_id(stopped, "ledger")
    edit(stopped, f"DELETE FROM ledger WHERE id = {packed(lost)}")
    assert differences(stopped) == {"not_in_ledger": [lost]}
    text = run("audit", timeout=60, **of(stopped))
    assert text.returncode == 1 and f"  {lost}  " in text.stdout and "DIFFERENT, 1: planned, and the ledger does not" in text.stdout


def test_a_timeline_row_that_is_gone(stopped):
    lost = an_id(stopped, "readside_rows")
    edit(stopped, f"DELETE FROM readside_rows WHERE id = {packed(lost)}")
    assert differences(stopped) == {"not_in_timeline": [lost]}


def test_an_event_that_the_timeline_has_lost(stopped):
    lost = an_id(stopped, "readside_events", "event_id")
    edit(stopped, f"DELETE FROM readside_events WHERE event_id = {packed(lost)}")
    assert differences(stopped) == {"event_not_in_timeline": [lost]}


@pytest.mark.parametrize("table, state", [("ledger", 6), ("readside_rows", 8)])  # dead, as each keeps it (store/codes.h)
def test_a_state_that_is_changed(stopped, table, state):
    changed = an_id(stopped, table)
    edit(stopped, f"UPDATE {table} SET state = {state} WHERE id = {packed(changed)}")
    code, found, said = audit(**of(stopped))
    assert code == 1, (found, said)
    (entry,) = found["differences"]["state_differs"]["ids"]
    told = {"ledger": "sent", "timeline": "sent"} | {"ledger" if table == "ledger" else "timeline": "dead"}
    assert entry["id"] == changed and {"ledger": entry["ledger"], "timeline": entry["timeline"]} == told


def test_a_ledger_row_of_nothing(stopped):
    made_up = str(uuid.uuid4())
    columns = "channel, partition, epoch, state, attempt, due_at, updated_at, meta"
    edit(stopped, f"INSERT INTO ledger (id, {columns}) SELECT {packed(made_up)}, {columns} FROM ledger LIMIT 1")
    assert differences(stopped) == {"not_in_log": [made_up]}


def test_records_that_are_gone_from_the_log(stopped):
    """A whole batch of notification-events: the ledger has what was never planned."""
    topic = edit(stopped, "SELECT id FROM log_topic WHERE name = 'notification-events'")[0][0]
    newest = edit(stopped, f"SELECT max(id) FROM log_batch WHERE id >> 50 = {topic} AND id & 0xffffffffff > 0")[0][0]
    if newest is None:
        pytest.skip("every partition has one batch only")
    edit(stopped, f"DELETE FROM log_batch WHERE id = {newest}")
    found = differences(stopped)
    assert set(found) == {"not_in_log"} and len(found["not_in_log"]) == 2, found


def test_events_of_which_nothing_came(stopped):
    """Everything that was planned from them is gone from everywhere."""
    edit(
        stopped,
        "DELETE FROM log_batch WHERE id >> 50 = (SELECT id FROM log_topic WHERE name = 'notification-events')",
        "DELETE FROM log_batch WHERE id >> 50 = (SELECT id FROM log_topic WHERE name = 'analytics-events')",
        "DELETE FROM ledger",
        "DELETE FROM outbox",
        "DELETE FROM readside_rows",
    )
    found = differences(stopped, "--ids-max", "2")
    assert set(found) == {"event_not_planned"} and len(found["event_not_planned"]) == 2, found
    assert audit(**of(stopped))[1]["differences"]["event_not_planned"]["count"] == 6


@pytest.mark.parametrize(
    "table, group, difference",
    [("ledger", "%s-service", "not_in_ledger"), ("readside_rows", "analytics-service", "not_in_timeline")],
)
def test_a_group_that_is_set_back_mends_it(stopped, start, table, group, difference):
    """As docs/audit.md says."""
    lost = an_id(stopped, table)
    channel = ("email", "sms")[edit(stopped, f"SELECT channel FROM ledger WHERE id = {packed(lost)}")[0][0]]
    edit(stopped, f"DELETE FROM {table} WHERE id = {packed(lost)}")
    assert differences(stopped) == {difference: [lost]}
    edit(stopped, f"DELETE FROM log_commit WHERE consumer_group = '{group.replace('%s', channel)}'")
    server = start()
    found = settled(server)
    assert sum(found["channels"][name]["sent"] for name in ("email", "sms")) == 12


def test_postgresql_rows_that_are_gone(start, on_kafka, postgres):
    server = start(DATABASE_URL=postgres, **on_kafka)
    register_some(server)
    settled(server)

    def sql(statement: str) -> str:
        answer = subprocess.run(["psql", "-qAtX", postgres, "-c", statement], capture_output=True, text=True, check=True)
        return str(uuid.UUID(answer.stdout.strip()[2:]))  # \x75…: as hexadecimal digits, after the mark of a UUID

    delivery = sql("DELETE FROM ledger WHERE id = (SELECT id FROM ledger ORDER BY id LIMIT 1) RETURNING encode(id, 'hex')")
    shown = sql("DELETE FROM readside_rows WHERE id = (SELECT id FROM readside_rows ORDER BY id DESC LIMIT 1) RETURNING encode(id, 'hex')")
    assert differences(server) == {"not_in_ledger": [delivery], "not_in_timeline": [shown]}


# --- what it leaves alone, and how it is called ---


def test_a_data_directory_after_a_crash_is_left_as_it_is(start):
    server = start()
    Load(server).wait_for(200).stopping.set()
    server.kill()
    data = pathlib.Path(of(server)["VESTNIK_DATA_DIR"])
    digests = lambda: {name: hashlib.sha256((data / name).read_bytes()).hexdigest() for name in ("vestnik.db", "vestnik.db-wal")}
    before = digests()
    (data / "vestnik.db-shm").unlink()
    assert audit(**of(server))[0] == 0
    assert digests() == before
    assert start().stop() == 0


def test_a_directory_without_a_vestnik(tmp_path):
    code, _, said = audit(VESTNIK_DATA_DIR=str(tmp_path / "nowhere"))
    assert code == 2 and str(tmp_path / "nowhere") in said and "VESTNIK_DATA_DIR" in said
    (tmp_path / "vestnik.db").write_bytes(b"this is no database, it is a diary. " * 200)
    code, _, said = audit(VESTNIK_DATA_DIR=str(tmp_path))
    assert code == 2 and "not a database" in said


def test_data_of_a_newer_version(stopped):
    edit(stopped, "UPDATE vestnik_schema SET version = 99 WHERE component = 'store'")
    code, _, said = audit(**of(stopped))
    assert code == 2 and "newer version" in said


def test_damage_in_the_log_is_not_a_difference(stopped):
    edit(stopped, "UPDATE log_batch SET records = x'01' || zeroblob(40) WHERE id = (SELECT max(id) FROM log_batch)")
    code, _, said = audit(**of(stopped))
    assert code == 2 and "damaged" in said and "partition" in said


def test_brokers_and_database_that_are_away(stopped):
    port = free_port()
    code, _, said = audit(**of(stopped), KAFKA_BROKERS=f"127.0.0.1:{port}")
    assert code == 2 and "KAFKA_BROKERS" in said and str(port) in said
    code, _, said = audit(**of(stopped), DATABASE_URL=f"postgresql://somebody:hidden@127.0.0.1:{port}/x")
    assert code == 2 and "DATABASE_URL" in said and "hidden" not in said


@pytest.mark.parametrize(
    "arguments, word", [(["--wait", "soon"], "--wait"), (["--ids-max", "-1"], "ids-max"), (["now"], "now"), (["--config", "/nowhere"], "nowhere")]
)
def test_called_wrongly(tmp_path, arguments, word):
    result = run("audit", *arguments, VESTNIK_DATA_DIR=str(tmp_path))
    assert result.returncode == 2 and word in result.stderr + result.stdout, result


def test_progress_is_for_terminals_only(stopped):
    assert audit(**of(stopped))[2] == ""
    reader, terminal = pty.openpty()
    process = subprocess.run(
        [BINARY, "audit", "--json"], env=environment(**of(stopped)), cwd="/", stdout=subprocess.PIPE, stderr=terminal, timeout=60
    )
    os.close(terminal)
    os.close(reader)
    assert process.returncode == 0 and json.loads(process.stdout)["agree"]
