"""FAULTS.md: a full disk and a failing fsync. Stops accepting, stops sending, says so in /readyz; goes on by itself when
there is room; after EIO it exits, and what was answered 200 is there after the restart."""

import contextlib
import os
import pathlib
import subprocess
import time
import uuid

import pytest
from audits import audit_stopped
from load import Load, User
from records import Receivers, Views, check_copies, check_nothing_is_lost
from system import CONNECTIONS, PATIENCE_S, QUIET_S, WINDOW, bounded_providers
from vestnik import Vestnik, wait_until

# All that the data directory holds while the process runs.
FILES = ["vestnik.db", "vestnik.db-wal", "vestnik.db-shm", ""]


def refused_now(server: Vestnik) -> bool:
    answer = server.register(email=f"{uuid.uuid4().hex}@example.net", timeout=5)
    assert answer.status in (200, 429, 503), answer
    return answer.status != 200


def check_says_why(server: Vestnik) -> None:
    ready = server.get("/readyz")
    assert ready.status == 503, ready
    unwell = [part for part in ready.json["parts"] if not part["well"]]
    assert any("full" in part["detail"] or "room" in part["detail"] for part in unwell), unwell


def wait_until_refusing(server: Vestnik) -> None:
    wait_until(lambda: refused_now(server), PATIENCE_S, "registrations are refused")
    wait_until(lambda: server.get("/readyz").status == 503, PATIENCE_S, "/readyz is 503")


def check_sending_stops(receivers: Receivers) -> None:
    """What had its `sending` written may still go, nothing else."""
    emails, sms = receivers.counts()
    with contextlib.suppress(AssertionError):
        wait_until(lambda: receivers.counts() > (emails + CONNECTIONS, sms + WINDOW), 2, "too much")
    more_emails, more_sms = receivers.counts()
    assert more_emails <= emails + CONNECTIONS and more_sms <= sms + WINDOW, "it sends what it can't write down"


@pytest.mark.parametrize("file", FILES, ids=lambda name: name or "every file")
def test_no_room_on_a_file(start, faults, smtp, smsc, rng, file):
    """Row "disk full on each file": every write to it fails with ENOSPC, then there is room again."""
    server = start(**bounded_providers(smtp, smsc), **faults.variables)
    receivers = Receivers(smtp, smsc)
    with Load(server, rng) as load:
        wait_until(lambda: min(receivers.counts()) > 50, PATIENCE_S, "first deliveries")
        faults.disk_full(file)
        if file in ("vestnik.db-wal", ""):  # every transaction writes here; the others only now and then
            wait_until_refusing(server)
            check_says_why(server)
            assert faults.refused > 0
            check_sending_stops(receivers)
        else:
            enough = min(receivers.counts()) + 200
            wait_until(lambda: faults.refused > 0 or min(receivers.counts()) > enough, PATIENCE_S, "a refused write, or none needed")
        assert server.process.poll() is None, server.log()[-4000:]
        faults.reset()
        wait_until(lambda: server.get("/readyz").status == 200, PATIENCE_S, "/readyz is 200 by itself")
        wait_until(lambda: not refused_now(server), PATIENCE_S, "registrations are taken again")
    views = Views(server, load.accepted(), count=2, seconds=QUIET_S)
    check_nothing_is_lost_but(views, load, receivers)
    assert server.stop() == 0
    audit_stopped(load, receivers, **server.variables)


def check_nothing_is_lost_but(views: Views, load: Load, receivers: Receivers) -> None:
    """Those of refused_now() are not the load's: they have no phone, and example.net as their domain."""
    load.know_of([User(e.to, "", "") for e in receivers.emails() if e.to.endswith("@example.net")])
    check_nothing_is_lost(views, load, receivers)


@pytest.fixture
def small_disk(tmp_path: pathlib.Path):
    """A real file system of 3 MiB, where the machine lets us mount one."""
    disk = tmp_path / "data"
    disk.mkdir()
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    options = f"size=3m,mode=0777,uid={os.geteuid()}"
    mounted = subprocess.run([*sudo, "mount", "-t", "tmpfs", "-o", options, "tmpfs", disk], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"no file system can be mounted here ({mounted.stderr.strip()}); test_no_room_on_a_file has the same fault")
    yield disk
    subprocess.run([*sudo, "umount", "--lazy", disk], check=True)


def test_a_real_disk_that_is_full(start, small_disk, smtp, smsc, rng):
    """Row "disk full": a file system that fills up, by our own data, and is then made room on."""
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(1 << 20))
    server = start(**bounded_providers(smtp, smsc))
    receivers = Receivers(smtp, smsc)
    with Load(server, rng, pace_s=0.001) as load:
        wait_until_refusing(server)
        check_says_why(server)
        assert server.process.poll() is None, server.log()[-4000:]
        accepted = len(load.accepted())
        assert accepted > 0
        ballast.unlink()
        wait_until(lambda: len(load.accepted()) > accepted, PATIENCE_S, "registrations are taken again")
        load.stop()
    # A little disk stays full: what can't be delivered for want of room waits, and is not lost.
    assert server.process.poll() is None, server.log()[-4000:]
    subprocess.run([*([] if os.geteuid() == 0 else ["sudo", "-n"]), "mount", "-o", "remount,size=256m", small_disk], check=True)
    views = Views(server, load.accepted(), count=2, seconds=QUIET_S)
    check_nothing_is_lost_but(views, load, receivers)
    assert server.stop() == 0
    audit_stopped(load, receivers, **server.variables)


@pytest.mark.parametrize("file", ["vestnik.db-wal", "vestnik.db"])
def test_a_failing_fsync_ends_the_process(start, faults, smtp, smsc, rng, file):
    """Row "fsync fails (EIO)": the process ends at once, not with 0, and everything answered 200 is there afterwards."""
    server = start(**bounded_providers(smtp, smsc), **faults.variables)
    receivers = Receivers(smtp, smsc)
    with Load(server, rng, clients=8, pace_s=0.001) as load:
        wait_until(lambda: min(receivers.counts()) > 50, PATIENCE_S, "first deliveries")
        faults.sync_fails(file)
        # The database's own file is synced when the WAL is moved into it, every 8 MiB.
        wait_until(lambda: server.process.poll() is not None, 120, "the process ends")
        assert server.process.returncode > 0, server.process.returncode
        assert "ends at once" in server.log()
        # As after a crash of the machine: what no fsync has confirmed is gone.
        faults.lose_unsynced()
        faults.reset()
        restarts = [time.time()]
        server.start()
    views = Views(server, load.accepted(), count=2, seconds=QUIET_S)
    check_nothing_is_lost(views, load, receivers)
    assert server.stop() == 0
    audit_stopped(load, receivers, **server.variables)
    check_copies(receivers, restarts, restarts)
