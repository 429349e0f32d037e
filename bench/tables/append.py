"""The logs against what they stand on: the disk, and librdkafka."""

from harness import load, peers
from harness.bench import Bench
from harness.results import Goal, Table

BATCHES = (1, 16, 128, 1024)
OURS, BARE, CLIENT = "vestnik log", "write + fdatasync", "librdkafka"


def _point(batch: int) -> str:
    return f"batches of {batch}"


def embedded(bench: Bench) -> Table:
    table = Table("append", "Durable append, embedded log",
                  "Records of 200 random bytes through the log seam, as many under way as the batch is large, each told when durable; the peer writes the same bytes to a "
                  "plain file and calls fdatasync after each batch.")
    table.goals = [Goal("rate", _point(batch), OURS, 0.5, BARE) for batch in BATCHES]
    for round in range(bench.rounds):
        for batch in BATCHES:
            with bench.directory() as directory:
                for subject, tool, place in ((OURS, "bench-append", ("--dir", directory / "log")), (BARE, "bench-fdatasync", ("--file", directory / "file"))):
                    result = load.tool(tool, *place, "--batch", batch, "--bytes", 200, "--seconds", bench.seconds)
                    table.add(subject, _point(batch), round, rate=result["records_per_second"])
    return table


def kafka(bench: Bench) -> Table:
    """One partition each, so that both fill the same batches."""
    batch = 10_000
    point = f"{batch:,} under way"
    table = Table("append-kafka", "Durable append, Kafka",
                  "Records of 200 random bytes through the log seam, confirmed by Kafka (`acks=all`, idempotent), each told by a callback; the peer is librdkafka alone with its "
                  "queue kept full. No goal: it shows what the seam costs.")
    with bench.directory() as directory, peers.Kafka(directory / "kafka") as broker:
        for round in range(bench.rounds):
            for subject, tool, options in ((OURS, "bench-append", ("--batch", batch)), (CLIENT, "bench-produce", ("--topic", "produce", "--partitions", 1))):
                result = load.tool(tool, "--brokers", broker.brokers, "--bytes", 200, "--seconds", bench.seconds, *options)
                table.add(subject, point, round, rate=result["records_per_second"], cpu_us=result["cpu_seconds"] / (result["records_per_second"] * result["seconds"]) * 1e6)
    return table
