"""Prebuilt statements of recurrence."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, select, update

from pronaflow_kernel.api import SCOPE_WORKSPACE, IdType, UtcDateTime, Workspace, switched_on, unscoped

from ..models import Task
from .models import Recurrence

RULE = select(Recurrence.__table__).where(
    Recurrence.workspace_id == SCOPE_WORKSPACE, Recurrence.id == bindparam("id", type_=IdType())
)

FORGET = (
    update(Task.__table__)
    .where(
        Task.workspace_id == SCOPE_WORKSPACE,
        Task.recurrence_id == bindparam("rule", type_=IdType()),
    )
    .values(recurrence_id=None, version=Task.version + 1)
)
"""Takes the tasks of a series out of it."""

DUE = unscoped(
    "a schedule looks in all workspaces for what has come due",
    select(Recurrence.id, Recurrence.workspace_id)
    .join(
        Workspace,
        and_(Workspace.id == Recurrence.workspace_id, Workspace.lifecycle == "active"),
    )
    .where(
        Recurrence.next_at <= bindparam("now", type_=UtcDateTime()),
        Recurrence.id > bindparam("after", type_=IdType()),
        switched_on("tasks", Recurrence.__table__.c.workspace_id, scope="system"),
    )
    .order_by(Recurrence.id)
    .limit(bindparam("most")),
)
"""Rules whose next day has come; a page of them."""
