"""Who works on a task, and who wants to hear of it."""

from __future__ import annotations

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import IdType, InWorkspace, User

from ..models import Base, Task


def _of_task() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["workspace_id", "task_id"], [Task.workspace_id, Task.id], ondelete="CASCADE")


class TaskAssignee(Base, InWorkspace):
    """That somebody is assigned to a task; who is the primary one stands in `Task.assigned_to`."""

    __tablename__ = "tasks__assignee"

    workspace_id: Mapped[str] = mapped_column(IdType, primary_key=True)
    task_id: Mapped[str] = mapped_column(IdType, primary_key=True)
    user_id: Mapped[str] = mapped_column(IdType, ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)

    __table_args__ = (
        _of_task(),
        Index("ix_tasks__assignee_user", "workspace_id", "user_id", "task_id"),
    )


class TaskWatcher(Base, InWorkspace):
    """What somebody said about watching a task, or did that makes them watch it.

    Creators and assignees watch without a row; `is_watching` is False for who does not want to.
    """

    __tablename__ = "tasks__watcher"

    workspace_id: Mapped[str] = mapped_column(IdType, primary_key=True)
    task_id: Mapped[str] = mapped_column(IdType, primary_key=True)
    user_id: Mapped[str] = mapped_column(IdType, ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    is_watching: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (
        _of_task(),
        Index("ix_tasks__watcher_user", "workspace_id", "user_id"),
    )
