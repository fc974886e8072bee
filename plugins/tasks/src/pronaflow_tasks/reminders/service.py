"""Telling that tasks are due soon, and that they are overdue, by the clock of whoever works on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from pronaflow_kernel.api import Context, Reader, Row, Scope, UnitOfWork

from ..events import task_payload
from . import queries
from .events import DUE_SOON, OVERDUE

SOON = timedelta(hours=24)
"""How long before a task is due it is told (modules.md 7.1)."""

LATE = timedelta(days=3)
"""What is overdue for longer was told before, or this server did not run then."""

_EVENTS = {event.name: event for event in (DUE_SOON, OVERDUE)}
_PAGE = 200
_FIRST = "00000000-0000-0000-0000-000000000000"


class Reminders:
    """Looks each hour for tasks that come due, or were due, and tells of each day once.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def run(self, reader: Reader, args: Mapping[str, Any]) -> None:
        """Job: page by page, a transaction for each workspace in it."""
        now, after = self._ctx.clock.now(), _FIRST
        days = {"first": (now - LATE).date(), "last": (now + SOON).date() + timedelta(days=1)}
        while rows := reader.all(queries.NEAR, **days, after=after, most=_PAGE):
            after = rows[-1]["id"]
            for workspace_id, tasks in groupby(sorted(rows, key=_workspace), key=_workspace):
                with self._ctx.db.write(Scope.system(workspace_id), origin="system") as uow:
                    self._tell(uow, list(tasks), now)

    def _tell(self, uow: UnitOfWork, tasks: list[Row], now: datetime) -> None:
        locales = self._ctx.preferences.locales(uow, sorted({task["assigned_to"] for task in tasks}))
        said = {
            task["id"]: kind
            for task in tasks
            if (kind := kind_of(task, locales[task["assigned_to"]].timezone, now)) is not None
        }
        told = _noted(uow, [(task, said[task["id"]]) for task in tasks if task["id"] in said])
        for task in tasks:
            if task["id"] in told:
                payload = {**task_payload(task), "due_date": task["due_date"]}
                event = _EVENTS[said[task["id"]]]
                uow.publish(event, task["id"], payload, container_id=task["project_id"])


def kind_of(task: Row, zone: ZoneInfo, now: datetime) -> str | None:
    """Which event a task is worth now; None for none.

    Arguments:
        zone: in which a task without an hour ends with its day.
    """
    due = task["due_at"]
    if due is None:
        following = task["due_date"] + timedelta(days=1)
        due = datetime.combine(following, time(), zone).astimezone(UTC)
    if now >= due:
        return OVERDUE.name
    return DUE_SOON.name if now >= due - SOON else None


def _noted(uow: UnitOfWork, said: Iterable[tuple[Row, str]]) -> set[str]:
    """Write down what is told, in one statement; ids of the tasks of which it was not told before."""
    rows = [
        {
            "workspace_id": task["workspace_id"],
            "task_id": task["id"],
            "kind": kind,
            "due_on": task["due_date"],
        }
        for task, kind in said
    ]
    if not rows:
        return set()
    return {row["task_id"] for row in uow.connection.execute(queries.NOTE[uow.dialect], rows).mappings()}


def _workspace(task: Row) -> str:
    found: str = task["workspace_id"]
    return found
