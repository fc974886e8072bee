"""Making tasks, one or thousands, by the same rules and with the same few statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pronaflow_kernel.api import (
    Context,
    KernelError,
    Problem,
    Row,
    UnitOfWork,
    ValidationFailed,
    new_id,
)
from pronaflow_projects.api import ProjectInfo

from . import externals, rules
from .attached import AttachedFields
from .checklists.copies import add_checklists
from .events import TASK_COMPLETED, TASK_CREATED, task_payload
from .models import SEARCH, Task
from .new_places import Places
from .people.events import publish_assigned
from .people.field import present
from .people.members import members
from .people.rules import assignee_faults, with_assignees
from .timekeeping.spans import with_hours
from .wip import Limits

_BLANK: dict[str, Any] = {
    "description": None,
    "status": "todo",
    "priority": "medium",
    "assigned_to": None,
    "assignee_ids": (),
    "start_date": None,
    "due_date": None,
    "due_at": None,
    "started_at": None,
    "completed_at": None,
    "estimated_hours": None,
    "actual_seconds": 0,
    "story_points": None,
    "is_milestone": False,
    "progress": 0,
    "task_list_id": None,
    "recurrence_id": None,
    "occurrence_date": None,
}


class Made(NamedTuple):
    """A new task.

    Arguments:
        task: as shown.
        warnings: what was accepted although a rule speaks against it, a sentence each.
    """

    task: Row
    warnings: list[str]


class Creator:
    """Makes tasks.

    Arguments:
        ctx: of the plugin.
        attached: fields that live in tables of their own.
    """

    def __init__(self, ctx: Context, attached: AttachedFields) -> None:
        self._hooks = ctx.hooks
        self._attached = attached
        self._limits = Limits(ctx)

    def create(
        self, uow: UnitOfWork, project: ProjectInfo, rows: Sequence[Mapping[str, Any]], *, indexed: bool
    ) -> list[Row]:
        """Store tasks in one project, whatever the limits of statuses; all or none.

        Arguments:
            rows: values as `api.Tasks.create` takes them.
            indexed: whether a fault names its row, as `<index>.<field>`.

        Returns:
            the tasks as shown, in the same order.

        Raises:
            ValidationFailed, Conflict: see `api.Tasks`.
        """
        tasks, errors, people = self._placed(uow, project, rows, None)
        if errors:
            raise _together(errors, indexed)
        return self._store(uow, tasks, people)

    def create_each(
        self, uow: UnitOfWork, project: ProjectInfo, rows: Sequence[Mapping[str, Any]]
    ) -> list[Made | KernelError]:
        """Store those of some tasks that can be stored; of the others, the answer says why not.

        Arguments:
            rows: as in `create`; may hold `override_wip`, whether a full status takes the task.
        """
        warnings: dict[str, list[str]] = {}
        tasks, errors, people = self._placed(uow, project, rows, warnings)
        good = [task for index, task in enumerate(tasks) if index not in errors]
        stored = {row["id"]: row for row in self._store(uow, good, people)} if good else {}
        return [
            errors[index] if index in errors else Made(stored[task["id"]], warnings.get(task["id"], []))
            for index, task in enumerate(tasks)
        ]

    def _placed(
        self,
        uow: UnitOfWork,
        project: ProjectInfo,
        rows: Sequence[Mapping[str, Any]],
        warnings: dict[str, list[str]] | None,
    ) -> tuple[list[Row], dict[int, KernelError], dict[str, Row]]:
        """Tasks with their keys and ranks, by index why some have none, and who of those named is a member.

        Arguments:
            warnings: takes those of tasks in full statuses, by id; None lets any task in.
        """
        tasks = [_prepared(uow, values) for values in rows]
        people = _people(uow, project.id, tasks)
        errors: dict[int, KernelError] = {}
        for index, problems in enumerate(self._faults(uow, project.id, rows, tasks, people)):
            if problems:
                errors[index] = ValidationFailed(problems)
        places = Places(uow, project, [task for index, task in enumerate(tasks) if index not in errors])
        room = None if warnings is None else self._limits.room(uow, project, places.statuses)
        for index, task in enumerate(tasks):
            if index in errors:
                continue
            try:
                places.check(task)
                self._hooks.check_change(uow, "task", None, task)
                if room is not None and warnings is not None:
                    override = bool(rows[index].get("override_wip"))
                    if override:
                        self._limits.may_override(uow, project)
                    warnings[task["id"]] = room.enter(task["status"], override=override)
            except KernelError as error:
                errors[index] = error
        places.assign([task for index, task in enumerate(tasks) if index not in errors])
        return tasks, errors, people

    def _faults(
        self,
        uow: UnitOfWork,
        project_id: str,
        rows: Sequence[Mapping[str, Any]],
        tasks: Sequence[Row],
        people: Mapping[str, Row],
    ) -> list[list[Problem]]:
        """What is wrong with tasks by themselves, for each of them."""
        attached = self._attached.faults(uow, project_id, tasks)
        return [
            _faults(values, task, people) + more
            for values, task, more in zip(rows, tasks, attached, strict=True)
        ]

    def _store(self, uow: UnitOfWork, tasks: Sequence[Row], people: Mapping[str, Row]) -> list[Row]:
        columns = Task.__table__.c.keys()
        stored = uow.insert_many(Task, [{k: task[k] for k in columns if k in task} for task in tasks])
        _index(uow, stored)
        named = [{**task, "assignee_ids": [people[id_] for id_ in task["assignee_ids"]]} for task in tasks]
        linked = self._attached.link(uow, named)
        externals.add(uow, tasks)
        add_checklists(uow, tasks, people)
        for task, row in zip(tasks, stored, strict=True):
            _announce(uow, row)
            publish_assigned(uow, row, task["assignee_ids"])
        return [
            _as_shown(self._attached.shown_with(row, linked), uow.scope.principal.user_id) for row in stored
        ]


def _prepared(uow: UnitOfWork, values: Mapping[str, Any]) -> dict[str, Any]:
    """A row but for its place in the project, with what its values entail."""
    found = rules.with_milestone(None, rules.with_effects(None, rules.with_days(values), uow.now))
    found = with_assignees((), None, found)
    found["subtasks_count"] = len(found.get("checklist") or ())
    return {**_BLANK, "created_by": uow.scope.principal.user_id, **found, "id": new_id()}


def _faults(values: Mapping[str, Any], task: Row, people: Mapping[str, Row]) -> list[Problem]:
    return rules.faults(task) + assignee_faults(task["assignee_ids"], people, values.get("assignee_ids"))


def _together(errors: Mapping[int, KernelError], indexed: bool) -> KernelError:
    """One refusal for some tasks: all that is wrong with any of them, or what the first one meets."""
    problems = [
        Problem(f"{index}.{problem.field}" if indexed else problem.field, problem.message, problem.code)
        for index, error in sorted(errors.items())
        if isinstance(error, ValidationFailed)
        for problem in error.problems
    ]
    return ValidationFailed(problems) if problems else errors[min(errors)]


def _people(uow: UnitOfWork, project_id: str, tasks: Sequence[Row]) -> dict[str, Row]:
    assigned = {user_id for task in tasks for user_id in task["assignee_ids"]}
    helping = {item.get("assigned_to") for task in tasks for item in task.get("checklist") or ()}
    return members(uow, project_id, (assigned | helping) - {None})


def _index(uow: UnitOfWork, tasks: Sequence[Row]) -> None:
    assert uow.scope.workspace_id is not None
    SEARCH.put_many(uow, uow.scope.workspace_id, [(task["id"], text(task)) for task in tasks])


def text(task: Row) -> str:
    """What a search finds a task by."""
    return f"{task['title']}\n{task['description'] or ''}"


def _announce(uow: UnitOfWork, task: Row) -> None:
    payload, where = task_payload(task), task["project_id"]
    uow.publish(TASK_CREATED, task["id"], payload, container_id=where, occurred_at=task["created_at"])
    if task["status"] == "completed":
        when = task["completed_at"]
        uow.publish(TASK_COMPLETED, task["id"], payload, container_id=where, occurred_at=when)


def _as_shown(task: Row, caller: str | None) -> Row:
    """A new task, completed in place by what the schemas show beside its columns."""
    shown = with_hours(present(task))
    watching = {*shown["assignee_ids"], shown["created_by"]} - {None}
    return shown | {
        "comments_count": 0,
        "files_count": 0,
        "watchers_count": len(watching),
        "is_watching": caller in watching,
        "dependencies": [],
        "is_recurring": shown["recurrence_id"] is not None,
    }
