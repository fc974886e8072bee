"""Rules of timers: one runs for each person in a workspace (modules.md 4.4 rule 12)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError

from pronaflow_kernel.api import Answer, Conflict, Context, Reader, Row, StaleRow, UnitOfWork
from pronaflow_projects.api import Projects

from ..models import Task
from . import queries, sums
from .events import TIMER_STARTED, TIMER_STOPPED, timer_payload
from .models import Timer
from .service import TimeService
from .spans import DAY, parts

LONGEST = timedelta(seconds=DAY)
"""A timer that runs for longer was forgotten."""


class TimerService:
    """The timers of people.

    Arguments:
        ctx: of the plugin.
        time: keeps what they measure.
    """

    def __init__(self, ctx: Context, time: TimeService) -> None:
        self._ctx = ctx
        self._time = time

    def current(self, reader: Reader) -> Row | None:
        """The caller's timer, or None."""
        timer = reader.one(queries.RUNNING)
        if timer is None:
            return None
        seconds = (reader.clock.now() - timer["started_at"]) // timedelta(seconds=1)
        return {**timer, "timer_id": timer["id"], "seconds": seconds}

    def start(self, uow: UnitOfWork, values: Mapping[str, Any]) -> Answer:
        """Start a timer; one that runs is stopped first, in the same transaction.

        Raises:
            NotFound: the task is gone.
            Conflict: the project takes no time.
            StaleRow: another one was started meanwhile; a further attempt stops that.
        """
        task = uow.get(Task, values["task_id"])
        project = self._ctx.services.require(Projects).editable(uow, task["project_id"])
        running, stopped = uow.one(queries.HELD), Answer({"entries": []})
        if running is not None:
            stopped = self._stop(uow, running)
        row = {
            "user_id": uow.scope.principal.user_id,
            "task_id": task["id"],
            "started_at": uow.now,
            "description": values.get("description"),
            "billable": values.get("billable", project.settings.default_billable),
        }
        try:
            timer = uow.insert(Timer, row)
        except IntegrityError as error:
            raise StaleRow("another timer was started meanwhile") from error
        _tell(uow, TIMER_STARTED, timer, task)
        shown = {**(self.current(uow) or {}), "entries": stopped.data["entries"]}
        return Answer(shown, warnings=stopped.warnings)

    def stop(self, uow: UnitOfWork) -> Answer:
        """Stop the caller's timer and keep what it measured; its project need not take time any more.

        Raises:
            Conflict: none is running.
        """
        running = uow.one(queries.HELD)
        if running is None:
            raise Conflict("No timer is running")
        return self._stop(uow, running)

    def _stop(self, uow: UnitOfWork, timer: Row) -> Answer:
        """An entry for each day that a timer ran on, as far as the days have room."""
        end, warnings = uow.now, []
        forgotten = end - timer["started_at"] > LONGEST
        if forgotten:
            end = timer["started_at"] + LONGEST
            warnings.append("The timer ran for more than 24 hours: only the first 24 are counted.")
        task = uow.get(Task, timer["task_id"], trashed=True)
        room = []
        for part in parts(timer["started_at"], end, self._time.zone(uow)):
            left = DAY - sums.add_to_day(uow, timer["user_id"], part.day, 0)
            seconds = min(part.seconds, max(left, 0))
            total = sums.add_to_day(uow, timer["user_id"], part.day, seconds)
            warnings += sums.long_day(part.day, total)
            if seconds < part.seconds:
                warnings.append(f"No room on {part.day} for {part.seconds - seconds} seconds of the timer.")
            room.append((part, seconds))
        entries = []
        for part, seconds in room:
            if seconds:
                row = {
                    **{name: timer[name] for name in ("user_id", "description", "billable")},
                    "date": part.day,
                    "seconds": seconds,
                    "started_at": part.start,
                    "ended_at": part.end,
                    "was_cut": seconds < part.seconds or (forgotten and part.end == end),
                }
                entries.append(self._time.show(uow, self._time.store(uow, task, row)["id"]))
        uow.remove(Timer, timer)
        _tell(uow, TIMER_STOPPED, timer, task)
        total = sum(entry["seconds"] for entry in entries)
        return Answer({"task_id": task["id"], "seconds": total, "entries": entries}, warnings=warnings)


def _tell(uow: UnitOfWork, event: Any, timer: Row, task: Row) -> None:
    uow.publish(event, timer["id"], timer_payload(timer), container_id=task["project_id"])
