"""The server does what its own /openapi.json says: schemathesis makes up requests, good and bad, and checks every answer."""

import os
import pathlib
import subprocess
import sys

SECONDS_MAX = 150


def test_schemathesis_finds_nothing(server, tmp_path):
    schemathesis = pathlib.Path(sys.executable).with_name("schemathesis")
    result = subprocess.run(
        [
            schemathesis,
            f"--config-file={pathlib.Path(__file__).with_name('schemathesis.toml')}",
            "run",
            f"{server.address}/openapi.json",
            "--checks=all",
            "--phases=examples,coverage,fuzzing,stateful",
            "--max-examples=60",
            "--seed=1",
            "--request-timeout=10",
            # One: Debian 12's Python can fail when two threads parse code at once, as Hypothesis does
            # (python/cpython#106905).
            "--workers=1",
            "--no-color",
        ],
        cwd=tmp_path,
        env=os.environ
        | {
            "HYPOTHESIS_STORAGE_DIRECTORY": str(tmp_path),
            "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
            "PYTHONPATH": str(pathlib.Path(__file__).parent),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
    )
    assert result.returncode == 0, result.stdout[-8000:] + result.stderr[-2000:]
