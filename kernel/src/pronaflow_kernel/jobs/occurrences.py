"""From schedules that fall due to jobs: one job an occurrence, with any number of workers.

Each process that works looks once a second. Whoever finds something locks a chunk of what is due, those rows
left out that somebody else has at this moment. The next occurrence, the note of the run and the job are one
transaction. The note's key holds where clocks jump back: an occurrence that had its job has no second one.

Time is that of the kernel's clock, as everywhere in the bus, and not the database's: which clock a worker
goes by decides only when it looks, never whether there is a second job, and tests move that clock.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, delete, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from ..persistence.types import UtcDateTime
from .calendar import after, until
from .enqueue import ALL_WORKSPACES, STORE, new_job
from .models import ScheduleRow, ScheduleRun
from .schedules import differences, pause

if TYPE_CHECKING:
    from ..clock import Clock
    from ..persistence.engines import Engines
    from .works import Works

log = logging.getLogger("pronaflow.events")

BATCH = 100
"""Schedules a transaction; on SQLite it holds the writer for some milliseconds."""

LATE = timedelta(minutes=1)
"""From when on an occurrence counts as missed, and how far clocks of servers may lie apart."""

MOST = 24
"""Occurrences that are made up for where all of them shall be."""

_NOW = bindparam("now", type_=UtcDateTime())
_due = and_(
    ~ScheduleRow.paused,
    ScheduleRow.kind.in_(bindparam("kinds", expanding=True)),
    or_(
        ScheduleRow.next_at <= _NOW,
        # The clock has been ahead of itself by hours: those between are still to come.
        and_(
            ScheduleRow.last_due_at > bindparam("soon", type_=UtcDateTime()),
            ScheduleRow.next_at > ScheduleRow.last_due_at,
        ),
    ),
)
_ANY_DUE = select(ScheduleRow.name).where(_due).limit(1)
_TAKE = (
    select(ScheduleRow.__table__)
    .where(_due)
    .order_by(ScheduleRow.next_at, ScheduleRow.name)
    .limit(BATCH)
    .with_for_update(skip_locked=True)
)
_MOVE = (
    update(ScheduleRow)
    .where(ScheduleRow.name == bindparam("which"))
    .values(
        next_at=bindparam("following", type_=UtcDateTime()),
        last_due_at=bindparam("past", type_=UtcDateTime()),
    )
)
_NOTE = {
    dialect.name: make(ScheduleRun).on_conflict_do_nothing().returning(ScheduleRun.name, ScheduleRun.due_at)
    for dialect, make in ((sqlite.dialect, sqlite.insert), (postgresql.dialect, postgresql.insert))
}
_old = (
    select(ScheduleRun.name, ScheduleRun.due_at)
    .where(ScheduleRun.made_at < bindparam("before", type_=UtcDateTime()))
    .limit(bindparam("most"))
)
_FORGET = delete(ScheduleRun).where(tuple_(ScheduleRun.name, ScheduleRun.due_at).in_(_old))

IsOn = Callable[[str, str | None], bool]
"""From a plugin's id and a workspace to whether it is on there."""


class Step(NamedTuple):
    """What one schedule does now.

    Arguments:
        due: occurrences that have a job now, in their order.
        past: the last occurrence that is over; following: the next one.
    """

    due: list[datetime]
    past: datetime | None
    following: datetime


class Scheduler:
    """Keeps the schedules and hands in what falls due.

    Arguments:
        engines: of the database.
        is_on: whether a plugin is on in a workspace.
        runs, installed: whether a plugin does, by its id.
    """

    def __init__(
        self,
        engines: Engines,
        clock: Clock,
        is_on: IsOn,
        runs: Callable[[str], bool],
        installed: Callable[[str], bool],
    ) -> None:
        self._engine = engines.background.execution_options(unscoped=ALL_WORKSPACES)
        self._look = engines.read.execution_options(unscoped=ALL_WORKSPACES)
        self._clock, self._is_on = clock, is_on
        self._runs, self._installed = runs, installed

    def begin(self, works: Works) -> None:
        """Let the schedules stand as they are declared."""
        with self._look.connect() as connection:
            found = differences(connection, works, self._runs, self._installed, self._clock.now())
        if found:
            with self._engine.begin() as connection:
                found.settle(connection)

    def tick(self, works: Works) -> int:
        """Hand in everything that is due and that nobody else hands in at this moment.

        What falls due while a plugin is off is past when it is on again (architecture.md 4). Schedules of job
        types that are unknown here wait for whoever knows them.

        Returns:
            How many jobs were made.
        """
        made, taken = 0, BATCH
        while taken == BATCH and self._is_any_due(works):
            with self._engine.begin() as connection:
                taken, jobs = self._take(connection, works, self._clock.now())
            made += jobs
        return made

    def _is_any_due(self, works: Works) -> bool:
        with self._look.connect() as connection:
            return connection.execute(_ANY_DUE, _at(works, self._clock.now())).first() is not None

    def _take(self, connection: Connection, works: Works, now: datetime) -> tuple[int, int]:
        """Take a chunk; how many schedules it was, and how many jobs were made of them."""
        rows = {row["name"]: dict(row) for row in connection.execute(_TAKE, _at(works, now)).mappings()}
        steps = {name: step for name, row in rows.items() if (step := self._step(connection, row, now))}
        moves = [{"which": n, "following": s.following, "past": s.past} for n, s in steps.items()]
        if moves:
            connection.execute(_MOVE, moves)
        notes = [{"name": n, "due_at": due, "made_at": now} for n, s in steps.items() for due in s.due]
        # Of what a clock that jumps brings a second time nothing is noted, and nothing comes back.
        noted = connection.execute(_NOTE[connection.dialect.name], notes).all() if notes else []
        jobs = [job_for(works, rows[name], due, now) for name, due in sorted(noted, key=lambda run: run[1])]
        if jobs:
            connection.execute(STORE[connection.dialect.name], jobs)
        return len(rows), len(jobs)

    def _step(self, connection: Connection, row: Mapping[str, Any], now: datetime) -> Step | None:
        try:
            step = step_of(row, now)
        except ValueError as error:
            # Written by another version: one that cannot be read must not keep the others from their turn.
            log.error("the schedule %s is paused, because it cannot be read: %s", row["name"], error)
            pause(connection, row["name"])
            return None
        on = self._is_on(row["plugin_id"], row["workspace_id"])
        return step if on else step._replace(due=[])


def step_of(row: Mapping[str, Any], now: datetime) -> Step:
    """What a schedule does at an instant at which it is due.

    Arguments:
        row: its row.

    Raises:
        ValueError: its cron or zone cannot be read.
    """
    cron, zone, first = row["cron"], row["zone"], row["next_at"]
    if first > now:  # the clock went back
        return Step([], row["last_due_at"], after(cron, zone, now))
    last, following = first, after(cron, zone, first)
    if following <= now:
        last, following = until(cron, zone, now), after(cron, zone, now)
    if row["misfire"] == "all":
        due = _back_to(cron, zone, first, last)
    elif row["misfire"] == "skip" and now - last >= LATE:
        due = []
    else:
        due = [last]
    return Step(due, last, following)


def _back_to(cron: str, zone: str, first: datetime, last: datetime) -> list[datetime]:
    """The occurrences from one to another, of the latest `MOST`, in their order."""
    found = [last]
    while len(found) < MOST:
        earlier = until(cron, zone, found[-1] - timedelta(microseconds=1))
        if earlier < first:
            break
        found.append(earlier)
    return found[::-1]


def _at(works: Works, now: datetime) -> dict[str, Any]:
    return {"kinds": list(works.job_types), "now": now, "soon": now + LATE}


def job_for(works: Works, row: Mapping[str, Any], due: datetime, now: datetime) -> dict[str, Any]:
    """The job of an occurrence of a schedule.

    Arguments:
        row: the schedule.

    Raises:
        KeyError: its job type is unknown here.
    """
    job = works.job_types[row["kind"]]
    return new_job(
        row["kind"],
        now=now,
        args=row["args"],
        queue=job.queue,
        workspace_id=row["workspace_id"],
        due_at=due,
        max_attempts=job.max_attempts,
    )


def forget_runs(connection: Connection, before: datetime, most: int = 500) -> int:
    """Forget runs that were made before an instant; a clock that jumps back further may make them run twice.

    Returns:
        How many were forgotten: fewer than `most` means that there are no more.
    """
    return connection.execute(_FORGET, {"before": before, "most": most}).rowcount
