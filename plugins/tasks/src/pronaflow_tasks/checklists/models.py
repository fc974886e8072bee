"""The items of a task's checklist."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import Identified, IdType, InWorkspace, Timestamped, Versioned

from ..models import Base, Task
from ..words import STATUSES, Ranked


class Subtask(Base, Identified, InWorkspace, Versioned, Timestamped):
    """One item; `position` counts from 0 without gaps. Who changes items holds their task's row first."""

    __tablename__ = "tasks__subtask"

    project_id: Mapped[str] = mapped_column(IdType)
    task_id: Mapped[str] = mapped_column(IdType)
    title: Mapped[str] = mapped_column(String(255))
    description: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Ranked(STATUSES), default="todo")
    assigned_to: Mapped[str | None] = mapped_column(IdType)
    created_by: Mapped[str | None] = mapped_column(IdType)
    completed_at: Mapped[datetime | None]
    position: Mapped[int] = mapped_column(Integer, default=0)

    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "task_id"], [Task.workspace_id, Task.id], ondelete="CASCADE"),
        UniqueConstraint("workspace_id", "id"),
        Index("ix_tasks__subtask_task", "workspace_id", "task_id", "position", "id"),
        Index("ix_tasks__subtask_assignee", "workspace_id", "assigned_to"),
    )
