"""What becomes of open work when somebody leaves a project or the workspace (modules.md 2.3, rule 4)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import Select, bindparam, func, select

from pronaflow_kernel.api import (
    SCOPE_WORKSPACE,
    Conflict,
    Context,
    Event,
    IdType,
    Membership,
    NotFound,
    UnitOfWork,
    ValidationFailed,
)
from pronaflow_workspaces.api import WorkspaceSettings

from .checklists.models import Subtask
from .checklists.service import ChecklistService
from .models import ACTIVE, Task
from .people.field import assignees_of
from .people.members import members
from .people.models import TaskAssignee
from .service import TaskService
from .words import CLOSED

_USER_ID = bindparam("user_id", type_=IdType())
_OPEN = (Task.workspace_id == SCOPE_WORKSPACE, Task.lifecycle == ACTIVE, Task.status.not_in(CLOSED))
_ASSIGNED = select(TaskAssignee.task_id).where(
    TaskAssignee.workspace_id == SCOPE_WORKSPACE, TaskAssignee.user_id == _USER_ID
)
_TASKS = select(Task.id).where(*_OPEN, Task.id.in_(_ASSIGNED))
_ITEMS = (
    select(Subtask.id)
    .join(Task, Task.id == Subtask.task_id)
    .where(
        *_OPEN,
        Subtask.workspace_id == SCOPE_WORKSPACE,
        Subtask.assigned_to == _USER_ID,
        Subtask.status.not_in(CLOSED),
    )
)


def _in_project(statement: Select[Any]) -> Select[Any]:
    return statement.where(Task.project_id == bindparam("project_id", type_=IdType()))


_TASKS_THERE, _ITEMS_THERE = _in_project(_TASKS), _in_project(_ITEMS)

_IS_HERE = select(func.count()).where(
    Membership.workspace_id == SCOPE_WORKSPACE, Membership.user_id == _USER_ID, Membership.is_active
)


class Departures:
    """Hands work over, or leaves it without an assignee, as the workspace has set.

    Arguments:
        ctx: of the plugin.
        tasks: changes tasks by their rules.
        checklists: changes items of checklists by theirs.
    """

    def __init__(self, ctx: Context, tasks: TaskService, checklists: ChecklistService) -> None:
        self._ctx = ctx
        self._tasks = tasks
        self._checklists = checklists

    def departed(self, uow: UnitOfWork, event: Event) -> None:
        """Subscriber of `workspace.member.removed`."""
        user_id, heir = event.payload["user_id"], event.payload["reassign_to"]
        if heir is None and self._keeps(uow):
            return
        for row in uow.all(_TASKS, user_id=user_id):
            self._hand_over(uow, row["id"], user_id, heir)
        for row in uow.all(_ITEMS, user_id=user_id):
            self._hand_over_item(uow, row["id"], heir)

    def left(self, uow: UnitOfWork, event: Event) -> None:
        """Subscriber of `project.member.removed`.

        Who left the whole workspace may have an heir, of whom `departed` knows; who is back in the project by
        now keeps everything.
        """
        user_id, project_id = event.payload["user_id"], event.payload["project_id"]
        if not uow.value(_IS_HERE, user_id=user_id) or members(uow, project_id, {user_id}):
            return
        if self._keeps(uow):
            return
        for row in uow.all(_TASKS_THERE, user_id=user_id, project_id=project_id):
            self._hand_over(uow, row["id"], user_id, None)
        for row in uow.all(_ITEMS_THERE, user_id=user_id, project_id=project_id):
            self._hand_over_item(uow, row["id"], None)

    def _keeps(self, uow: UnitOfWork) -> bool:
        settings = self._ctx.services.require(WorkspaceSettings).settings(uow)
        return settings.on_member_removed == "keep"

    def _hand_over(self, uow: UnitOfWork, task_id: str, user_id: str, heir: str | None) -> None:
        """Put the heir in somebody's place; nobody, where the heir is not in the project."""
        primary = uow.get(Task, task_id)["assigned_to"]
        others = [other for other in assignees_of(uow, task_id) if other != user_id]
        for person in (heir, None) if heir else (None,):
            changes = {
                "assignee_ids": [*others, person] if person else others,
                "assigned_to": person if primary == user_id else primary,
            }
            if _tried(uow, partial(self._tasks.update, uow, task_id, changes)):
                return

    def _hand_over_item(self, uow: UnitOfWork, subtask_id: str, heir: str | None) -> None:
        for person in (heir, None) if heir else (None,):
            change = {"assigned_to": person}
            if _tried(uow, partial(self._checklists.update, uow, subtask_id, change)):
                return


def _tried(uow: UnitOfWork, change: Callable[[], object]) -> bool:
    """Whether a change was possible; a project that is on hold or in the trash keeps its work as it is."""
    try:
        with uow.savepoint():
            change()
    except (Conflict, NotFound, ValidationFailed):
        return False
    return True
