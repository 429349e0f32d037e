"""The fault proxy itself: a proxy that doesn't do what it is told would let every other test here pass."""

import socket
import threading
import time

import pytest
from fault_proxy import FaultProxy


class Echo:
    """Answers every byte with itself, and keeps what it read."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.received = b""
        self.closed = threading.Event()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                while data := connection.recv(4096):
                    self.received += data
                    connection.sendall(data)
            except OSError:
                pass
        self.closed.set()


@pytest.fixture
def echo():
    server = Echo()
    yield server
    server.listener.close()


@pytest.fixture
def through(echo):
    with FaultProxy(echo.port) as proxy:
        yield proxy


def connect(proxy: FaultProxy, timeout: float = 10) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=timeout)


def exchange(client: socket.socket, data: bytes) -> bytes:
    client.sendall(data)
    answer = b""
    while len(answer) < len(data) and (got := client.recv(4096)):
        answer += got
    return answer


def test_passes_bytes_both_ways(through):
    with connect(through) as client:
        assert exchange(client, b"hello" * 10_000) == b"hello" * 10_000
    assert through.bytes == {"client": 50_000, "server": 50_000}


def test_drop_resets_open_connections_only(through):
    with connect(through) as client:
        assert exchange(client, b"a") == b"a"
        assert through.drop() == 1
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    with connect(through) as client:
        assert exchange(client, b"b") == b"b"


def test_hang_holds_back_and_pass_on_lets_go(through):
    with connect(through) as client:
        assert exchange(client, b"a") == b"a"
        through.hang()
        client.sendall(b"b")
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.recv(1)
        client.settimeout(10)
        through.pass_on()
        assert client.recv(1) == b"b"


def test_refuse_and_again(through):
    through.refuse()
    with pytest.raises(ConnectionRefusedError):
        connect(through)
    through.pass_on()
    with connect(through) as client:
        assert exchange(client, b"a") == b"a"


def test_delay(through):
    through.delay(0.2)
    with connect(through) as client:
        began = time.monotonic()
        assert exchange(client, b"a") == b"a"
        assert time.monotonic() - began >= 0.4


def test_one_byte_a_second(through):
    through.trickle("server")
    with connect(through) as client:
        began = time.monotonic()
        assert exchange(client, b"abc") == b"abc"
        assert time.monotonic() - began >= 2.5


def test_close_after_a_number_of_bytes(through, echo):
    through.close_after(5, "client")
    with connect(through) as client:
        client.sendall(b"123456789")
        with pytest.raises(ConnectionResetError):
            while client.recv(16):
                pass
    assert echo.closed.wait(10)
    assert echo.received == b"12345"


def test_close_after_a_pattern_that_comes_in_pieces(through, echo):
    through.close_after(b"\r\n.\r\n", times=1)
    with connect(through) as client:
        assert exchange(client, b"body\r\n.") == b"body\r\n."
        client.sendall(b"\r\nQUIT")
        with pytest.raises(ConnectionResetError):
            while client.recv(16):
                pass
    assert echo.closed.wait(10)
    assert echo.received == b"body\r\n.\r\n"
    with connect(through) as client:
        assert exchange(client, b"\r\n.\r\n") == b"\r\n.\r\n", "only once"
    assert through.cuts_made == 1


def test_close_in_the_servers_direction_gives_the_client_what_came_before(through):
    through.close_after(b"35", "server")
    with connect(through) as client:
        client.sendall(b"3547")
        answer = b""
        while got := client.recv(16):
            answer += got
        assert answer == b"35"


def test_silence_after_a_pattern(through, echo):
    through.close_after(b"DATA", hang=True)
    with connect(through, timeout=0.3) as client:
        client.sendall(b"DATA more")
        with pytest.raises(TimeoutError):
            while True:
                assert client.recv(16) in (b"DATA", b"D", b"ATA")
    assert echo.received == b"DATA"
