"""How background work stands, in numbers: the same for commands, health and metrics."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from pronaflow_kernel.events.types import Subscriber
from pronaflow_kernel.jobs.enqueue import new_job
from pronaflow_kernel.jobs.figures import Counts, Lag, figures_of
from pronaflow_kernel.jobs.models import LEASED, PARKED, WAITING, DeadJob, Job
from pronaflow_kernel.jobs.types import Backoff, JobType
from pronaflow_kernel.testing import Person, World

from .conftest import Workshop


def ignore(*_: Any) -> None:
    pass


def fail(*_: Any) -> None:
    raise RuntimeError("no")


class Shelf:
    """Puts jobs where a test wants them."""

    def __init__(self, world: World, workshop: Workshop) -> None:
        self.workshop, self.now = workshop, world.clock.now()

    def put(self, kind: str, age: float = 0, **values: Any) -> None:
        """Store a job whose turn came `age` seconds ago."""
        turn = self.now - timedelta(seconds=age)
        job = new_job(kind, now=self.now, args={}, available_at=turn, **values)
        with self.workshop.bus.engine.begin() as connection:
            connection.execute(insert(Job), job)

    def bury(self, job_id: int, kind: str) -> None:
        """Store a dead job."""
        job = new_job(kind, now=self.now, args={})
        known = {name: value for name, value in job.items() if name in DeadJob.__table__.c}
        with self.workshop.bus.engine.begin() as connection:
            connection.execute(
                insert(DeadJob), {**known, "id": job_id, "died_at": self.now, "reason": "failed 12 times"}
            )


@pytest.fixture
def shelf(world: World, workshop: Workshop) -> Shelf:
    workshop.does(
        JobType("report", ignore, queue="reports", mode="external"),
        Subscriber("tell", ("note.*",), ignore),
    )
    return Shelf(world, workshop)


def lags(world: World) -> dict[str, Lag]:
    return {lag.kind: lag for lag in figures_of(world.kernel).kinds}


def test_all_that_runs_is_listed_also_where_nothing_waits(world: World, shelf: Shelf) -> None:
    assert list(lags(world).values()) == [
        Lag("notes.report", "external", subscriber=False),
        Lag("notes.tell", "db", subscriber=True),
    ]


def test_jobs_are_told_apart_by_what_they_wait_for(world: World, shelf: Shelf) -> None:
    shelf.put("notes.tell", age=30)
    shelf.put("notes.tell", age=90, attempt=1)
    shelf.put("notes.tell", age=20, attempt=1, state=WAITING)  # its time has come a moment ago
    shelf.put("notes.tell", age=-60)
    shelf.put("notes.tell", age=-60, attempt=1)
    shelf.put("notes.tell", age=500, state=LEASED, attempt=1)
    shelf.put("notes.tell", age=900, state=PARKED)
    shelf.bury(9000, "notes.tell")
    expected = Counts(ready=3, later=1, failed=1, leased=1, parked=1, oldest_seconds=90)
    assert lags(world)["notes.tell"] == Lag("notes.tell", "db", True, expected, dead=1)


def test_queues_are_counted_over_all_kinds(world: World, shelf: Shelf) -> None:
    shelf.put("notes.tell", age=30)
    shelf.put("notes.other", age=40)
    shelf.put("notes.report", age=5, queue="reports")
    shelf.put("notes.letter", age=-5, queue="mail")
    figures = figures_of(world.kernel)
    assert figures.queues == {
        "default": Counts(ready=2, oldest_seconds=40),
        "mail": Counts(later=1),
        "reports": Counts(ready=1, oldest_seconds=5),
    }
    assert figures.oldest_ready == {"default": 40, "reports": 5}


def test_work_that_nothing_does_any_more_is_shown_while_it_has_jobs(world: World, shelf: Shelf) -> None:
    shelf.put("gone.report", state=PARKED)
    shelf.bury(9000, "lost.report")
    assert lags(world)["gone.report"] == Lag("gone.report", None, False, Counts(parked=1))
    assert lags(world)["lost.report"] == Lag("lost.report", None, False, dead=1)
    assert figures_of(world.kernel).dead == {"lost.report": 1}


def test_events_that_no_relay_has_taken_are_counted(world: World, shelf: Shelf, ann: Person) -> None:
    world.kernel.bus.relay()
    assert (figures_of(world.kernel).unplaced, figures_of(world.kernel).unplaced_seconds) == (0, None)
    for title in ("a", "b"):
        ann.post("/api/v1/notes", {"title": title})
    world.clock.advance(4)
    figures = figures_of(world.kernel)
    world.clock.advance(-4)
    assert (figures.unplaced, figures.unplaced_seconds) == (2, 4)


def test_a_reader_in_batches_is_behind_by_positions(world: World, workshop: Workshop, ann: Person) -> None:
    workshop.listen(fail, "note.*", name="count", mode="batch", backoff=Backoff(base=600))
    world.drain()
    assert lags(world)["notes.count"] == Lag("notes.count", "batch", True, behind=0)
    for title in ("a", "b"):
        ann.post("/api/v1/notes", {"title": title})
        world.clock.advance(4)
    world.drain()
    figures = lags(world)["notes.count"]
    assert figures.behind == 2
    assert figures.jobs == Counts(failed=1, oldest_seconds=8)


def test_figures_take_three_statements_whatever_waits(world: World, shelf: Shelf) -> None:
    for number in range(20):
        shelf.put(f"notes.kind{number}")
    with world.statements() as statements:
        figures = figures_of(world.kernel)
    assert len(statements) == 3
    assert json.dumps(figures.as_data())
