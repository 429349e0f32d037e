"""Puts records into Kafka as they are, byte for byte: Produce version 3, record batches of magic 2.
https://kafka.apache.org/protocol"""

import itertools
import socket
import struct
import time
from typing import NamedTuple

PRODUCE, VERSION = 0, 3
ACKS_ALL = -1
TIMEOUT_MS = 30_000
NOT_YET = {3, 5, 6}  # unknown topic or partition, no leader, not the leader


class Record(NamedTuple):
    key: bytes | None
    value: bytes | None
    headers: dict[str, bytes | None] = {}


def _crc32c_table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


_TABLE = _crc32c_table()


def crc32c(data: bytes) -> int:
    crc, table = 0xFFFFFFFF, _TABLE
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def _varint(number: int) -> bytes:
    number = number << 1 ^ number >> 63  # zigzag
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _sized(data: bytes | None) -> bytes:
    return _varint(-1) if data is None else _varint(len(data)) + data


def _record(offset: int, record: Record) -> bytes:
    headers = b"".join(_sized(name.encode()) + _sized(value) for name, value in record.headers.items())
    body = b"\0" + _varint(0) + _varint(offset) + _sized(record.key) + _sized(record.value)
    body += _varint(len(record.headers)) + headers
    return _varint(len(body)) + body


def _batch(records: list[Record]) -> bytes:
    now = int(time.time() * 1000)
    count = len(records)
    checked = struct.pack(">hiqqqhii", 0, count - 1, now, now, -1, -1, -1, count)
    checked += b"".join(_record(offset, record) for offset, record in enumerate(records))
    after_length = struct.pack(">ib", 0, 2) + struct.pack(">I", crc32c(checked)) + checked
    return struct.pack(">qi", 0, len(after_length)) + after_length


def _string(text: str) -> bytes:
    return struct.pack(">h", len(text)) + text.encode()


class Producer:
    """One broker, which leads every partition."""

    def __init__(self, address: str):
        host, port = address.rsplit(":", 1)
        self._socket = socket.create_connection((host, int(port)), timeout=TIMEOUT_MS / 1000)
        self._stream = self._socket.makefile("rb")
        self._numbers = itertools.count(1)

    def __enter__(self) -> "Producer":
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        self._socket.close()

    def send(self, topic: str, partition: int, records: list[Record]) -> int:
        """As one batch, on every replica when this returns; the first one's offset."""
        deadline = time.monotonic() + TIMEOUT_MS / 1000
        while True:
            error, offset = self._send_once(topic, partition, records)
            if error not in NOT_YET or time.monotonic() > deadline:
                break
            time.sleep(0.05)  # a topic that was just made has its leaders in a moment
        assert error == 0, f"the broker refuses the batch with error {error}"
        return offset

    def _send_once(self, topic: str, partition: int, records: list[Record]) -> tuple[int, int]:
        batch = _batch(records)
        body = struct.pack(">hhi", PRODUCE, VERSION, next(self._numbers)) + _string("fault-tests")
        body += struct.pack(">hhi", -1, ACKS_ALL, TIMEOUT_MS)
        body += struct.pack(">i", 1) + _string(topic) + struct.pack(">iii", 1, partition, len(batch)) + batch
        self._socket.sendall(struct.pack(">i", len(body)) + body)
        (size,) = struct.unpack(">i", self._stream.read(4))
        answer = self._stream.read(size)
        at = 4 + 4 + 2 + len(topic) + 4 + 4  # correlation, topics, name, partitions, index
        return struct.unpack_from(">hq", answer, at)
