"""Many schedulers and many workers over one table: still one job an occurrence."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib.metadata import EntryPoint
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from pronaflow_kernel.api import JobType, Schedule, UnitOfWork
from pronaflow_kernel.jobs.models import DeadJob, Job, ScheduleRow, ScheduleRun
from pronaflow_kernel.jobs.schedules import row_of
from pronaflow_kernel.jobs.works import Work, Works
from pronaflow_kernel.plugins.discovery import GROUP, discover
from pronaflow_kernel.testing import World

NOTES = EntryPoint("notes", "notes_plugin.plugin:NotesPlugin", GROUP)

SCHEDULES, EACH = 2000, 5
"""How many there are, and how many occurrences of each one were missed: 10,000 in all."""

SCHEDULERS, WORKERS = 5, 10


@pytest.fixture
def house(new_world: Callable[..., World]) -> World:
    """A server with a connection for each of them."""
    world = new_world({"server.threads": SCHEDULERS + WORKERS}, candidates=discover([NOTES]))
    world.drain()
    return world


def together(*tasks: Callable[[], Any]) -> None:
    """Begin tasks at one moment, each in a thread of its own; raises what one of them raised."""
    gate, errors = threading.Barrier(len(tasks)), []

    def run(task: Callable[[], Any]) -> None:
        gate.wait()
        try:
            task()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(task,), daemon=True) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def count(world: World, model: Any, *which: Any) -> int:
    engine = world.kernel.db.engines.read.execution_options(unscoped="the test counts all")
    with engine.connect() as connection:
        return int(connection.scalar(select(func.count()).select_from(model).where(*which)) or 0)


def test_ten_thousand_due_occurrences_make_one_job_each_which_is_done_once(house: World) -> None:
    bus = house.kernel.bus
    done: list[tuple[int, datetime | None]] = []

    def ring(uow: UnitOfWork, args: Any) -> None:
        done.append((args["number"], uow.due_at))

    bus.works = Works([Work("notes", JobType("ring", ring))])
    now = house.clock.now()
    rows = [
        row_of(
            f"notes.ring:-:{n}", "notes.ring", Schedule("0 * * * *", misfire="all", args={"number": n}), now
        )
        for n in range(SCHEDULES)
    ]
    with bus.engine.begin() as connection:
        connection.execute(insert(ScheduleRow), rows)
    house.clock.advance(EACH * 3600)
    made: list[int] = []
    over = threading.Event()

    def schedule() -> None:
        mine = (ScheduleRow.kind == "notes.ring", ScheduleRow.next_at <= house.clock.now())
        while count(house, ScheduleRow, *mine):
            made.append(bus.scheduler.tick(bus.works))
        over.set()  # what others take at this moment, they hand in by themselves

    def work() -> None:
        while bus.work("default") or not over.wait(0.01):
            pass

    together(*[schedule] * SCHEDULERS, *[work] * WORKERS)
    bus.work("default")
    assert sum(made) == SCHEDULES * EACH
    assert Counter(done) == Counter(
        {(n, now + timedelta(hours=h)): 1 for n in range(SCHEDULES) for h in range(1, EACH + 1)}
    )
    assert count(house, ScheduleRun) == SCHEDULES * EACH
    assert count(house, DeadJob) == 0
    assert count(house, Job) == 0


def test_servers_that_start_at_once_enter_what_is_declared_once(house: World) -> None:
    bus = house.kernel.bus
    planned = tuple(Schedule(f"{minute} * * * *") for minute in range(20))
    works = Works([Work("notes", JobType("ring", _nothing, schedules=planned))])
    together(*[lambda: bus.scheduler.begin(works)] * SCHEDULERS)
    assert count(house, ScheduleRow, ScheduleRow.kind == "notes.ring") == 20
    house.clock.advance(3600)
    bus.works = works
    together(*[lambda: bus.scheduler.tick(works)] * SCHEDULERS)
    assert count(house, ScheduleRun, ScheduleRun.name.startswith("notes.ring")) == 20


def _nothing(uow: UnitOfWork, args: Any) -> None: ...
