"""How long after a commit a subscriber begins, when nothing else happens.

    python contrib/benchmarks/bus_latency.py [--quick] [--database sqlite|postgresql|both]

One event at a time, in the process whose threads do the work, as `pronaflow serve` does alone. The clock runs
from the end of the commit to the first line of the subscriber. The reference, taken in turns with it, wakes
an idle thread and does nothing else. The goal is a p95 of at most 10 ms.
"""

import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from bus_place import Site, at, conditions, percentiles, site, wait_until
from listeners_plugin.plugin import NOTED, announce
from measure import Figures, Options, options, show

from pronaflow_kernel.api import Scope, Subscriber, new_id
from pronaflow_kernel.jobs.works import Work, Works
from pronaflow_kernel.kernel import Kernel

TITLE = "Latency: from a commit to its subscriber, in one process"
GOAL = 10.0
REST = 0.02
"""Seconds between two events: all threads sleep by then."""


def figures(asked: Options) -> Figures:
    count = 20 if asked.quick else 300
    for kind in asked.databases:
        with site(kind) as made:
            yield f"{kind}, disk and load", conditions(made.folder)
            waking, hearing = _times(made, count)
            ratio = at(sorted(hearing), 0.5) / at(sorted(waking), 0.5)
            yield f"{kind}, waking a thread", percentiles(waking)
            yield (
                f"{kind}, commit to subscriber",
                f"{percentiles(hearing)}; p50 {ratio:.1f} times waking, goal p95 {GOAL:g} ms",
            )


def _times(made: Site, count: int) -> tuple[list[float], list[float]]:
    """Milliseconds to wake a thread, and to reach a subscriber."""
    woken, heard = queue.SimpleQueue[float](), queue.SimpleQueue[float]()
    bell = threading.Semaphore(0)

    def sleeper() -> None:
        while True:
            bell.acquire()
            woken.put(time.perf_counter())

    threading.Thread(target=sleeper, daemon=True).start()
    with made.kernel() as kernel:
        commit = _committing(kernel, lambda _uow, _event: heard.put(time.perf_counter()))
        kernel.bus.start(kernel.settings.jobs.threads)
        for _ in range(5):
            commit()
            heard.get()
        waking, hearing = [], []
        for _ in range(count):
            time.sleep(REST)
            since = time.perf_counter()
            bell.release()
            waking.append((woken.get() - since) * 1000)
            time.sleep(REST)
            since = commit()
            hearing.append((heard.get(timeout=60) - since) * 1000)
        with made.backlog() as backlog:
            wait_until(lambda: not backlog(), 60)
    return waking, hearing


def _committing(kernel: Kernel, hear: Callable[..., Any]) -> Callable[[], float]:
    """A call that commits an event and answers when that was done."""
    kernel.bus.works = Works([Work("listeners", Subscriber("keep", (NOTED.name,), hear))])
    scope = Scope.system(new_id())
    committed: list[float] = []
    ring = kernel.bus.ring

    def note(queue_name: str) -> None:
        if threading.current_thread() is threading.main_thread():
            committed.append(time.perf_counter())
        ring(queue_name)

    kernel.bus.ring = note  # type: ignore[method-assign]

    def commit() -> float:
        with kernel.db.write(scope) as uow:
            announce(uow, new_id())
        return committed[-1]

    return commit


if __name__ == "__main__":
    show(TITLE, figures(options(__doc__)))
