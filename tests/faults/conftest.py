import itertools
import pathlib
import random
from typing import Any, Callable, Iterator

import peers
import preload
import pytest
from fault_proxy import FaultProxy
from fixtures import kafka, providers, smsc, smtp, start, topics  # noqa: F401
from vestnik import BINARY


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fault-seed", type=int, default=None, help="repeats a run's random choices (each run prints its seed)")
    parser.addoption("--long", action="store_true", help="also the tests that take minutes")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--fault-seed") is None:
        config.option.fault_seed = random.SystemRandom().randrange(1 << 32)


def pytest_report_header(config: pytest.Config) -> str:
    return f"--fault-seed={config.getoption('--fault-seed')}  {BINARY}"


def pytest_sessionstart(session: pytest.Session) -> None:
    if not BINARY.exists():
        pytest.exit(f"{BINARY} is not there; `make build` makes it", returncode=2)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long ones are left out rather than skipped: they are another set, not something that is missing here."""
    for item in items:
        # A hang fails. Twice what a wait for quiet may take, so that such a wait fails first and says what it waited for.
        item.add_marker(pytest.mark.timeout(1800 if item.get_closest_marker("long") else 400))
    if config.getoption("--long"):
        return
    config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("long")])
    items[:] = [item for item in items if not item.get_closest_marker("long")]


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    """The same for the same test and seed, whichever other tests run."""
    return random.Random(f"{request.config.getoption('--fault-seed')} {request.node.nodeid}")


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return preload.compile_library(tmp_path_factory.mktemp("shim"))


@pytest.fixture
def faults(shim: pathlib.Path, tmp_path: pathlib.Path) -> preload.Faults:
    """Disk and clock of the process that is started with `**faults.variables` in this test's directory."""
    return preload.Faults(shim, tmp_path, tmp_path / "data")


@pytest.fixture
def proxy() -> Iterator[Callable[[int], FaultProxy]]:
    """`proxy(port)`: a fault proxy in front of that port, closed at the end of the test."""
    proxies: list[FaultProxy] = []

    def make(port: int) -> FaultProxy:
        made = FaultProxy(port)
        made.__enter__()
        proxies.append(made)
        return made

    yield make
    for made in proxies:
        made.__exit__()


@pytest.fixture
def mail_server(tmp_path: pathlib.Path) -> Iterator[Callable[..., peers.SmtpServer]]:
    """`mail_server(*arguments)`: tests/peers/smtp_server.py with these; one a test."""
    yield from _one_peer(lambda *arguments: peers.SmtpServer(tmp_path, *arguments))


@pytest.fixture
def sms_centre(tmp_path: pathlib.Path) -> Iterator[Callable[..., peers.Smsc]]:
    """`sms_centre(*arguments)`: tests/peers/smsc with these; one a test."""
    yield from _one_peer(lambda *arguments: peers.Smsc(tmp_path, *arguments))


def _one_peer(make: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    made = []

    def start(*arguments: str) -> Any:
        made.append(make(*arguments))
        return made[-1]

    yield start
    for server in made:
        server.peer.stop()


_directories = itertools.count(1)


@pytest.fixture
def workflow(tmp_path: pathlib.Path) -> Callable[[str, dict[str, str]], dict[str, str]]:
    """`workflow(steps, templates)`: variables that replace the welcome set. `steps` is YAML, `templates` maps
    "<template>/<file>" to its text."""

    def make(steps: str, templates: dict[str, str]) -> dict[str, str]:
        base = tmp_path / f"set-{next(_directories)}"
        (base / "workflows").mkdir(parents=True)
        (base / "workflows" / "user_registered.yaml").write_text(f"steps:\n{steps}")
        for name, text in templates.items():
            file = base / "templates" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return {"VESTNIK_WORKFLOWS_DIR": str(base / "workflows"), "VESTNIK_TEMPLATES_DIR": str(base / "templates")}

    return make
