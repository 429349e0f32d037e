"""A receipt that the SMS centre was told to have arrived is in the ledger: a crash in between costs a repetition, no receipt."""

import pathlib
from typing import Iterator

import peers
import pytest
from vestnik import wait_until

SMS = 20


@pytest.fixture
def database(tmp_path: pathlib.Path) -> Iterator[peers.Peer]:
    with peers.postgres(tmp_path) as server:
        yield server


@pytest.fixture
def smsc(tmp_path: pathlib.Path) -> Iterator[peers.Smsc]:
    centre = peers.Smsc(tmp_path, "--receipts", "held")
    yield centre
    centre.peer.stop()


def test_a_kill_between_receipt_and_ledger_loses_no_receipt(start, database, smsc, tmp_path):
    server = start(DATABASE_URL=database.ready, SMPP_URL=smsc.url)
    users = [server.register(phone=f"+1202555{number:04}").json["user_id"] for number in range(100, 100 + SMS)]
    for user in users:
        server.wait_settled(user, states=("sent",), count=1)
    assert smsc.receipts() == []

    # The ledger stands still while the receipts come, and the process dies with them in memory only.
    peers.command(database, "freeze")
    assert database.process.stdout.readline() == b"ok\n"
    peers.command(smsc.peer, "receipts")
    wait_until(lambda: len(smsc.receipts()) == SMS, 10, lambda: f"{SMS} receipts are sent: {smsc.receipts()}")
    server.kill()
    peers.command(database, "thaw")
    assert database.process.stdout.readline() == b"ok\n"
    assert [line for line in smsc.receipts() if line["status"] is not None] == [], "acknowledged before the ledger had it"

    again = start(DATABASE_URL=database.ready, SMPP_URL=smsc.url)
    for user in users:
        again.wait_settled(user, states=("delivered",), count=1)
    answered = [line for line in smsc.receipts() if line["status"] is not None]
    assert sorted(line["status"] for line in answered) == [0] * SMS
    assert {line["link"] for line in answered} == {2} and {line["sent"] for line in answered} == {2}
    assert smsc.count() == SMS, "nothing was sent again"
    assert again.stop() == 0


def test_receipts_wait_for_a_ledger_that_stands_still_and_are_acknowledged_then(start, database, smsc):
    server = start(DATABASE_URL=database.ready, SMPP_URL=smsc.url)
    user = server.register(phone="+12025550100").json["user_id"]
    server.wait_settled(user, states=("sent",), count=1)
    peers.command(database, "freeze")
    assert database.process.stdout.readline() == b"ok\n"
    peers.command(smsc.peer, "receipts")
    wait_until(lambda: len(smsc.receipts()) == 1, 10, "the receipt is sent")
    peers.command(database, "thaw")
    assert database.process.stdout.readline() == b"ok\n"
    server.wait_settled(user, states=("delivered",), count=1)
    wait_until(lambda: smsc.receipts()[-1]["status"] == 0, 10, "it is acknowledged")
    assert server.stop() == 0
