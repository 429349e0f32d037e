"""The embedded log against the disk: how much of a bare write and fdatasync is left."""

from harness import load
from harness.bench import Bench
from harness.results import Goal, Table

BATCHES = (1, 16, 128, 1024)
OURS, BARE = "vestnik log", "write + fdatasync"


def _point(batch: int) -> str:
    return f"batches of {batch}"


def append(bench: Bench) -> Table:
    table = Table("append", "Durable append, embedded log",
                  "Records of 200 bytes through the log seam, as many under way as the batch is large, each told when durable; the peer writes the same bytes to a "
                  "plain file and calls fdatasync after each batch.")
    table.goals = [Goal("rate", _point(batch), OURS, 0.5, BARE) for batch in BATCHES]
    for round in range(bench.rounds):
        for batch in BATCHES:
            with bench.directory() as directory:
                for subject, tool, place in ((OURS, "bench-append", ("--dir", directory / "log")), (BARE, "bench-fdatasync", ("--file", directory / "file"))):
                    result = load.tool(tool, *place, "--batch", batch, "--bytes", 200, "--seconds", bench.seconds)
                    table.add(subject, _point(batch), round, rate=result["records_per_second"])
    return table
