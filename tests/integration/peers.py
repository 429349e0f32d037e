"""The programs the system talks to, as the scripts in tests/peers start them.

Each prints one line once it is ready and ends when its standard input does."""

import base64
import email
import email.message
import email.policy
import json
import os
import pathlib
import select
import subprocess
import sys
import time
from typing import Iterator

from vestnik import PROJECT

PEERS = PROJECT / "tests" / "peers"
READY_S = 180


class Peer:
    """A script of tests/peers; `ready` is the first line it printed."""

    def __init__(self, script: str, *arguments: str, log: pathlib.Path, prefix: tuple[str, ...] = ()):
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [*prefix, PEERS / script, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
            )
        self.ready = self._first_line(log)

    def _first_line(self, log: pathlib.Path) -> str:
        line, output = b"", self.process.stdout.fileno()
        deadline = time.monotonic() + READY_S
        while not line.endswith(b"\n"):
            readable, _, _ = select.select([output], [], [], max(0.0, deadline - time.monotonic()))
            byte = os.read(output, 1) if readable else b""
            if not byte:
                self.stop()
                raise RuntimeError(f"{self.process.args} did not become ready:\n{log.read_text()[-4000:]}")
            line += byte
        return line.decode().strip()

    def kill(self) -> None:
        """As a crash: the script takes what it started with it."""
        self.process.kill()
        self.process.wait()
        self._close()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._close()

    def _close(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe and not pipe.closed:
                pipe.close()

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def kafka(directory: pathlib.Path, *arguments: str) -> Peer:
    """`ready`: KAFKA_BROKERS=127.0.0.1:<port>."""
    return Peer("kafka", *arguments, log=directory / "kafka-peer.log")


def brokers(kafka_peer: Peer) -> str:
    return kafka_peer.ready.removeprefix("KAFKA_BROKERS=")


def postgres(directory: pathlib.Path) -> Peer:
    """`ready`: the URL."""
    return Peer("postgres", log=directory / "postgres-peer.log")


def postfix(directory: pathlib.Path, *arguments: str) -> Peer:
    """`ready`: the port and the Maildir (with --relay-to: the master's pid), a space between them."""
    prefix = () if os.geteuid() == 0 else ("sudo", "-n")
    return Peer("postfix", *arguments, log=directory / "postfix-peer.log", prefix=prefix)


def command(peer: Peer, line: str) -> None:
    """Tells a peer that takes commands on its standard input."""
    peer.process.stdin.write(line.encode() + b"\n")
    peer.process.stdin.flush()


class SmtpServer:
    """Takes every mail, and writes down what it took."""

    def __init__(self, directory: pathlib.Path, *arguments: str):
        self.record = directory / "emails.jsonl"
        # aiosmtpd is in the environment that runs the tests.
        self.peer = Peer(
            "smtp_server.py", "--record", str(self.record), *arguments, log=directory / "smtp-peer.log", prefix=(sys.executable,)
        )
        self.url = f"smtp://127.0.0.1:{self.peer.ready}?tls=never"

    def count(self) -> int:
        return self.record.read_bytes().count(b"\n") if self.record.exists() else 0

    def emails(self) -> Iterator[tuple[list[str], email.message.EmailMessage]]:
        """The envelope's recipients and the message, for each mail that was taken."""
        for line in self.record.read_text().splitlines():
            entry = json.loads(line)
            data = base64.b64decode(entry["data"])
            yield entry["rcpt_to"], email.message_from_bytes(data, policy=email.policy.default)


class OtlpReceiver:
    """Takes spans, and writes down what it took."""

    def __init__(self, directory: pathlib.Path):
        self.record = directory / "spans.jsonl"
        self.record.touch()
        self.peer = Peer("otlp_receiver.py", "--record", str(self.record), log=directory / "otlp-peer.log", prefix=(sys.executable,))
        self.url = f"http://127.0.0.1:{self.peer.ready}"

    def spans(self) -> list[dict]:
        spans = [json.loads(line) for line in self.record.read_text().splitlines()]
        assert not [span for span in spans if "bad" in span], spans
        return spans


class Smsc:
    """Takes every SMS, writes down what it took, and sends a receipt for each."""

    def __init__(self, directory: pathlib.Path, *arguments: str):
        self.record = directory / "sms.jsonl"
        self.record.touch()
        self.receipt_record = directory / "receipts.jsonl"
        files = ("--record", str(self.record), "--receipt-record", str(self.receipt_record))
        self.peer = Peer("smsc", *files, *arguments, log=directory / "smsc-peer.log")
        self.url = f"smpp://vestnik:secret@127.0.0.1:{self.peer.ready.removeprefix('port ')}"

    def count(self) -> int:
        """SMS, not parts: each has one first or only part."""
        return sum((part["concatenation"] or {"part": 1})["part"] == 1 for part in self._parts())

    def receipts(self) -> list[dict]:
        """Each deliver_sm, with status None, and each answer to one."""
        return [json.loads(line) for line in self.receipt_record.read_text().splitlines()]

    def _parts(self) -> Iterator[dict]:
        for line in self.record.read_text().splitlines():
            yield json.loads(line)

    def messages(self) -> Iterator[tuple[str, str]]:
        """Number (E.164) and whole text of each SMS."""
        whole: dict[tuple[str, int], list[dict]] = {}
        for number, part in enumerate(self._parts()):
            reference = part["concatenation"]["reference"] if part["concatenation"] else -number - 1
            whole.setdefault((part["destination"], reference), []).append(part)
        for (destination, _), parts in whole.items():
            parts.sort(key=lambda part: (part["concatenation"] or {"part": 1})["part"])
            expected = (parts[0]["concatenation"] or {"parts": 1})["parts"]
            assert len(parts) == expected, f"{len(parts)} parts of {expected} for one SMS"
            # A text in UTF-16 may be cut anywhere but inside a pair, so the parts' texts just follow each other.
            yield "+" + destination.removeprefix("+"), "".join(part["text"] for part in parts)
