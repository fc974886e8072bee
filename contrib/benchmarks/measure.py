"""How all benchmarks here measure and print.

Only CPU time counts, because other work on the machine falsifies the clock on the wall. What is compared
alternates in short slices, so that whatever slows the processor down hits both alike; a ratio is the median
of the ratios within each round. So ratios are comparable between machines, microseconds are not.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

SLICE = 0.005
"""Seconds of CPU time that a call is repeated for in each round."""

DATABASES = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Options:
    """What was asked for on the command line.

    Arguments:
        quick: few rounds and small data, to see that everything runs; the figures mean little.
        databases: some of `DATABASES`.
        minutes: how long what runs steadily runs.
    """

    quick: bool
    databases: tuple[str, ...]
    minutes: float


@dataclass(frozen=True)
class Times:
    """CPU microseconds of one call, a number for each round."""

    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)

    @property
    def p10(self) -> float:
        """The tenth percentile: the figure of a round that little disturbed."""
        return sorted(self.rounds)[len(self.rounds) // 10]

    def ratio(self, reference: "Times") -> float:
        """How many times the reference this takes."""
        pairs = zip(self.rounds, reference.rounds, strict=True)
        return statistics.median(mine / other for mine, other in pairs)

    def __str__(self) -> str:
        return f"{self.median:8.1f} us (p10 {self.p10:.1f})"


def alternate(calls: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Times]:
    """The times of several calls, measured in turns."""
    for call in calls.values():
        for _ in range(3):
            call()
    repeats = {name: max(1, round(SLICE / _slice(call, 1))) for name, call in calls.items()}
    found: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            found[name].append(_slice(call, repeats[name]) / repeats[name] * 1e6)
    return {name: Times(tuple(times)) for name, times in found.items()}


def _slice(call: Callable[[], object], repeats: int) -> float:
    start = time.thread_time()
    for _ in range(repeats):
        call()
    return max(time.thread_time() - start, 1e-9)


def options(description: str | None) -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="little data, few rounds: only see that it runs")
    parser.add_argument("--database", choices=[*DATABASES, "both"], default="both", help="default: both")
    parser.add_argument(
        "--minutes", type=float, default=1, help="how long bus_steady runs on each database; default: 1"
    )
    given = parser.parse_args()
    databases = DATABASES if given.database == "both" else (given.database,)
    return Options(given.quick, databases, 0.05 if given.quick else given.minutes)


Figures = Iterator[tuple[str, str]]
"""Pairs of what was measured and what came out, as printed."""


def show(title: str, figures: Figures) -> None:
    """Print figures as they come."""
    print(f"\n{title}", flush=True)
    for name, text in figures:
        print(f"  {name:<38} {text}", flush=True)
