"""Which task waits for which, and the row that writers of such links take turns by."""

from __future__ import annotations

from sqlalchemy import ForeignKeyConstraint, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import Identified, IdType, InWorkspace, Timestamped, Versioned, Workspace

from ..models import Base, Task


class Dependency(Base, Identified, InWorkspace, Versioned, Timestamped):
    """That a task (the successor) depends on another one (the predecessor).

    `project_id` is that of the successor: whoever may change it may change what it waits for. Nothing is
    written when the predecessor goes to the trash: readers look where it is (see queries.py).
    """

    __tablename__ = "tasks__dependency"

    project_id: Mapped[str] = mapped_column(IdType)
    task_id: Mapped[str] = mapped_column(IdType)
    depends_on_task_id: Mapped[str] = mapped_column(IdType)
    dependency_type: Mapped[str] = mapped_column(String(2), default="FS")
    lag_days: Mapped[int] = mapped_column(Integer, default=0)
    created_by: Mapped[str | None] = mapped_column(IdType)

    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "task_id"], [Task.workspace_id, Task.id], ondelete="CASCADE"),
        ForeignKeyConstraint(
            ["workspace_id", "depends_on_task_id"],
            [Task.workspace_id, Task.id],
            name="fk_tasks__dependency_predecessor",
            ondelete="CASCADE",
        ),
        UniqueConstraint("workspace_id", "task_id", "depends_on_task_id"),
        Index("ix_tasks__dependency_predecessor", "workspace_id", "depends_on_task_id", "task_id"),
        Index("ix_tasks__dependency_project", "workspace_id", "project_id", "created_at"),
    )


class Graph(Base, InWorkspace):
    """One row a workspace, held by whoever adds a link: they come one after the other (ADR 041)."""

    __tablename__ = "tasks__graph"

    workspace_id: Mapped[str] = mapped_column(IdType, primary_key=True)

    __table_args__ = (ForeignKeyConstraint(["workspace_id"], [Workspace.id], ondelete="CASCADE"),)
