"""How long it takes to do the work of 20,000 events that come at once.

    python contrib/benchmarks/bus_burst.py [--quick] [--database sqlite|postgresql|both]

`pronaflow serve` runs idle over the database; another process stores the events, about 2,000 things in 20
workspaces, in one transaction. The clock runs from its commit until nothing is left: no event without a
position, no job, no batch. With one listener each event is one job; with four it is three jobs and a share of
a batch. The reference does on the bare driver, on one thread, what the least job needs: one transaction that
inserts the row of the effect and deletes the row of the job. The goal is 60 seconds.
"""

import time
from contextlib import ExitStack

from bare import driver
from bus_place import Site, conditions, site, things, wait_until
from listeners_plugin.plugin import MODES, announce
from measure import Figures, Options, options, show

from pronaflow_kernel.api import Scope, new_id

TITLE = "Burst: many events at once, until all their work is done"
GOAL = 60.0
WORKSPACES = 20


def figures(asked: Options) -> Figures:
    events = 200 if asked.quick else 20_000
    for kind in asked.databases:
        for listeners in (1, 4):
            with site(kind, PRONAFLOW_LISTENERS__NUMBER=str(listeners)) as made:
                if listeners == 1:
                    yield f"{kind}, disk and load", conditions(made.folder)
                    bare = _bare(made, 1000 if asked.quick else 10_000)
                    yield f"{kind}, bare transactions", f"{bare:8,.0f} a second"
                yield f"{kind}, {listeners} listening", _drained(made, events, listeners, bare)


def _drained(made: Site, events: int, listeners: int, bare: float) -> str:
    jobs = sum(mode != "batch" for mode in list(MODES.values())[:listeners])
    with ExitStack() as stack:
        stack.enter_context(made.server())
        backlog = stack.enter_context(made.backlog())
        wait_until(lambda: not backlog(), 60)
        with made.kernel() as kernel:
            _store(kernel, events)
            since = time.monotonic()
            wait_until(lambda: not backlog(), 1200, every=0.05)
            seconds = time.monotonic() - since
    rate = events * jobs / seconds
    return (
        f"{events:,} events in {seconds:.1f} s, {rate:,.0f} jobs a second, "
        f"{bare / rate:.1f} times bare, goal {GOAL:g} s"
    )


def _store(kernel, events: int) -> None:
    with kernel.db.write(Scope.system(new_id())) as uow:
        places = [Scope.system(new_id()) for _ in range(WORKSPACES)]
        about = things(max(1, events // 10))
        for number in range(events):
            uow.enter(places[number % WORKSPACES])
            announce(uow, about[number % len(about)])


def _bare(made: Site, count: int) -> float:
    """Transactions a second."""
    with driver(made.url, waits=False) as bare:
        for statement in (
            "CREATE TABLE bare_job (id INTEGER PRIMARY KEY, token TEXT)",
            "CREATE TABLE bare_effect (id TEXT PRIMARY KEY, about TEXT)",
        ):
            bare.write([(statement, ())])
        mark = bare.mark
        rows = [(number, "token") for number in range(count)]
        bare.write_many(f"INSERT INTO bare_job (id, token) VALUES ({mark}, {mark})", rows)
        since = time.perf_counter()
        for number in range(count):
            bare.write(
                [
                    (f"INSERT INTO bare_effect (id, about) VALUES ({mark}, {mark})", (new_id(), "about")),
                    (f"DELETE FROM bare_job WHERE id = {mark} AND token = {mark}", (number, "token")),
                ]
            )
        return count / (time.perf_counter() - since)


if __name__ == "__main__":
    show(TITLE, figures(options(__doc__)))
