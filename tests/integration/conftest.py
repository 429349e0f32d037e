import pathlib
from typing import Callable, Iterator

import peers
import pytest
from vestnik import BINARY, Vestnik


def pytest_sessionstart(session: pytest.Session) -> None:
    if not BINARY.exists():
        pytest.exit(f"{BINARY} is not there; `make build` makes it", returncode=2)


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


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vestnik]:
    """One embedded sandbox system for all tests of a module that only talk to it."""
    with Vestnik(tmp_path_factory.mktemp("server")) as process:
        yield process
        assert process.process.poll() is None, process.log()[-4000:]
        assert process.stop() == 0


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[peers.Peer]:
    with peers.kafka(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker
