"""Background work of plugins besides subscribers, and how all of it is handed in.

    jobs.enqueue(uow, "send_report", {"report_id": report["id"]})

A job is stored in the transaction of the change that asks for it: it is there exactly if the change is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import postgresql, sqlite

from ..attribution import as_kernel
from ..errors import Problem, ValidationFailed
from ..events.hops import current
from ..logs import request_id
from ..tenancy.rule import unscoped
from . import models
from .models import NOBODY, READY, Job
from .operations.models import TITLE, WAITING, Operation
from .operations.reports import plain, tell
from .schedules import ENTER, LEAVE, name_of, row_of
from .types import JobType, Schedule

if TYPE_CHECKING:
    from ..persistence.uow import Row, UnitOfWork

ALL_WORKSPACES = "the bus serves all workspaces"

RELAYED = "default"
"""The queue whose workers make jobs of events."""

PRIORITY = 5
"""Of a job unless it says another one: in the middle."""


class Jobs:
    """Hands in background work; what `ctx.jobs` is.

    Arguments:
        owner: id of the plugin whose jobs they are.
        types: of all plugins by full name, filled while they are assembled.
    """

    def __init__(self, owner: str, types: Mapping[str, JobType]) -> None:
        self._owner, self._types = owner, types

    @as_kernel
    def enqueue(
        self,
        uow: UnitOfWork,
        name: str,
        args: Mapping[str, Any],
        *,
        run_at: datetime | None = None,
        lane: str | None = None,
        dedup_key: str | None = None,
        priority: int = PRIORITY,
    ) -> None:
        """Have a job done once this unit of work has committed.

        Arguments:
            name: of one of the plugin's own job types.
            args: JSON data, and nothing secret: the row can be read by operators.
            run_at: not before this instant.
            lane: jobs of this name and workspace with one lane are done one after another, in the order they
                were handed in.
            dedup_key: while a job of this name and workspace with this key waits, no second one is stored.
            priority: 0 first, 9 last.

        Raises:
            LookupError: the plugin provides no such job.
            ValueError: the arguments are not as it declares.
        """
        self._hand_in(uow, name, args, run_at=run_at, lane=lane, dedup_key=dedup_key, priority=priority)

    @as_kernel
    def start(
        self,
        uow: UnitOfWork,
        name: str,
        args: Mapping[str, Any],
        *,
        title: str,
        lane: str | None = None,
        priority: int = PRIORITY,
    ) -> Row:
        """`enqueue` for a job that somebody waits for: they follow and cancel it at `/api/v1/jobs/{id}`.

        What the job returns, JSON of at most 64 KiB, is its result, which only the user of this unit of work
        sees. Its row goes a week after the end.

        Arguments:
            title: what is done, for people; shown to the user who asked for it.

        Returns:
            The job's row, as `JobOut` shows it; a route answers it with 202.

        Raises:
            LookupError, ValueError: as `enqueue`, or outside of a workspace.
        """
        if uow.scope.workspace_id is None:
            raise ValueError("a job that somebody waits for belongs to a workspace")
        values = {
            "user_id": uow.scope.principal.user_id,
            "kind": f"{self._owner}.{name}",
            "title": plain(title)[:TITLE],
            "status": WAITING,
            "done": 0,
            "attempt": 0,
            "cancel_asked": False,
            "created_at": uow.clock.now(),
        }
        row = uow.insert(Operation, values)
        self._hand_in(uow, name, args, lane=lane, priority=priority, operation_id=row["id"])
        return row

    @as_kernel
    def progress(self, done: int, total: int | None = None, message: str | None = None) -> None:
        """Say how far the job is that runs; written at most once a second, and when `done` is `total`.

        For jobs of mode `external`, outside of units of work that they have opened: on SQLite the row could
        not be written meanwhile. Of a job that nobody waits for nothing is written.

        Arguments:
            done, total: in units of the job's own; a `total` of None is not known yet.
            message: what it is at, for people.

        Raises:
            Cancelled: whoever waits for the job wants it to stop; let it through.
            RuntimeError: no job of mode `external` runs in this thread.
        """
        tell(done, total, message)

    @as_kernel
    def schedule(self, uow: UnitOfWork, key: str, name: str, schedule: Schedule) -> None:
        """Have a job handed in by itself, in the unit of work's workspace, from its commit on.

        `uow.due_at` and `reader.due_at` tell the job for which occurrence it is. A schedule that was made
        before with this key is changed; it keeps its next occurrence if its cron and zone stay the same.

        Arguments:
            key: names the schedule among those of this job and workspace, e.g. the id of a report.
            name: of one of the plugin's own job types.
            schedule: when, and the arguments of the job.

        Raises:
            LookupError: the plugin provides no such job.
            ValueError: the arguments are not as it declares, or the key has none or more than 80 characters.
            ValidationFailed: `cron`, `zone`, `misfire` or `args` of the schedule cannot be kept.
        """
        kind = self._kind(name, schedule.args)
        if problems := schedule.problems():
            raise ValidationFailed(Problem(field, words, "invalid") for field, words in problems.items())
        workspace_id = uow.scope.workspace_id
        row = row_of(name_of(kind, workspace_id, key), kind, schedule, uow.clock.now(), workspace_id)
        uow.connection.execute(ENTER[uow.dialect], row)

    @as_kernel
    def unschedule(self, uow: UnitOfWork, key: str, name: str) -> None:
        """End a schedule that was made by `schedule`; nothing happens where there is none.

        Jobs that it has handed in are done all the same.

        Arguments:
            key, name: as they were given.
        """
        which = name_of(f"{self._owner}.{name}", uow.scope.workspace_id, key)
        uow.connection.execute(LEAVE, {"which": which})

    def _kind(self, name: str, args: Mapping[str, Any]) -> str:
        """Full name of a job type that may be handed in with these arguments."""
        kind = f"{self._owner}.{name}"
        if kind not in self._types:
            raise LookupError(f"{self._owner} provides no job {name!r}: name it in provide_jobs")
        if problems := self._types[kind].problems(args):
            raise ValueError(f"arguments of the job {kind}: {problems}")
        return kind

    def _hand_in(
        self,
        uow: UnitOfWork,
        name: str,
        args: Mapping[str, Any],
        *,
        run_at: datetime | None = None,
        lane: str | None = None,
        dedup_key: str | None = None,
        **values: Any,
    ) -> None:
        kind = self._kind(name, args)
        job = self._types[kind]
        workspace_id, now = uow.scope.workspace_id, uow.clock.now()
        row = new_job(
            kind,
            now=now,
            args=dict(args),
            queue=job.queue,
            workspace_id=workspace_id,
            lane=lane if lane is None else f"{kind}:{workspace_id}:{lane}",
            dedup_key=dedup_key if dedup_key is None else f"{workspace_id}:{dedup_key}",
            available_at=run_at or now,
            max_attempts=job.max_attempts,
            **values,
        )
        uow.hand_in(row)


def new_job(kind: str, *, now: datetime, **values: Any) -> dict[str, Any]:
    """A row of `Job`.

    Arguments:
        now: when it is made, and its time comes unless `available_at` among the values says later.
    """
    later = values.get("available_at", now) > now
    return {
        "kind": kind,
        "event_seq": None,
        "args": None,
        "queue": "default",
        "priority": PRIORITY,
        "workspace_id": None,
        "lane": None,
        "dedup_key": None,
        "replay_id": None,
        "due_at": None,
        "request_id": request_id(),
        "hop": current(),
        "operation_id": None,
        "state": models.WAITING if later else READY,
        "tenant": values.get("workspace_id") or NOBODY,
        "attempt": 0,
        "max_attempts": 12,
        "available_at": now,
        "created_at": now,
        **values,
    }


_COLUMNS = tuple(new_job("", now=datetime.min))
STORE = {
    dialect.name: unscoped(ALL_WORKSPACES, make(Job).on_conflict_do_nothing())
    for dialect, make in ((sqlite.dialect, sqlite.insert), (postgresql.dialect, postgresql.insert))
}
"""Stores jobs, those that wait already left out; by dialect."""
