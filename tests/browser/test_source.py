"""The page's source: its types, and the tests of the parts that need no browser."""

import subprocess

import pytest
from vestnik import PROJECT

WEB = PROJECT / "web"
SECONDS_MAX = 120


@pytest.fixture(scope="module", autouse=True)
def packages() -> None:
    subprocess.run([WEB / "build", "--packages-only"], check=True, stdin=subprocess.DEVNULL, timeout=SECONDS_MAX)


def run(*command: str) -> None:
    result = subprocess.run(command, cwd=WEB, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS_MAX)
    assert result.returncode == 0, result.stdout + result.stderr


def test_types():
    run("node_modules/.bin/tsc", "--noEmit")


def test_units():
    run("node", "dev/test.mjs")


def test_the_lock_file_names_no_registry():
    assert '"resolved"' not in (WEB / "package-lock.json").read_text()
