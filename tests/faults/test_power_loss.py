"""FAULTS.md: power loss, torn writes, damage. Everything answered 200 is there; a torn tail is cut and never misread; damage
in the middle refuses to start, or stops its partition, and says where."""

import pathlib
import shutil
import sqlite3
import struct
import threading
import time

import pytest
from audits import audit, audit_stopped
from load import Load, user
from records import Receivers, Views, check_copies, check_nothing_is_lost
from system import PATIENCE_S, QUIET_S, bounded_providers
from vestnik import Vestnik, run, wait_until

# https://sqlite.org/fileformat2.html#walformat
WAL_HEADER_BYTES = 32
FRAME_HEADER_BYTES = 24


@pytest.mark.parametrize("rounds", [pytest.param(4, id="short"), pytest.param(20, id="20-rounds", marks=pytest.mark.long)])
def test_what_was_not_synced_is_gone(start, faults, mail_server, sms_centre, rng, rounds):
    """Row "power loss": at a random moment under load all writes since each file's last fsync are lost, or all but a random
    number of the first of them."""
    smtp, smsc = mail_server("--answer-delay", "0.02"), sms_centre("--answer-delay-ms", "150")
    server = start(**bounded_providers(smtp, smsc), **faults.variables)
    receivers = Receivers(smtp, smsc)
    lost, restarts = 0, []
    with Load(server, rng) as load:
        for number in range(rounds):
            before = min(receivers.counts())
            wait_until(lambda: min(receivers.counts()) > before + 20, PATIENCE_S, "deliveries")
            if number % 2:
                faults.hold_syncs()  # the failure comes between the write and its fsync
                held = faults.held
                wait_until(lambda: faults.held > held, PATIENCE_S, "a sync that is held")
            server.kill()
            faults.reset()
            lost += faults.lose_unsynced(keep=rng.choice([0, 0, 1, 2, 5]))
            audit(**server.variables)
            restarts.append(time.time())
            server.start()
    print(f"{lost} writes lost, {len(load.accepted())} users accepted")
    assert lost > 0, "the faults never lost anything, so this showed nothing"
    views = Views(server, load.accepted(), count=2, seconds=QUIET_S)
    check_nothing_is_lost(views, load, receivers)
    assert server.stop() == 0
    audit_stopped(load, receivers, **server.variables)
    check_copies(receivers, restarts, restarts)


class TornLog:
    """A data directory whose WAL has an end that was never synced: 200 was answered for what is before, and only for that."""

    def __init__(self, server: Vestnik, faults, directory: pathlib.Path):
        self.accepted: set[str] = set()
        for number in range(20):
            answer = server.register(email=user(number).email, phone=user(number).phone)
            assert answer.status == 200, answer
            self.accepted.add(answer.json["user_id"])
        for user_id in self.accepted:
            server.wait_settled(user_id)
        wait_until(lambda: not faults.unsynced("vestnik.db-wal"), PATIENCE_S, "all is synced")
        faults.hold_syncs()
        refused = [threading.Thread(target=self._refuse, args=(server, number)) for number in range(100, 104)]
        for thread in refused:
            thread.start()
        wait_until(lambda: faults.held > 0, PATIENCE_S, "a sync that is held")
        for thread in refused:
            thread.join()
        server.kill()
        faults.reset()
        self.image = directory / "image"
        shutil.copytree(server.variables["VESTNIK_DATA_DIR"], self.image)
        self.wal = (self.image / "vestnik.db-wal").read_bytes()
        tail = faults.unsynced("vestnik.db-wal")
        self.synced_bytes = min(offset for offset, _, _ in tail)
        assert all(size == offset for offset, size, _ in tail if offset + FRAME_HEADER_BYTES > size), "the WAL only grew"
        (page_bytes,) = struct.unpack_from(">I", self.wal, 8)
        self.frame_bytes = FRAME_HEADER_BYTES + page_bytes
        assert (self.synced_bytes - WAL_HEADER_BYTES) % self.frame_bytes == 0
        assert len(self.wal) > self.synced_bytes, "something was written that was not synced"

    @staticmethod
    def _refuse(server: Vestnik, number: int) -> None:
        answer = server.register(email=user(number).email, timeout=10)
        assert answer.status == 503, answer

    def boundaries(self) -> list[int]:
        return list(range(WAL_HEADER_BYTES, len(self.wal) + 1, self.frame_bytes))

    def with_wal(self, target: pathlib.Path, wal: bytes) -> None:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.image, target)
        (target / "vestnik.db-wal").write_bytes(wal)
        (target / "vestnik.db-shm").unlink(missing_ok=True)


def check_readable(server: Vestnik, all_of: set[str], settled: bool) -> None:
    """It starts, SQLite finds no fault, all partitions are read, and `all_of` are there (with `settled`) to the last one."""
    server.start()
    for user_id in sorted(all_of):
        if settled:
            server.wait_settled(user_id)
    fresh = server.register(email="fresh@example.org", phone="+12025550123")
    assert fresh.status == 200, fresh
    server.wait_settled(fresh.json["user_id"])
    assert server.get("/readyz").status == 200
    assert server.stop() == 0
    audit(**server.variables)
    with sqlite3.connect(f"file:{server.variables['VESTNIK_DATA_DIR']}/vestnik.db?mode=ro", uri=True) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def cuts(torn: TornLog, rng, count: int | None) -> list[int]:
    """Around every frame of the unsynced end, and around some of the synced part, one byte less and one more."""
    unsynced = [b for b in torn.boundaries() if b >= torn.synced_bytes]
    synced = [b for b in torn.boundaries() if b < torn.synced_bytes]
    around = lambda boundaries: [b + d for b in boundaries for d in (-1, 0, 1) if 0 <= b + d <= len(torn.wal)]
    always = [torn.synced_bytes, torn.synced_bytes + 1, torn.synced_bytes - 1, len(torn.wal) - 1]
    rest = sorted(set(around(unsynced) + around(rng.sample(synced, min(10, len(synced))))) - set(always))
    return always + (rest if count is None else rng.sample(rest, min(count, len(rest))))


@pytest.mark.parametrize("count", [pytest.param(6, id="short"), pytest.param(None, id="all", marks=pytest.mark.long)])
def test_a_write_torn_at_a_record_boundary(start, faults, tmp_path, rng, count):
    """Row "torn write at each record boundary ±1 byte". Cut where nothing was synced: everything answered 200 is there. Cut
    into what was synced (a disk that lied): no promise to keep all, but what is read is whole."""
    torn = TornLog(start(**faults.variables), faults, tmp_path)
    for at in cuts(torn, rng, count):
        server = Vestnik(tmp_path / "torn")
        torn.with_wal(tmp_path / "torn" / "data", torn.wal[:at])
        try:
            check_readable(server, torn.accepted, settled=at >= torn.synced_bytes)
        except AssertionError as error:
            raise AssertionError(f"WAL cut at {at} of {len(torn.wal)}, synced up to {torn.synced_bytes}: {error}") from error
        finally:
            server.__exit__()


def test_garbage_in_the_unsynced_end(start, faults, tmp_path, rng):
    """Row "torn write": sectors of the end that was never synced hold anything at all."""
    torn = TornLog(start(**faults.variables), faults, tmp_path)
    for number in range(4):
        wal = bytearray(torn.wal)
        for _ in range(number + 1):
            at = rng.randrange(torn.synced_bytes, len(wal))
            wal[at : at + 512] = rng.randbytes(min(512, len(wal) - at))
        server = Vestnik(tmp_path / "torn")
        torn.with_wal(tmp_path / "torn" / "data", bytes(wal))
        try:
            check_readable(server, torn.accepted, settled=True)
        finally:
            server.__exit__()


def stopped_with_users(start, **variables: str) -> tuple[Vestnik, list[str]]:
    server = start(**variables)
    users = []
    for number in range(50):
        users.append(server.register(email=user(number).email, phone=user(number).phone, name="Find Me").json["user_id"])
    for user_id in users:
        server.wait_settled(user_id)
    assert server.stop() == 0
    return server, users


def test_damage_in_the_middle_of_the_file_refuses_to_start(start, tmp_path, rng):
    """Row "damage in the middle": a page of the database is overwritten; the refusal names the file."""
    server, _ = stopped_with_users(start)
    file = tmp_path / "data" / "vestnik.db"
    size = file.stat().st_size
    refusals = 0
    for page in rng.sample(range(1, size // 4096), 4):
        damaged = tmp_path / "damaged"
        shutil.rmtree(damaged, ignore_errors=True)
        shutil.copytree(tmp_path / "data", damaged)
        with (damaged / "vestnik.db").open("r+b") as handle:
            handle.seek(page * 4096)
            handle.write(rng.randbytes(4096))
        result = run("serve", VESTNIK_DATA_DIR=str(damaged), PORT=str(server.port), timeout=30)
        assert result.returncode > 0, f"page {page} is noise, and it started"
        assert "damaged" in result.stderr and str(damaged / "vestnik.db") in result.stderr, result.stderr
        refusals += 1
    assert refusals == 4


def test_a_damaged_record_stops_its_partition_and_says_where(start, tmp_path):
    """Row "damage in the middle": a bit of a record has flipped, which no page's structure shows. Who has to read it stops that
    partition, /readyz names topic, partition and offset, and the other partitions go on."""
    server, _ = stopped_with_users(start)
    file = tmp_path / "data" / "vestnik.db"
    with sqlite3.connect(file) as database:
        (topic,) = database.execute("SELECT id FROM log_topic WHERE name = 'user-events'").fetchone()
        batches = database.execute("SELECT id, records FROM log_batch").fetchall()
        key, records = next((k, r) for k, r in batches if k >> 50 == topic and b"Find Me" in r)
        database.execute("UPDATE log_batch SET records = ? WHERE id = ?", (records.replace(b"Find Me", b"Fond Me", 1), key))
    partition, offset = key >> 40 & 0x3FF, key & ((1 << 40) - 1)
    # A group that has read nothing yet reads it all again; planned again, they are the same notifications.
    server.variables["NOTIFICATION_SERVICE_GROUP"] = "another-group"
    server.start(wait=False)

    def says_where() -> bool:
        assert server.process.poll() is None, server.log()[-3000:]
        try:
            return server.get("/readyz").status == 503
        except OSError:
            return False

    wait_until(says_where, PATIENCE_S, server.log)
    ready = server.get("/readyz").body.decode()
    assert "user-events" in ready and "damaged" in ready and f"partition {partition}" in ready, (ready, partition, offset)
    # Some of these users' records lie in other partitions, and go through.
    settled = 0
    for number in range(200, 240):
        user_id = server.register(email=user(number).email).json["user_id"]
        try:
            server.wait_settled(user_id, count=1, seconds=1)
        except AssertionError:
            continue
        settled += 1
        if settled == 5:
            break
    assert settled == 5, "the other partitions go on"
    assert server.stop() == 0
