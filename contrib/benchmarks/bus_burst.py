"""How long it takes to do the work of 20,000 events that come at once.

    python contrib/benchmarks/bus_burst.py [--quick] [--database sqlite|postgresql|both]

`pronaflow serve` runs idle over the database, or `pronaflow worker` (two processes) with Redis. Another
process stores the events, about 2,000 things in 20 workspaces, in one transaction. The clock runs from its
commit until nothing is left: no event without a position, no job, no batch. With one listener each event is
one job; with four it is three jobs and a share of a batch. The reference does on the bare driver, on one
thread, what the least job needs: one transaction that inserts the row of the effect and deletes the row of
the job. Like those of workers, it does not wait for the disk. The goal is 60 seconds.
"""

import time

from bare import driver
from bus_place import PATIENCE, Site, Stolen, conditions, durable, site, things, wait_until
from listeners_plugin.plugin import MODES, announce
from measure import Figures, Options, options, show
from place import database
from security_path import redis

from pronaflow_kernel.api import Scope, new_id
from pronaflow_kernel.kernel import Kernel

TITLE = "Burst: many events at once, until all their work is done"
GOAL = 60.0
WORKSPACES = 20


def figures(asked: Options) -> Figures:
    events = 200 if asked.quick else 20_000
    for kind in asked.databases:
        with database(kind) as (url, folder):
            yield f"{kind}, disk and load", conditions(folder)
            if kind == "postgresql":
                durable(url)
            bare = _bare(url, 200 if asked.quick else 10_000)
            yield f"{kind}, bare transactions", f"{bare:8,.0f} a second"
        for listeners in (1, 4):
            with site(kind, PRONAFLOW_LISTENERS__NUMBER=str(listeners)) as made, made.server():
                yield f"{kind}, {listeners} listening", _drained(made, events, listeners, bare)
        if kind == "postgresql":
            with redis() as url, site(kind, PRONAFLOW_REDIS_URL=url) as made, made.worker(asked):
                yield f"{kind}, 4 listening, workers", _drained(made, events, 4, bare)


def _drained(made: Site, events: int, listeners: int, bare: float) -> str:
    jobs = sum(mode != "batch" for mode in list(MODES.values())[:listeners])
    with made.kernel() as kernel, made.backlog() as backlog:
        _store(kernel, 1)  # whoever works is there once this is done
        wait_until(lambda: not backlog(), PATIENCE)
        _store(kernel, events)
        stolen = Stolen()
        since = time.monotonic()
        wait_until(lambda: not backlog(), 1200, every=0.05)
        seconds = time.monotonic() - since
    rate = events * jobs / seconds
    return (
        f"{events:,} events in {seconds:.1f} s, {rate:,.0f} jobs a second, "
        f"{bare / rate:.1f} times bare, goal {GOAL:g} s; {stolen}"
    )


def _store(kernel: Kernel, events: int) -> None:
    with kernel.db.write(Scope.system(new_id())) as uow:
        places = [Scope.system(new_id()) for _ in range(WORKSPACES)]
        about = things(max(1, events // 10))
        for number in range(events):
            uow.enter(places[number % WORKSPACES])
            announce(uow, about[number % len(about)])


def _bare(url: str, count: int) -> float:
    """Transactions a second."""
    with driver(url, waits=False) as bare:
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
