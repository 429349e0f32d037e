from typing import Iterator

import pytest
from fixtures import kafka, otlp, providers, smsc, smtp, start, topics  # noqa: F401
from vestnik import BINARY, Vestnik


def pytest_sessionstart(session: pytest.Session) -> None:
    if not BINARY.exists():
        pytest.exit(f"{BINARY} is not there; `make build` makes it", returncode=2)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vestnik]:
    """One embedded sandbox system for all tests of a module that only talk to it."""
    with Vestnik(tmp_path_factory.mktemp("server")) as process:
        yield process
        assert process.process.poll() is None, process.log()[-4000:]
        assert process.stop() == 0
