"""Making the next task of a series, once for each of its days (modules.md 4.6, ADR 042)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from pronaflow_kernel.api import (
    Conflict,
    Context,
    Event,
    KernelError,
    NotFound,
    Reader,
    Row,
    Scope,
    StaleRow,
    UnitOfWork,
    ValidationFailed,
)
from pronaflow_projects.api import Projects

from .. import counters
from ..checklists.copies import checklists_of
from ..counters import Delta
from ..people.members import members
from ..service import TaskService
from . import queries
from .models import Recurrence
from .pattern import Pattern, instant, today
from .template import task_for

_PAGE = 200
"""How many rules one look takes."""

_FIRST = "00000000-0000-0000-0000-000000000000"


class Series:
    """Goes on with series: when their newest task is completed, or when the day of the next one has come.

    Arguments:
        ctx: of the plugin.
        tasks: makes them.
    """

    def __init__(self, ctx: Context, tasks: TaskService) -> None:
        self._ctx = ctx
        self._tasks = tasks

    def completed(self, uow: UnitOfWork, event: Event) -> None:
        """Subscriber of `task.completed`: where the newest task is completed, make the next one."""
        rule_id = event.payload.get("recurrence_id")
        if rule_id is not None:
            self._go_on(uow, rule_id, completed=event.payload["task_id"])

    def come_due(self, reader: Reader, args: Mapping[str, Any]) -> int:
        """Job: make the tasks whose day has come, each in a transaction of its own; answers how many."""
        made, after = 0, _FIRST
        while rows := reader.all(queries.DUE, now=self._ctx.clock.now(), after=after, most=_PAGE):
            after = rows[-1]["id"]
            for row in rows:
                made += self._alone(row)
        return made

    def _alone(self, rule: Row) -> bool:
        """Go on with one series; what cannot be now is tried again within the hour."""
        try:
            with self._ctx.db.write(Scope.system(rule["workspace_id"]), origin="system") as uow:
                return self._go_on(uow, rule["id"])
        except StaleRow:
            return False
        except KernelError as error:
            self._ctx.log.warning("series %s does not go on: %s", rule["id"], error)
            return False

    def _go_on(self, uow: UnitOfWork, rule_id: str, *, completed: str | None = None) -> bool:
        """Make the next task of a series if it is time for it, in a project that takes tasks."""
        rule = uow.one(queries.RULE, id=rule_id)
        if rule is None:
            return False
        try:
            self._ctx.services.require(Projects).editable(uow, rule["project_id"])
        except (Conflict, NotFound):
            return False
        # Held until the commit: of two who come at once the later one finds what the first one made.
        counters.add(uow, rule["project_id"], Delta())
        rule = uow.one(queries.RULE, id=rule_id)
        if rule is None or rule["next_on"] is None:
            return False
        if rule["next_at"] > uow.now if completed is None else rule["task_id"] != completed:
            return False
        day = pattern_of(rule).latest(rule["next_on"], min(_here(uow, rule), rule["end_date"] or date.max))
        try:
            with uow.savepoint():
                task = self._make(uow, rule, day)
        except (Conflict, ValidationFailed) as refusal:
            # The plan is locked, a status is full, a field is required now: the hourly look tries again.
            self._ctx.log.warning("series %s does not go on: %s", rule_id, refusal)
            return False
        progress = {"task_id": task["id"], "last_on": day, "made": rule["made"] + 1}
        uow.update(Recurrence, rule, {**progress, **upcoming({**rule, **progress})})
        return True

    def _make(self, uow: UnitOfWork, rule: Row, day: date) -> Row:
        """The task for a day; what does not fit any more is left out, such as a list that is archived."""
        values = self._values(uow, rule, day)
        while True:
            try:
                with uow.savepoint():
                    return self._tasks.create(uow, values)
            except ValidationFailed as refusal:
                unfit = {problem.field.partition(".")[0] for problem in refusal.problems} & values.keys()
                if not unfit:
                    raise
            except Conflict as refusal:
                unfit = {"task_list_id"} & refusal.details.keys() & values.keys()
                if not unfit:
                    raise
            values = {name: value for name, value in values.items() if name not in unfit}

    def _values(self, uow: UnitOfWork, rule: Row, day: date) -> Row:
        """What the task for a day is made of: the template, and the checklist of the task before, all to do.

        Whoever left the project is assigned to nothing.
        """
        values = task_for(rule["template"], day, rule["timezone"])
        items = checklists_of(uow, [rule["task_id"]]).get(rule["task_id"], [])
        wanted = {*values["assignee_ids"], *(item["assigned_to"] for item in items)} - {None}
        here = members(uow, rule["project_id"], wanted)
        if values["assigned_to"] not in here:
            values["assigned_to"] = None
        values["assignee_ids"] = [user_id for user_id in values["assignee_ids"] if user_id in here]
        for item in items:
            item["assigned_to"] = item["assigned_to"] if item["assigned_to"] in here else None
        return {
            **values,
            "checklist": items,
            "project_id": rule["project_id"],
            "created_by": rule["created_by"],
            "recurrence_id": rule["id"],
            "occurrence_date": day,
        }


def pattern_of(rule: Mapping[str, Any]) -> Pattern:
    """The days of a rule."""
    return Pattern(
        rule["pattern"],
        rule["starts_on"],
        rule["interval"],
        tuple(rule["weekdays"]),
        rule["day_of_month"],
        rule["rrule"],
    )


def upcoming(rule: Mapping[str, Any]) -> dict[str, Any]:
    """`next_on` and `next_at` of a rule whose newest task is for `last_on`."""
    days = _next(rule, 1)
    day = days[0] if days else None
    return {"next_on": day, "next_at": None if day is None else instant(day, rule["timezone"])}


def next_days(rule: Mapping[str, Any], now: datetime) -> list[date]:
    """The next five days for which there will be tasks; of days that were missed only the last one counts."""
    if rule["next_on"] is None:
        return []
    here = min(today(now, rule["timezone"]), rule["end_date"] or date.max)
    first = pattern_of(rule).latest(rule["next_on"], here)
    left = 5 if rule["count"] is None else min(5, rule["count"] - rule["made"])
    return [first, *_next({**rule, "last_on": first}, 5)][:left]


def _next(rule: Mapping[str, Any], most: int) -> list[date]:
    if rule["count"] is not None:
        most = min(most, rule["count"] - rule["made"])
    return pattern_of(rule).next(rule["last_on"], rule["end_date"], most) if most > 0 else []


def _here(uow: UnitOfWork, rule: Row) -> date:
    return today(uow.now, rule["timezone"])
