"""Prebuilt statements of reminders."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from sqlalchemy import Date, and_, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from pronaflow_kernel.api import IdType, Workspace, switched_on, unscoped
from pronaflow_projects.api import PROJECT

from ..models import ACTIVE, Task
from ..words import CLOSED
from .models import Reminder

NEAR = unscoped(
    "a schedule looks in all workspaces for what is due",
    select(Task.__table__)
    .join(Workspace, and_(Workspace.id == Task.workspace_id, Workspace.lifecycle == "active"))
    .join(PROJECT, and_(PROJECT.c.workspace_id == Task.workspace_id, PROJECT.c.id == Task.project_id))
    .where(
        Task.lifecycle == ACTIVE,
        PROJECT.c.lifecycle == "active",
        Task.status.not_in(CLOSED),
        Task.assigned_to.is_not(None),
        Task.due_date >= bindparam("first", type_=Date()),
        Task.due_date <= bindparam("last", type_=Date()),
        Task.id > bindparam("after", type_=IdType()),
        switched_on("tasks", Task.__table__.c.workspace_id, scope="system"),
    )
    .order_by(Task.id)
    .limit(bindparam("most")),
)
"""Open tasks with an assignee that are due around today; a page of them."""


def _note(dialect: ModuleType) -> Any:
    statement = dialect.insert(Reminder.__table__).on_conflict_do_nothing()
    return statement.returning(Reminder.task_id, Reminder.kind, Reminder.due_on)


NOTE = {module.dialect.name: _note(module) for module in (sqlite, postgresql)}
"""Write down what is told, by dialect; answers what was not told before."""
