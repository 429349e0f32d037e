"""Servers of a benchmark: started so that none outlives it, told to stop, and found with all their processes."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

STOP_S = 20
# Servers are in /usr/sbin, which is not on every user's PATH.
SEARCH_PATH = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"


def program(name: str) -> str:
    """Where the program is; an error that says what to do if it isn't anywhere."""
    found = shutil.which(name, path=SEARCH_PATH)
    if not found:
        raise FileNotFoundError(f"{name} is not installed; run deploy/install-packages build test bench")
    return found


def start(command: list, log: pathlib.Path, as_nobody: bool = False, **options) -> subprocess.Popen:
    """Starts `command` so that it ends when this process does, however that ends. `log` takes what it says, unless `options`
    send its output elsewhere. `as_nobody`: where this is root, run it as nobody."""
    prefix = [program("setpriv"), "--pdeathsig", "SIGTERM"]
    if as_nobody and os.geteuid() == 0:
        prefix += ["--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]
    with log.open("ab") as output:
        options = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output} | options
        return subprocess.Popen([*prefix, program(str(command[0])), *map(str, command[1:])], **options)


def stop(process: subprocess.Popen) -> None:
    """SIGTERM, and SIGKILL if that does nothing."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout:
        process.stdout.close()


def _others_may_enter(directory: pathlib.Path) -> bool:
    return all(path.stat().st_mode & 0o001 for path in (directory, *directory.parents))


class Server:
    """A server that runs inside `with`, with a directory of its own, which is removed at the end. A subclass starts it in
    `_start`; what it registers with `stack` is undone at the end, and also when starting fails."""

    directory: pathlib.Path
    # Where its directory is made, on a real disk. As root some servers become users of their own, so it counts only where all
    # may enter.
    place: pathlib.Path | None = None
    _stack: contextlib.ExitStack

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            place = pathlib.Path("/var/tmp")
            if self.place:
                self.place.mkdir(parents=True, exist_ok=True)
                if os.geteuid() != 0 or _others_may_enter(self.place.resolve()):
                    place = self.place
            directory = tempfile.TemporaryDirectory(prefix="vestnik-bench-", dir=place, ignore_cleanup_errors=True)
            self.directory = pathlib.Path(stack.enter_context(directory))
            self.directory.chmod(0o755)
            self._start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _start(self, stack: contextlib.ExitStack) -> None:
        raise NotImplementedError

    def pids(self) -> list[int]:
        """All its processes that are there now."""
        raise NotImplementedError

    def _run_peer(self, stack: contextlib.ExitStack, make, script: str, **variables: str):
        """A script of tests/peers, `make` being tests/integration's Peer, that keeps its data in this server's directory."""
        data = self.directory / "data"
        data.mkdir()
        data.chmod(0o755)
        settings = [f"{name}={value}" for name, value in ({"TMPDIR": str(data)} | variables).items()]
        return stack.enter_context(make(script, log=self.directory / f"{script}.log", prefix=("env", *settings)))

    def _run(self, stack: contextlib.ExitStack, command: list, log: str, **options) -> subprocess.Popen:
        process = start(command, self.directory / log, **options)
        stack.callback(stop, process)
        return process

    def said(self, log: str) -> str:
        """The end of what was written to the log of that name."""
        return (self.directory / log).read_text(errors="replace")[-4000:]
