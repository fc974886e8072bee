"""All assignees of a task, as a field of it; `Task.assigned_to` repeats which of them is the primary one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any

from sqlalchemy import String, and_, bindparam, cast, delete, func, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from pronaflow_kernel.api import (
    SCOPE_WORKSPACE,
    IdType,
    Problem,
    Reader,
    Row,
    UnitOfWork,
    User,
    full_name_here,
    username_here,
)

from ..attached import Loss, Values
from ..checklists.models import Subtask
from ..models import Task
from .members import members
from .models import TaskAssignee

_SEPARATOR = "\x1e"
"""Between the parts of a person's text; no user name holds it."""

_PEOPLE = TaskAssignee.__table__.join(User.__table__, User.id == TaskAssignee.user_id)


def _text(sign: str) -> Any:
    return literal(sign, String)


_PERSON = (
    cast(TaskAssignee.user_id, String)
    + _text(_SEPARATOR)
    + username_here()
    + _text(_SEPARATOR)
    # A name may hold what separates the people of one task from one another.
    + func.replace(func.coalesce(full_name_here(), ""), _text("\x1f"), _text(" "), type_=String())
)

_OF_TASK = (
    select(TaskAssignee.user_id)
    .where(
        TaskAssignee.workspace_id == SCOPE_WORKSPACE,
        TaskAssignee.task_id == bindparam("task", type_=IdType()),
    )
    .order_by(TaskAssignee.user_id)
)

_UNLINK = delete(TaskAssignee).where(
    TaskAssignee.workspace_id == SCOPE_WORKSPACE,
    TaskAssignee.task_id == bindparam("task", type_=IdType()),
    TaskAssignee.user_id.in_(bindparam("ids", type_=IdType(), expanding=True)),
)


_OF_CHECKLIST = and_(
    Subtask.workspace_id == SCOPE_WORKSPACE, Subtask.task_id == bindparam("task", type_=IdType())
)
_HELPING = select(Subtask.assigned_to).where(_OF_CHECKLIST, Subtask.assigned_to.is_not(None)).distinct()
_HELPING_NO_MORE = (
    update(Subtask.__table__)
    .where(_OF_CHECKLIST, Subtask.assigned_to.in_(bindparam("ids", type_=IdType(), expanding=True)))
    .values(assigned_to=None)
)


def _link(dialect: ModuleType) -> Any:
    """Somebody else may have assigned the same person meanwhile; the task's version finds that."""
    return dialect.insert(TaskAssignee.__table__).on_conflict_do_nothing()


_LINK = {module.dialect.name: _link(module) for module in (sqlite, postgresql)}

ASSIGNED = Task.id.in_(
    select(TaskAssignee.task_id).where(
        TaskAssignee.workspace_id == SCOPE_WORKSPACE,
        TaskAssignee.user_id == bindparam("assigned_to", type_=IdType()),
    )
)
"""Whether the user bound to `assigned_to` is among a task's assignees."""


def assignees_of(reader: Reader, task_id: str) -> list[str]:
    """Ids of all who are assigned to a task."""
    return [row["user_id"] for row in reader.all(_OF_TASK, task=task_id)]


def present(task: Row) -> Row:
    """Complete a task, whose `assignee_ids` hold people, by who is assigned; the primary one comes first."""
    people, primary = task["assignee_ids"], task["assigned_to"]
    shown = [{**person, "is_primary": person["user_id"] == primary} for person in people]
    shown.sort(key=lambda person: not person["is_primary"])
    task["assignees"] = shown
    task["assignee_ids"] = [person["user_id"] for person in shown]
    task["assignee"] = shown[0] if shown and shown[0]["is_primary"] else None
    return task


class AssigneeField:
    """Fulfils `Attached`: ids in, and people out, for `present`."""

    name = "assignee_ids"
    always = False
    values = Values(_PEOPLE, TaskAssignee.workspace_id, TaskAssignee.task_id, _PERSON)

    def shown(self, texts: Sequence[str]) -> list[Row]:
        """See `Attached`."""
        return _in_order(_person(text) for text in texts)

    def faults(self, uow: UnitOfWork, project_id: str, tasks: Sequence[Row]) -> list[list[Problem]]:
        """See `Attached`: who writes tasks has checked them together with `assigned_to`."""
        return [[] for _ in tasks]

    def link(self, uow: UnitOfWork, wanted: Mapping[str, Sequence[Row]]) -> dict[str, list[Row]]:
        """See `Attached`: here people come in, since who creates tasks has looked them up."""
        links = [
            {"task_id": task_id, "user_id": person["user_id"]}
            for task_id, people in wanted.items()
            for person in people
        ]
        uow.insert_many(TaskAssignee, links)
        return {task_id: _in_order(people) for task_id, people in wanted.items()}

    def replace(self, uow: UnitOfWork, task: Row, value: Iterable[str]) -> dict[str, Any] | None:
        """See `Attached`."""
        before, after = assignees_of(uow, task["id"]), list(value)
        if set(before) == set(after):
            return None
        if gone := sorted(set(before) - set(after)):
            uow.execute(_UNLINK, task=task["id"], ids=gone)
        if new := sorted(set(after) - set(before)):
            key = {"workspace_id": uow.scope.workspace_id, "task_id": task["id"]}
            uow.connection.execute(_LINK[uow.dialect], [{**key, "user_id": user_id} for user_id in new])
        return {"old": before, "new": after}

    def emigrate(self, uow: UnitOfWork, task: Row, project_id: str) -> Loss:
        """See `Attached`: only members of the project go along, also with the items of the checklist."""
        assigned = set(assignees_of(uow, task["id"]))
        helping = {row["assigned_to"] for row in uow.all(_HELPING, task=task["id"])}
        outside = sorted((assigned | helping) - members(uow, project_id, assigned | helping).keys())
        if not outside:
            return Loss()
        uow.execute(_UNLINK, task=task["id"], ids=outside)
        uow.execute(_HELPING_NO_MORE, task=task["id"], ids=outside)
        lost = len(assigned.intersection(outside))
        if not lost:
            return Loss(warnings=["Assignees of subtasks are not members of the project: nobody does those."])
        columns = {"assigned_to": None} if task["assigned_to"] in outside else {}
        people = "1 assignee is not a member" if lost == 1 else f"{lost} assignees are not members"
        return Loss(columns, [f"{people} of the project, and not assigned any more."])


def _person(text: str) -> Row:
    user_id, username, full_name = text.split(_SEPARATOR, 2)
    return {"user_id": user_id, "username": username, "full_name": full_name or None}


def _in_order(people: Iterable[Row]) -> list[Row]:
    return sorted(people, key=lambda person: person["username"].casefold())
