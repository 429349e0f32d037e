"""Samples of a table, what they have to show, and how they are written down.

A sample is one subject at one point in one round, with its metrics. Subjects alternate within a round, so a ratio is taken
round by round and then the median of the rounds: what slows the machine for a while slows both."""

import dataclasses
import statistics

# metric → (heading, digits)
METRICS = {
    "rate": ("per second", 0),
    "p50_us": ("p50, µs", 0),
    "p99_us": ("p99, µs", 0),
    "p999_us": ("p99.9, µs", 0),
    "max_us": ("max, µs", 0),
    "p50_ms": ("p50, ms", 1),
    "p99_ms": ("p99, ms", 1),
    "cpu_us": ("CPU, µs each", 1),
    "peers_cpu_us": ("CPU of broker and database, µs each", 1),
    "peak_mib": ("peak memory, MiB", 0),
    "batch": ("mean batch", 1),
    "backlog": ("waiting at the end", 0),
    "growth": ("backlog growth, a second", 0),
    "drain_s": ("until all is received, s", 1),
    "refused": ("refused", 0),
    "resident_mib": ("resident, MiB", 0),
    "ready_ms": ("until it answers, ms", 0),
}


@dataclasses.dataclass
class Sample:
    subject: str
    point: str
    round: int
    metrics: dict[str, float]


@dataclasses.dataclass
class Goal:
    """`subject`'s metric at `point`: at least or at most `bound` times `peer`'s, or `bound` itself where there is no peer."""

    metric: str
    point: str
    subject: str
    bound: float
    peer: str | None = None
    peer_point: str | None = None  # where it is not the subject's
    at_most: bool = False

    def text(self) -> str:
        heading = METRICS[self.metric][0]
        against = "" if self.peer is None else f" × {self.peer}" + (f" ({self.peer_point})" if self.peer_point else "")
        return f"{self.subject}, {self.point}: {heading} {'≤' if self.at_most else '≥'} {self.bound:g}{against}"


@dataclasses.dataclass
class Verdict:
    goal: Goal
    median: float
    low: float
    high: float

    @property
    def reached(self) -> bool:
        return self.median <= self.goal.bound if self.goal.at_most else self.median >= self.goal.bound


@dataclasses.dataclass
class Table:
    name: str  # of the files
    title: str
    text: str  # what was done, and in which mode (durable or not)
    plot: str = "rate"  # the metric that the plot shows
    samples: list[Sample] = dataclasses.field(default_factory=list)
    goals: list[Goal] = dataclasses.field(default_factory=list)

    def add(self, subject: str, point: str, round: int, **metrics: float) -> None:
        self.samples.append(Sample(subject, point, round, metrics))

    def points(self) -> list[str]:
        return list(dict.fromkeys(s.point for s in self.samples))

    def subjects(self) -> list[str]:
        return list(dict.fromkeys(s.subject for s in self.samples))

    def values(self, subject: str, point: str, metric: str) -> dict[int, float]:
        """By round."""
        return {s.round: s.metrics[metric] for s in self.samples
                if s.subject == subject and s.point == point and metric in s.metrics}

    def verdicts(self) -> list[Verdict]:
        return [verdict for goal in self.goals if (verdict := self._judge(goal))]

    def _judge(self, goal: Goal) -> Verdict | None:
        ours = self.values(goal.subject, goal.point, goal.metric)
        if goal.peer:
            theirs = self.values(goal.peer, goal.peer_point or goal.point, goal.metric)
            figures = [ours[r] / theirs[r] for r in ours if theirs.get(r)]
        else:
            figures = list(ours.values())
        if not figures:
            return None
        return Verdict(goal, statistics.median(figures), min(figures), max(figures))


def _figure(value: float, digits: int) -> str:
    return f"{value:,.{digits}f}"


def markdown(table: Table) -> str:
    metrics = [m for m in METRICS if any(m in s.metrics for s in table.samples)]
    lines = [f"## {table.title}", "", table.text, "",
             "| | " + " | ".join(METRICS[m][0] for m in metrics) + " |", "|---|" + "---:|" * len(metrics)]
    for point in table.points():
        for subject in table.subjects():
            cells = []
            for metric in metrics:
                values = list(table.values(subject, point, metric).values())
                digits = METRICS[metric][1]
                if not values:
                    cells.append("")
                elif len(values) == 1:
                    cells.append(_figure(values[0], digits))
                else:
                    cells.append(f"**{_figure(statistics.median(values), digits)}** "
                                 f"({_figure(min(values), digits)}–{_figure(max(values), digits)})")
            if any(cells):
                lines.append(f"| {point}: {subject} | " + " | ".join(cells) + " |")
    verdicts = table.verdicts()
    if verdicts:
        lines += ["", "| goal | median | spread | |", "|---|---:|---|---|"]
        for v in verdicts:
            lines.append(f"| {v.goal.text()} | {v.median:.3g} | {v.low:.3g}–{v.high:.3g} | {'reached' if v.reached else '**missed**'} |")
    return "\n".join(lines) + "\n"


def as_json(table: Table) -> dict:
    return {
        "name": table.name,
        "title": table.title,
        "text": table.text,
        "samples": [dataclasses.asdict(s) for s in table.samples],
        "goals": [{"goal": v.goal.text(), "median": v.median, "low": v.low, "high": v.high, "reached": v.reached}
                  for v in table.verdicts()],
    }
