"""The peers that Vestnik is measured against, each as a context manager on a free port of 127.0.0.1, and the load for those
that have a load generator of their own.

    with Kafka() as kafka, Postgres() as postgres, GoRegister(kafka.brokers, postgres.url) as peer:
        …  # POST to peer.port; kafka.pids(), postgres.pids(), peer.pids() are all the processes of each

`python3 bench/harness/peers.py` starts each one, sends a few messages through and says ok: that all of it works on this
machine. Needs `deploy/install-packages build test bench`, `third_party/install test-peers` and `third_party/smsc/install`."""

import contextlib
import http.client
import importlib.util
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

PROJECT = pathlib.Path(__file__).resolve().parents[2]
# Behind what is there: a module of the tests has the name of this one.
sys.path += [str(PROJECT / "bench"), str(PROJECT / "tests" / "integration"), str(PROJECT / "tests" / "peers")]

from harness.processes import tree  # noqa: E402
from harness.server import Server, program  # noqa: E402
from ports import free_port  # noqa: E402
from vestnik import wait_until  # noqa: E402

READY_S = 30
KANNEL_LOAD_S_MAX = 300
GO_SOURCES = PROJECT / "bench" / "peers" / "go-register"
GO_REGISTER = PROJECT / "build" / "bench" / "go-register"
# What Kafka's own start script gives a broker; the tests' broker has a small heap and only the fast compiler.
KAFKA_JVM_OPTIONS = "-server -Xms1g -Xmx1g -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35"


def _load_test_peers():
    spec = importlib.util.spec_from_file_location("test_peers", PROJECT / "tests" / "integration" / "peers.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


test_peers = _load_test_peers()


def accepts(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def build_go_register() -> pathlib.Path:
    """The Go peer, built with the versions in go.sum; does nothing where it is up to date."""
    environment = os.environ | {"GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
    command = [program("go"), "build", "-buildvcs=false", "-trimpath", "-o", GO_REGISTER, "."]
    subprocess.run(command, cwd=GO_SOURCES, env=environment, check=True)
    return GO_REGISTER


# --- what Vestnik and its peers stand on ---


class Kafka(Server):
    """A broker of the tests, with the JVM as Kafka's start script sets it. `brokers`: host and port."""

    def __init__(self, place: pathlib.Path | None = None):
        self.place = place

    def _start(self, stack: contextlib.ExitStack) -> None:
        options = os.environ.get("KAFKA_JVM_OPTIONS", KAFKA_JVM_OPTIONS)
        self.peer = self._run_peer(stack, test_peers.Peer, "kafka", KAFKA_JVM_OPTIONS=options)
        self.brokers = test_peers.brokers(self.peer)

    def pids(self) -> list[int]:
        return tree(self.peer.process.pid)[1:]  # without the script that started the broker


class Postgres(Server):
    """A fresh cluster. `url`: postgresql://…"""

    def __init__(self, place: pathlib.Path | None = None):
        self.place = place

    def _start(self, stack: contextlib.ExitStack) -> None:
        self.peer = self._run_peer(stack, test_peers.Peer, "postgres")
        self.url = self.peer.ready
        test_peers.command(self.peer, "pid")
        self.postmaster = int(self.peer.process.stdout.readline().split()[1])

    def pids(self) -> list[int]:
        return tree(self.postmaster)


# --- registration ---


class GoRegister(Server):
    """bench/peers/go-register on `port`: POST /register in front of Kafka, with a `database` (URL) also of PostgreSQL."""

    def __init__(self, brokers: str, database: str | None = None, topic: str = "go-user-events"):
        self.arguments = ["-brokers", brokers, "-topic", topic, *(["-database", database] if database else [])]

    def _start(self, stack: contextlib.ExitStack) -> None:
        command = [build_go_register(), *self.arguments]
        self.process = self._run(stack, command, "log", stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("port "):
            raise RuntimeError(f"go-register did not start:\n{self.said('log')}")
        self.port = int(line.split()[1])

    def pids(self) -> list[int]:
        return tree(self.process.pid)


NGINX_CONF = """
daemon off;
worker_processes 1;
pid {directory}/pid;
error_log {directory}/log error;
events {{ worker_connections 8192; }}
http {{
  access_log off;
  keepalive_requests 2000000000;
  keepalive_timeout 1h;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  default_type application/json;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      return 200 '{{"status":"success","user_id":"user_01997c3e-7a10-7d51-a3a5-5d9f8a6b4c21"}}';
    }}
  }}
}}
"""


class Nginx(Server):
    """Answers every request, POST too, as user-service answers a registration, and does nothing else. `port`."""

    def _start(self, stack: contextlib.ExitStack) -> None:
        self.port = free_port()
        configuration = self.directory / "nginx.conf"
        configuration.write_text(NGINX_CONF.format(directory=self.directory, port=self.port))
        self.process = self._run(stack, ["nginx", "-c", configuration, "-p", self.directory], "log")
        wait_until(lambda: accepts(self.port), READY_S, lambda: f"nginx listens\n{self.said('log')}")

    def pids(self) -> list[int]:
        return tree(self.process.pid)


# --- e-mail ---


class SmtpSink(Server):
    """Postfix's smtp-sink, which takes every mail and throws it away. `port`."""

    def __init__(self, connections_max: int = 256):
        self.connections_max = connections_max

    def _start(self, stack: contextlib.ExitStack) -> None:
        self.port = free_port()
        # As root it would want a user to become.
        command = ["smtp-sink", "-c", "-m", self.connections_max, f"127.0.0.1:{self.port}", 1024]
        # It writes its counters after each mail, some 35 bytes; as a file that costs least and nobody has to read along.
        output = stack.enter_context((self.directory / "counters").open("wb"))
        self.process = self._run(stack, command, "log", as_nobody=True, stdout=output)
        wait_until(lambda: accepts(self.port), READY_S, lambda: f"smtp-sink listens\n{self.said('log')}")

    def count(self) -> int:
        """Mails taken since it started."""
        with (self.directory / "counters").open("rb") as counters:
            counters.seek(max(0, counters.seek(0, os.SEEK_END) - 200))
            counts = re.findall(rb"mesg=(\d+)\r", counters.read())
        return int(counts[-1]) if counts else 0

    def pids(self) -> list[int]:
        return tree(self.process.pid)


class PostfixRelay(Server):
    """Postfix that takes mail on `port`, keeps it durably, and sends all of it on to `sink_port`. Started through sudo where
    this isn't root."""

    def __init__(self, sink_port: int):
        self.sink_port = sink_port

    def _start(self, stack: contextlib.ExitStack) -> None:
        peer = stack.enter_context(test_peers.postfix(self.directory, "--relay-to", str(self.sink_port)))
        self.port, self.master = map(int, peer.ready.split())

    def pids(self) -> list[int]:
        return tree(self.master)


def smtp_source(port: int, messages: int, sessions: int = 20, bytes: int = 1500) -> float:
    """Sends `messages` mails of `bytes` over `sessions` connections that are kept; the seconds until all were taken."""
    command = [program("smtp-source"), "-d", "-s", sessions, "-m", messages, "-l", bytes]
    command += ["-f", "load@example.org", "-t", "user@example.org", f"127.0.0.1:{port}"]
    begin = time.monotonic()
    result = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if result.returncode != 0:
        raise RuntimeError(f"smtp-source failed: {result.stderr or result.stdout}")
    return time.monotonic() - begin


# --- SMS ---

KANNEL_CONF = """
group = core
admin-port = {admin_port}
admin-interface = 127.0.0.1
admin-password = not-a-secret
status-password = not-a-secret
smsbox-port = {smsbox_port}
smsbox-interface = 127.0.0.1
store-type = file
store-location = {directory}/store
log-level = 3

group = smsc
smsc = smpp
smsc-id = sink
host = 127.0.0.1
port = {smpp_port}
transceiver-mode = true
smsc-username = vestnik
smsc-password = secret
system-type = ""
max-pending-submits = 100
reconnect-delay = 1
log-level = 3

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {port}
sendsms-interface = 127.0.0.1
log-level = 3

group = sendsms-user
username = load
password = not-a-secret
concatenation = true
max-messages = 10
default-sender = Vestnik
"""


class Kannel(Server):
    """Kannel in front of the SMSC on `smpp_port` (any system id and password): HTTP on `port`, a file store, a window of 100."""

    sendsms = "/cgi-bin/sendsms?username=load&password=not-a-secret"

    def __init__(self, smpp_port: int):
        self.smpp_port = smpp_port

    def _start(self, stack: contextlib.ExitStack) -> None:
        self.port, self.admin_port, smsbox_port = free_port(), free_port(), free_port()
        configuration = self.directory / "kannel.conf"
        values = {"directory": self.directory, "port": self.port, "admin_port": self.admin_port}
        configuration.write_text(KANNEL_CONF.format(smsbox_port=smsbox_port, smpp_port=self.smpp_port, **values))
        self.bearerbox = self._run(stack, ["bearerbox", "-v", 3, configuration], "bearerbox.log")
        wait_until(lambda: accepts(smsbox_port), READY_S, lambda: f"bearerbox listens\n{self.said('bearerbox.log')}")
        self.smsbox = self._run(stack, ["smsbox", "-v", 3, configuration], "smsbox.log")
        wait_until(lambda: accepts(self.port), READY_S, lambda: f"smsbox listens\n{self.said('smsbox.log')}")
        wait_until(self.is_bound, READY_S, lambda: f"Kannel is bound to the SMSC\n{self.status()}{self.said('bearerbox.log')}")

    def status(self) -> str:
        """bearerbox's own page, in words."""
        address = f"http://127.0.0.1:{self.admin_port}/status.txt?password=not-a-secret"
        with urllib.request.urlopen(address, timeout=5) as answer:
            return answer.read().decode()

    def is_bound(self) -> bool:
        return bool(re.search(r"^\s*sink.*online", self.status(), re.MULTILINE))

    def queued(self) -> int:
        """SMS taken and not yet answered by the SMSC."""
        return int(re.search(r"store size (\d+)", self.status())[1])

    def pids(self) -> list[int]:
        return tree(self.bearerbox.pid) + tree(self.smsbox.pid)


def kannel_load(kannel: Kannel, messages: int, connections: int = 64, first: int = 0) -> int:
    """Sends SMS of one part to Kannel over `connections` kept HTTP connections until it took `messages`; how many it took. What
    is on its way then, less than one a connection, may be taken too. The first goes to number `first`, the next to the one
    after."""
    # wrk knows only a time to stop at: the script says when enough is done, and SIGINT ends wrk in good order.
    command = [program("wrk"), "-t1", f"-c{connections}", f"-d{KANNEL_LOAD_S_MAX}s"]
    command += ["-s", PROJECT / "bench" / "harness" / "sendsms.lua"]
    command += [f"http://127.0.0.1:{kannel.port}", "--", Kannel.sendsms, first, messages]
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(list(map(str, command)), **options) as wrk:
        output = ""
        for line in wrk.stdout:
            output += line
            if line == "enough\n":
                wrk.send_signal(signal.SIGINT)
    counts = re.search(r"^taken (\d+) refused (\d+) broken (\d+)$", output, re.MULTILINE)
    if not counts or int(counts[2]) or int(counts[3]) or int(counts[1]) < messages:
        raise RuntimeError(f"Kannel did not take {messages} SMS: {output}")
    return int(counts[1])


# --- the self-check ---


def _register(port: int, body: object) -> tuple[int, dict]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(connection):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection.request("POST", "/register", data, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def _expect(what: str, got: object, wanted: object) -> None:
    if got != wanted:
        raise AssertionError(f"{what}: {got}, not {wanted}")


def _check_go_register() -> None:
    anna = {"email": "anna@example.org", "phone": "+4915121234567", "name": "Anna"}
    refused = {
        400: b"{",
        409: anna | {"email": "ANNA@example.org", "phone": "+4915127654321"},
        413: anna | {"name": "x" * 70_000},
        422: anna | {"email": "Anna <anna@example.org>"},
    }
    with Postgres() as postgres:
        with Kafka() as kafka, GoRegister(kafka.brokers, postgres.url) as unique, GoRegister(kafka.brokers) as bare:
            status, answer = _register(unique.port, anna)
            _expect("go-register", (status, answer.get("status")), (200, "success"))
            _expect("go-register, registered again", _register(unique.port, anna), (200, answer))
            for status, body in refused.items():
                _expect(f"go-register, {body!s:.80}", _register(unique.port, body)[0], status)
            _expect("go-register without users", _register(bare.port, anna)[0], 200)
            for server in (kafka, postgres, unique, bare):
                _expect(f"{type(server).__name__} has processes", bool(server.pids()), True)
            kafka.peer.kill()
            _expect("go-register without Kafka", _register(unique.port, anna)[0], 503)


def _check_nginx() -> None:
    with Nginx() as nginx:
        status, answer = _register(nginx.port, {"email": "anna@example.org"})
        _expect("nginx", (status, answer["status"]), (200, "success"))
        _expect("processes of nginx", len(nginx.pids()), 2)


def _check_mail() -> None:
    with SmtpSink() as sink, PostfixRelay(sink.port) as relay:
        smtp_source(sink.port, 100)
        wait_until(lambda: sink.count() == 100, READY_S, lambda: f"100 mails in the sink: {sink.count()}")
        smtp_source(relay.port, 100)
        _expect("Postfix has processes", len(relay.pids()) > 2, True)
        wait_until(lambda: sink.count() == 200, READY_S, lambda: f"200 mails in the sink, 100 by Postfix: {sink.count()}")


def _check_kannel() -> None:
    with contextlib.ExitStack() as stack:
        directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        smsc = test_peers.Smsc(directory)
        stack.callback(smsc.peer.stop)
        kannel = stack.enter_context(Kannel(int(smsc.url.rpartition(":")[2])))
        taken = kannel_load(kannel, 500, connections=2)
        wait_until(lambda: kannel.queued() == 0, READY_S, lambda: f"Kannel's queue is empty\n{kannel.status()}")
        _expect("SMS that reached the SMSC of those taken", smsc.count() >= taken >= 500, True)
        _expect("processes of Kannel", len(kannel.pids()), 2)


def main() -> None:
    for check in (_check_nginx, _check_mail, _check_kannel, _check_go_register):
        check()
        print(f"{check.__name__.removeprefix('_check_')}: ok", flush=True)


if __name__ == "__main__":
    main()
