"""faulty_disk.c in the process under test: compiled once a run, told what to do through a page of shared memory."""

import errno
import mmap
import pathlib
import shutil
import struct
import subprocess

SOURCE = pathlib.Path(__file__).with_name("faulty_disk.c")
PAGE_BYTES = 4096
# struct control
OFFSETS = {"clock_offset_ns": (0, "q"), "write_error": (8, "i"), "sync_error": (12, "i"), "sync_hangs": (16, "i"),
           "refused": (20, "i"), "hanging": (24, "i")}
SUFFIX_AT, SUFFIX_BYTES = 28, 64
UNDO_HEADER = struct.Struct("qqq")


def compile_library(directory: pathlib.Path) -> pathlib.Path:
    library = directory / "faulty_disk.so"
    subprocess.run(["g++", "-x", "c", "-shared", "-fPIC", "-O1", "-Wall", "-o", library, SOURCE, "-ldl"], check=True)
    return library


class Faults:
    """The faults of one process that runs on `data_directory`; they outlive the process, so reset() before a restart."""

    def __init__(self, library: pathlib.Path, directory: pathlib.Path, data_directory: pathlib.Path):
        self.data_directory = data_directory
        self.undo_directory = directory / "undo"
        self.undo_directory.mkdir()
        control = directory / "faults.control"
        control.write_bytes(bytes(PAGE_BYTES))
        with control.open("r+b") as file:
            self._page = mmap.mmap(file.fileno(), PAGE_BYTES)
        self.variables = {
            "LD_PRELOAD": str(library),
            "FAULTS_CONTROL": str(control),
            "FAULTS_DIR": str(data_directory.resolve()),
            "FAULTS_UNDO": str(self.undo_directory),
        }

    def _set(self, name: str, value: int) -> None:
        at, form = OFFSETS[name]
        struct.pack_into(form, self._page, at, value)

    def _get(self, name: str) -> int:
        at, form = OFFSETS[name]
        return struct.unpack_from(form, self._page, at)[0]

    def _select(self, suffix: str) -> None:
        struct.pack_into(f"{SUFFIX_BYTES}s", self._page, SUFFIX_AT, suffix.encode())

    def disk_full(self, suffix: str = "") -> None:
        """No room for another write to files whose names end in `suffix` (empty: any)."""
        self._select(suffix)
        self._set("write_error", errno.ENOSPC)

    def sync_fails(self, suffix: str = "") -> None:
        self._select(suffix)
        self._set("sync_error", errno.EIO)

    def hold_syncs(self, hold: bool = True) -> None:
        """Writes reach the kernel, but nothing becomes durable."""
        self._set("sync_hangs", int(hold))

    def move_clock(self, seconds: float) -> None:
        self._set("clock_offset_ns", int(seconds * 1e9))

    def reset(self) -> None:
        for name in OFFSETS:
            self._set(name, 0)
        self._select("")

    @property
    def refused(self) -> int:
        """Writes and syncs that failed."""
        return self._get("refused")

    @property
    def held(self) -> int:
        """Syncs that began and were held."""
        return self._get("hanging")

    # --- power loss, after the process is dead ---

    def unsynced(self, name: str) -> list[tuple[int, int, bytes]]:
        """Writes to this file that no fsync has made durable, oldest first: where, the size before, the bytes before."""
        file = self.undo_directory / name
        log = file.read_bytes() if file.exists() else b""
        writes, at = [], 0
        while at + UNDO_HEADER.size <= len(log):
            offset, size, length = UNDO_HEADER.unpack_from(log, at)
            at += UNDO_HEADER.size
            if at + length > len(log):
                break  # killed while it noted this: the write itself never happened
            writes.append((offset, size, log[at : at + length]))
            at += length
        return writes

    def lose_unsynced(self, keep: int = 0, target: pathlib.Path | None = None) -> int:
        """What a power failure leaves: of every file, only the first `keep` of its writes since its last fsync.
        The number of writes that were lost. Forgets them."""
        lost = 0
        for log in self.undo_directory.iterdir():
            writes = self.unsynced(log.name)[keep:]
            file = (target or self.data_directory) / log.name
            if not file.exists():
                continue
            with file.open("r+b") as handle:
                for offset, size, old in reversed(writes):
                    handle.truncate(max(size, 0))
                    handle.seek(offset)
                    handle.write(old)
                    handle.truncate(size)
            lost += len(writes)
            if target is None:
                log.write_bytes(b"")
        # Never synced, and made anew from the WAL: a machine that loses power has none.
        (target or self.data_directory).joinpath("vestnik.db-shm").unlink(missing_ok=True)
        return lost

    def forget_unsynced(self) -> None:
        shutil.rmtree(self.undo_directory)
        self.undo_directory.mkdir()
