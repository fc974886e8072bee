"""Rules by which tasks come again, and edits of such tasks (modules.md 4.6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from pronaflow_kernel.api import Context, NotFound, Reader, Row, UnitOfWork, invalid
from pronaflow_projects.api import Projects
from pronaflow_workspaces.api import WorkspaceSettings

from ..models import Task
from ..reads import TaskReads
from ..rights import Rights
from ..service import Edited, TaskService
from . import queries
from .events import RECURRENCE_SET, RECURRENCE_STOPPED, recurrence_payload
from .models import Recurrence
from .pattern import EARLIEST, LATEST, today
from .series import next_days, pattern_of, upcoming
from .template import day_of, learnt, template_of


class RecurrenceService:
    """Lets tasks repeat. Whoever may edit a task may do that.

    Arguments:
        ctx: of the plugin.
        tasks: changes them by their rules.
        reads: shows them.
    """

    def __init__(self, ctx: Context, tasks: TaskService, reads: TaskReads) -> None:
        self._ctx = ctx
        self._tasks = tasks
        self._reads = reads
        self._rights = Rights(ctx)

    def show(self, reader: Reader, task_id: str) -> Row:
        """The rule of the series that a task is of.

        Raises:
            NotFound: the task is gone, or does not repeat.
        """
        rule = self._rule(reader, reader.get(Task, task_id))
        return {**rule, "next_occurrences": next_days(rule, reader.clock.now())}

    def set(self, uow: UnitOfWork, task_id: str, values: Mapping[str, Any]) -> Row:
        """Let a task repeat, or its series by another rule; tasks that there are stay.

        A new rule begins on the day of the task, or today, and a changed one on that of the newest task.

        Arguments:
            values: as `TaskRecurrenceIn` loads them.

        Raises:
            NotFound: the task is gone.
            Forbidden: the caller may not edit it.
            ValidationFailed: the rule never comes, or ends before it begins.
            Conflict: the project takes no changes, or a plugin objects.
        """
        task = self._mine(uow, task_id)
        known = None if task["recurrence_id"] is None else uow.one(queries.RULE, id=task["recurrence_id"])
        wanted = {**values, "weekdays": sorted(set(values["weekdays"]))}
        if wanted["timezone"] is None:
            wanted["timezone"] = self._ctx.services.require(WorkspaceSettings).settings(uow).timezone
        if known is None:
            self._begin(uow, task, wanted)
        elif any(known[name] != value for name, value in wanted.items()):
            self._change(uow, known, wanted)
        return self.show(uow, task_id)

    def stop(self, uow: UnitOfWork, task_id: str) -> None:
        """Let a series come no more; its tasks stay, as tasks like all others.

        Raises:
            NotFound: the task is gone, or does not repeat.
            Forbidden, Conflict: as in `set`.
        """
        task = self._mine(uow, task_id)
        rule = self._rule(uow, task)
        self._ctx.hooks.check_change(uow, "recurrence", rule, {"lifecycle": "trashed"})
        uow.remove(Recurrence, rule)
        uow.update(Task, task, {"recurrence_id": None})
        uow.execute(queries.FORGET, rule=rule["id"])
        payload, where = recurrence_payload(rule), rule["project_id"]
        uow.publish(RECURRENCE_STOPPED, rule["id"], payload, container_id=where)

    def edit(self, uow: UnitOfWork, task_id: str, changes: Mapping[str, Any]) -> Edited:
        """`TaskService.edit`, where `apply_to` among the changes says for which tasks they are.

        Raises:
            ValidationFailed: they are for future tasks, and the task does not repeat.
        """
        given = dict(changes)
        future = given.pop("apply_to", "this") == "future"
        edited = self._tasks.edit(uow, task_id, given)
        if future:
            self._learn(uow, edited.update.row, given)
        return edited

    def _learn(self, uow: UnitOfWork, task: Row, given: Mapping[str, Any]) -> None:
        """Take changes of a task over to those that are still to come."""
        rule = None if task["recurrence_id"] is None else uow.one(queries.RULE, id=task["recurrence_id"])
        if rule is None:
            raise invalid("apply_to", "The task does not repeat: there are no future ones.", "not_recurring")
        shown = self._reads.show(uow, task["id"])
        template = learnt(rule["template"], shown, task["occurrence_date"], rule["timezone"], given)
        uow.update(Recurrence, rule, {"template": template})

    def _begin(self, uow: UnitOfWork, task: Row, wanted: Row) -> None:
        """Begin a series with a task."""
        day = day_of(task, wanted["timezone"]) or today(uow.now, wanted["timezone"])
        template = template_of(self._reads.show(uow, task["id"]), day, wanted["timezone"])
        rule = {
            **wanted,
            "project_id": task["project_id"],
            "task_id": task["id"],
            "starts_on": day,
            "last_on": day,
            "made": 1,
            "template": template,
            "created_by": uow.scope.principal.user_id,
        }
        _check(rule)
        rule |= upcoming(rule)
        self._ctx.hooks.check_change(uow, "recurrence", None, rule)
        made = uow.insert(Recurrence, rule)
        uow.update(Task, task, {"recurrence_id": made["id"], "occurrence_date": day})
        _publish(uow, made, None)

    def _change(self, uow: UnitOfWork, rule: Row, wanted: Row) -> None:
        """Let a series go on by another rule, from its newest task on."""
        changes = {**wanted, "starts_on": rule["last_on"]}
        after = {**rule, **changes}
        _check(after)
        changes |= upcoming(after)
        self._ctx.hooks.check_change(uow, "recurrence", rule, changes)
        update = uow.update(Recurrence, rule, changes)
        _publish(
            uow, update.row, {name: update.changes[name] for name in update.changes if name != "template"}
        )

    def _mine(self, uow: UnitOfWork, task_id: str) -> Row:
        """A task that the caller may edit."""
        task = uow.get(Task, task_id)
        project = self._ctx.services.require(Projects).editable(uow, task["project_id"])
        self._rights.edit(uow, task, project, {"recurrence_id"})
        return task

    def _rule(self, reader: Reader, task: Row) -> Row:
        rule = None if task["recurrence_id"] is None else reader.one(queries.RULE, id=task["recurrence_id"])
        if rule is None:
            raise NotFound(f"Task {task['id']} does not repeat")
        return rule


def _check(rule: Mapping[str, Any]) -> None:
    """Refuse a rule that never comes, or that ends before it begins."""
    first: date = rule["starts_on"]
    if not EARLIEST <= first <= LATEST:
        raise invalid("pattern", f"Begins on the day of the task, {first}: that is too far away.")
    if rule["end_date"] is not None and rule["end_date"] < first:
        raise invalid("end_date", f"Is before the day of the task, {first}.", "before_start")
    if pattern_of(rule).after(first) is None:
        field = "rrule" if rule["pattern"] == "custom" else "interval"
        raise invalid(field, "Does not come again within 30 years.", "never")


def _publish(uow: UnitOfWork, rule: Row, changes: Mapping[str, Any] | None) -> None:
    payload, where = recurrence_payload(rule), rule["project_id"]
    uow.publish(RECURRENCE_SET, rule["id"], payload, changes=changes, container_id=where)
