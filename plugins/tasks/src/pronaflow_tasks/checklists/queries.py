"""Prebuilt reads and writes of checklists."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, bindparam, select, update

from pronaflow_kernel.api import SCOPE_WORKSPACE, IdType, Listing

from ..models import Task
from .models import Subtask

_TASK_ID = bindparam("task_id", type_=IdType())

SUBTASK = (
    select(Subtask.__table__)
    .join(Task, and_(Task.id == Subtask.task_id, Task.workspace_id == Subtask.workspace_id))
    .where(
        Subtask.workspace_id == SCOPE_WORKSPACE,
        Subtask.id == bindparam("id", type_=IdType()),
        Task.lifecycle != "trashed",
    )
)
"""One item of a task that is not in the trash."""

SUBTASKS = Listing(
    select(Subtask.__table__).where(Subtask.workspace_id == SCOPE_WORKSPACE, Subtask.task_id == _TASK_ID),
    id=Subtask.id,
    sorts={"position": Subtask.position, "created_at": Subtask.created_at},
    default="position",
)

OF_TASKS = (
    select(Subtask.task_id, Subtask.title, Subtask.description, Subtask.assigned_to)
    .where(
        Subtask.workspace_id == SCOPE_WORKSPACE,
        Subtask.task_id.in_(bindparam("ids", type_=IdType(), expanding=True)),
    )
    .order_by(Subtask.task_id, Subtask.position)
)
"""The items of some tasks, in order."""


def _shift(by: int) -> Any:
    """Lets items from `first` to `last` make room, or close a gap."""
    return (
        update(Subtask.__table__)
        .where(
            Subtask.workspace_id == SCOPE_WORKSPACE,
            Subtask.task_id == bindparam("task", type_=IdType()),
            Subtask.position.between(bindparam("first"), bindparam("last")),
        )
        .values(position=Subtask.position + by)
    )


DOWN, UP = _shift(1), _shift(-1)
