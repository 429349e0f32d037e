"""Fixtures that several folders of tests share; their conftest.py imports the names."""

import itertools
import pathlib
from typing import Callable, Iterator

import peers
import pytest
from vestnik import Vestnik


@pytest.fixture
def start(tmp_path: pathlib.Path) -> Iterator[Callable[..., Vestnik]]:
    """Starts processes, `start(role, VARIABLE=value, …)`, in this test's directory; what still runs at the end is killed."""
    started: list[Vestnik] = []

    def start(role: str = "", wait: bool = True, directory: pathlib.Path = tmp_path, **variables: str) -> Vestnik:
        process = Vestnik(directory, role, **variables)
        started.append(process)
        return process.start(wait)

    yield start
    for process in started:
        process.__exit__()


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[peers.Peer]:
    with peers.kafka(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture
def smtp(tmp_path: pathlib.Path) -> Iterator[peers.SmtpServer]:
    server = peers.SmtpServer(tmp_path)
    yield server
    server.peer.stop()


@pytest.fixture
def smsc(tmp_path: pathlib.Path) -> Iterator[peers.Smsc]:
    server = peers.Smsc(tmp_path)
    yield server
    server.peer.stop()


@pytest.fixture
def otlp(tmp_path: pathlib.Path) -> Iterator[peers.OtlpReceiver]:
    receiver = peers.OtlpReceiver(tmp_path)
    yield receiver
    receiver.peer.stop()


@pytest.fixture
def providers(smtp: peers.SmtpServer, smsc: peers.Smsc) -> dict[str, str]:
    return {"SMTP_URL": smtp.url, "SMPP_URL": smsc.url}


TOPICS = ["user-events", "notification-events", "analytics-events"]
CONSUMERS = ["notification-service", "email-service", "sms-service", "analytics-service"]
_numbers = itertools.count(1)


@pytest.fixture
def topics() -> dict[str, str]:
    """Topics and groups of this test only, since the broker is shared."""
    number = next(_numbers)
    names = {f"KAFKA_TOPIC_{name.upper().replace('-', '_')}": f"{name}-{number}" for name in TOPICS}
    groups = {f"{role.upper().replace('-', '_')}_GROUP": f"{role}-{number}" for role in CONSUMERS}
    return names | groups
