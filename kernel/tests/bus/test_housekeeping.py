"""What background work leaves behind is forgotten after its time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from pronaflow_kernel.jobs import dead, housekeeping
from pronaflow_kernel.jobs.enqueue import new_job
from pronaflow_kernel.jobs.models import DeadJob, ScheduleRun
from pronaflow_kernel.jobs.works import CORE, Work, Works
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.testing import World

from .conftest import Workshop


@pytest.fixture
def leftovers(world: World, workshop: Workshop) -> Any:
    """Dead jobs of the last 35 days and runs of the last 10, one a day."""
    now = world.clock.now()
    job = {name: value for name, value in new_job("notes.x", now=now).items() if name in DeadJob.__table__.c}
    gone = [
        {**job, "id": 10**6 + age, "died_at": now - timedelta(days=age), "reason": "failed 12 times"}
        for age in range(35)
    ]
    runs = [{"name": "notes.x", "due_at": now - timedelta(days=age)} for age in range(10)]
    with workshop.bus.engine.begin() as connection:
        connection.execute(insert(DeadJob), gone)
        connection.execute(insert(ScheduleRun), [{**run, "made_at": run["due_at"]} for run in runs])
    yield
    workshop.execute("DELETE FROM core__schedule_run WHERE name = 'notes.x'")


def kept(workshop: Workshop) -> tuple[int, int]:
    runs = select(ScheduleRun.due_at).where(ScheduleRun.name == "notes.x")
    with workshop.bus.engine.connect() as connection:
        return len(workshop.dead()), len(connection.execute(runs).all())


@pytest.mark.usefixtures("leftovers")
def test_dead_jobs_are_kept_for_thirty_days_and_runs_for_seven(
    world: World, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead, "CHUNK", 2)
    monkeypatch.setattr(housekeeping, "CHUNK", 2)
    jobs = housekeeping.housekeeping_jobs(world.kernel)
    workshop.bus.works = Works([Work(CORE, job) for job in jobs])
    with world.kernel.db.write(Scope.system()) as uow:
        uow.hand_in(new_job("core.forget_old_work", now=world.clock.now(), args={}))
    world.drain()
    assert kept(workshop) == (31, 8)


def test_it_is_done_every_day(world: World) -> None:
    job = world.kernel.bus.works.job_types["core.forget_old_work"]
    assert [schedule.cron for schedule in job.schedules] == ["27 3 * * *"]
