"""What it adds to a request that it publishes an event.

    python contrib/benchmarks/bus_publish.py [--quick] [--database sqlite|postgresql|both]

`POST /api/v1/tasks` on the WSGI application, on the wall, in turns with the same build whose ledger stores
nothing. Nobody works meanwhile, so that the insert alone is measured. The goal is at most 15 %.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any
from unittest.mock import patch

from bus_place import conditions, durable, percentiles
from measure import Figures, Options, options, show
from place import Place, place

from pronaflow_kernel.events.ledger import Ledger

TITLE = "Publishing: POST /tasks with and without its event"
GOAL = 15.0


def figures(asked: Options) -> Figures:
    rounds = 20 if asked.quick else 1500
    for kind in asked.databases:
        with place(kind, 10 if asked.quick else 1000) as at:
            if kind == "postgresql":
                durable(at.world.database_url)
            yield f"{kind}, disk and load", conditions(at.world.kernel.settings.data_dir)
            with_event, without = _times(at, rounds)
            added = [mine / other - 1 for mine, other in zip(with_event, without, strict=True)]
            yield f"{kind}, event left out", percentiles(without)
            ratio = statistics.median(with_event) / statistics.median(without) - 1
            yield (
                f"{kind}, event stored",
                f"{percentiles(with_event)}; {ratio * 100:+.1f} % of the median, "
                f"{statistics.median(added) * 100:+.1f} % in the middle of pairs, goal {GOAL:g} %",
            )


def _times(at: Place, rounds: int) -> tuple[list[float], list[float]]:
    """Milliseconds of each request, in pairs whose order changes."""
    call = at.call("POST", "/api/v1/tasks", {"project_id": at.project_id, "title": "One more task"})
    found: tuple[list[float], list[float]] = ([], [])
    ways = ((found[0], False), (found[1], True))
    for number in range(rounds + 5):
        for times, silent in ways if number % 2 else ways[::-1]:
            with _silent() if silent else nullcontext():
                times.append(_milliseconds(call))
    return found[0][5:], found[1][5:]


@contextmanager
def _silent() -> Iterator[None]:
    """Units of work store no event, and ring nobody."""
    with patch.object(Ledger, "flush", _forget):
        yield


def _forget(ledger: Ledger, _connection: Any) -> bool:
    ledger.rows, ledger.private = [], []
    return False


def _milliseconds(call: Callable[[], object]) -> float:
    since = time.perf_counter()
    call()
    return (time.perf_counter() - since) * 1000


if __name__ == "__main__":
    show(TITLE, figures(options(__doc__)))
