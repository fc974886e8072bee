"""Which tasks have which of the workspace's tags."""

from __future__ import annotations

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import IdType, InWorkspace
from pronaflow_workspaces.api import TAG

from ..models import Base, Task


class TaskTag(Base, InWorkspace):
    """That a task has a tag."""

    __tablename__ = "tasks__task_tag"

    # First in the key: without it SQLite reads all tags of the workspace to find those of a page of tasks.
    workspace_id: Mapped[str] = mapped_column(IdType, primary_key=True)
    task_id: Mapped[str] = mapped_column(IdType, primary_key=True)
    tag_id: Mapped[str] = mapped_column(IdType, primary_key=True)

    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "task_id"], [Task.workspace_id, Task.id], ondelete="CASCADE"),
        ForeignKeyConstraint(["workspace_id", "tag_id"], [TAG.c.workspace_id, TAG.c.id], ondelete="CASCADE"),
        Index("ix_tasks__task_tag_tag", "workspace_id", "tag_id", "task_id"),
    )
