from typing import Callable, Iterator

import pytest
from fixtures import start  # noqa: F401
from playwright.sync_api import Browser, sync_playwright
from reader import CHROMIUM, Reader
from test_deliveries import System
from vestnik import BINARY, Vestnik

# To an address of the first kind a mail can't be delivered, of the second one it may have been.
GONE = "rcpt gone*@example.org 550 5.1.1 no such user here"
DOUBTFUL = "message doubtful*@example.org close"


def pytest_sessionstart(session: pytest.Session) -> None:
    if not BINARY.exists():
        pytest.exit(f"{BINARY} is not there; `make build` makes it", returncode=2)
    if not CHROMIUM:
        pytest.exit("Chromium is not there; `make deps-test` installs it", returncode=2)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Its own sandbox needs what a container may not have; it opens only what these tests serve.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def read(browser: Browser) -> Iterator[Callable[..., Reader]]:
    """Opens the page of a server for one reader; at the end, nothing may have gone wrong in it that the test does not expect."""
    readers: list[Reader] = []

    def read(server: Vestnik, **options) -> Reader:
        readers.append(Reader(browser, server, **options))
        return readers[-1]

    yield read
    for reader in readers:
        reader.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vestnik]:
    """One embedded sandbox system for all tests of a module that only talk to it."""
    with Vestnik(tmp_path_factory.mktemp("server")) as process:
        yield process


@pytest.fixture
def system(start, tmp_path) -> Iterator[System]:
    """E-mails go to a real mail server, SMS to the sandbox; what is in doubt waits for a person."""
    system = System(start, tmp_path, GONE, DOUBTFUL, VESTNIK_CATEGORIES="transactional in_doubt=hold")
    yield system
    system.smtp.peer.stop()
