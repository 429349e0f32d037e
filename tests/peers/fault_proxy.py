"""A TCP proxy that does to connections what networks and dying peers do. Runs in a thread of the test, which controls it.

    with FaultProxy(port) as proxy:       # proxy.port listens on 127.0.0.1 and leads to `port`
        proxy.hang()                      # from now on nothing passes, in either direction; connections stay open
        proxy.pass_on()                   # … and what waited goes on
        proxy.drop()                      # every open connection is reset
        proxy.close_after(b"\r\n.\r\n")   # the client's bytes up to there arrive, then the connection is reset

"client" is who connected to the proxy, "server" who is behind it; a direction is named after who sends.
"""

import asyncio
import contextlib
import socket
import struct
import threading
from typing import Any, Callable

CHUNK_BYTES = 16 * 1024
DIRECTIONS = ("client", "server")
START_S = 10


class _Cut:
    """Ends a connection after `count` bytes of one direction, or after `pattern` has passed in it; `left` times."""

    def __init__(self, direction: str, count: int | None, pattern: bytes | None, times: int | None, hang: bool):
        self.direction, self.count, self.pattern, self.left, self.hang = direction, count, pattern, times, hang

    def end_of(self, tail: bytes, data: bytes, passed: int) -> int | None:
        """How many bytes of `data` still pass; None: all of it, and the connection goes on."""
        if self.left == 0:
            return None
        if self.count is not None:
            return self.count - passed if passed + len(data) >= self.count else None
        at = (tail + data).find(self.pattern, max(0, len(tail) - len(self.pattern) + 1))
        return None if at < 0 else max(0, at + len(self.pattern) - len(tail))


class _Link:
    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter):
        self.client, self.server = client, server

    def reset(self, *sides: str) -> None:
        """RST rather than FIN: what a killed peer or an impatient firewall sends."""
        for side in sides or DIRECTIONS:
            writer = self.client if side == "client" else self.server
            with contextlib.suppress(OSError):
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()


class FaultProxy:
    def __init__(self, target_port: int, target_host: str = "127.0.0.1"):
        self.target = (target_host, target_port)
        self.port = 0
        self.accepted = 0  # connections, those refused not counted
        self.cuts_made = 0
        self.bytes = dict.fromkeys(DIRECTIONS, 0)  # that passed
        self._delay_s = 0.0
        self._trickle = dict.fromkeys(DIRECTIONS, False)
        self._cuts: list[_Cut] = []
        self._links: set[_Link] = set()
        self._listener: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-proxy", daemon=True)

    # --- what a test says ---

    def pass_on(self) -> None:
        """Back to a plain proxy; what was held back goes on, a refused port is open again."""

        async def normal() -> None:
            self._delay_s, self._trickle, self._cuts = 0.0, dict.fromkeys(DIRECTIONS, False), []
            self._open_gate.set()
            await self._listen()

        self._run(normal())

    def hang(self) -> None:
        """A black hole: connections are accepted and stay open, nothing passes."""
        self._call(lambda: self._open_gate.clear())

    def drop(self) -> int:
        """Resets every open connection; how many there were."""
        return self._call(self._reset_all)

    def refuse(self) -> None:
        """Open connections are reset, new ones refused."""

        async def refuse() -> None:
            if self._listener:
                self._listener.close()
                self._listener = None
            self._reset_all()

        self._run(refuse())

    def delay(self, seconds: float) -> None:
        self._call(lambda: setattr(self, "_delay_s", seconds))

    def trickle(self, direction: str = "server") -> None:
        """One byte a second of what this side sends."""
        self._call(lambda: self._trickle.update({direction: True}))

    def close_after(self, what: int | bytes, direction: str = "client", times: int | None = None, hang: bool = False) -> None:
        """A connection is reset once so many bytes, or this pattern, of `direction` have gone through. `times`: only the
        first that get there. `hang`: it stays open and says nothing more instead."""
        is_count = isinstance(what, int)
        cut = _Cut(direction, what if is_count else None, None if is_count else what, times, hang)
        self._call(lambda: self._cuts.append(cut))

    @property
    def open(self) -> int:
        return self._call(lambda: len(self._links))

    # --- life ---

    def __enter__(self) -> "FaultProxy":
        self._thread.start()
        self._run(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        async def end() -> None:
            if self._listener:
                self._listener.close()
            self._reset_all()
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        self._run(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(START_S)
        self._loop.close()

    def _run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(START_S)

    def _call(self, function: Callable[[], Any]) -> Any:
        async def call() -> Any:
            return function()

        return self._run(call())

    # --- in the loop ---

    async def _start(self) -> None:
        self._open_gate = asyncio.Event()
        self._open_gate.set()
        await self._listen()

    async def _listen(self) -> None:
        if not self._listener:
            self._listener = await asyncio.start_server(self._connected, "127.0.0.1", self.port, limit=CHUNK_BYTES)
            self.port = self._listener.sockets[0].getsockname()[1]

    def _reset_all(self) -> int:
        count = len(self._links)
        for link in list(self._links):
            link.reset()
        return count

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        try:
            target_reader, target_writer = await asyncio.open_connection(*self.target, limit=CHUNK_BYTES)
        except OSError:
            writer.transport.abort()
            return
        link = _Link(writer, target_writer)
        self._links.add(link)
        pumps = [
            asyncio.ensure_future(self._pump("client", reader, target_writer, link)),
            asyncio.ensure_future(self._pump("server", target_reader, writer, link)),
        ]
        try:
            await asyncio.wait(pumps)
        finally:
            self._links.discard(link)
            for pump in pumps:
                pump.cancel()
            for end in (writer, target_writer):
                end.close()

    async def _pump(self, direction: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, link: _Link) -> None:
        passed, tail = 0, b""
        with contextlib.suppress(OSError, EOFError):
            while data := await reader.read(1 if self._trickle[direction] else CHUNK_BYTES):
                if self._trickle[direction]:
                    await asyncio.sleep(1)
                if self._delay_s:
                    await asyncio.sleep(self._delay_s)
                await self._open_gate.wait()
                cut, keep = self._cut_of(direction, tail, data, passed)
                # Before the receiver can have them, so that who has heard the last of an exchange finds all of it counted.
                self.bytes[direction] += keep
                writer.write(data[:keep])
                await writer.drain()
                passed += keep
                tail = (tail + data)[-256:]
                if cut:
                    self.cuts_made += 1
                    if cut.hang:
                        await asyncio.Event().wait()
                    # The receiver still reads what came before the end, as from a peer that dies after its last write: a
                    # reset would take back what it has not read yet.
                    writer.close()
                    return link.reset(direction)
            # One side has said all it had to say.
            if writer.can_write_eof():
                writer.write_eof()

    def _cut_of(self, direction: str, tail: bytes, data: bytes, passed: int) -> tuple[_Cut | None, int]:
        for cut in self._cuts:
            if cut.direction == direction and (end := cut.end_of(tail, data, passed)) is not None:
                if cut.left is not None:
                    cut.left -= 1
                return cut, min(end, len(data))
        return None, len(data)
