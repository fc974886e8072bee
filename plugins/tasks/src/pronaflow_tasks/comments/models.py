"""Comments and their earlier texts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, Integer, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import Identified, IdType, InWorkspace, Json, Timestamped, Versioned

from ..models import Base, Task


class Comment(Base, Identified, InWorkspace, Versioned, Timestamped):
    """What somebody said about a task; a deleted one stays as a tombstone without its text.

    `parent_comment_id` is the comment that began the thread, itself no reply; `mentions` holds ids of users.
    """

    __tablename__ = "tasks__comment"

    project_id: Mapped[str] = mapped_column(IdType)
    task_id: Mapped[str] = mapped_column(IdType)
    content: Mapped[str] = mapped_column(Text)
    author_id: Mapped[str | None] = mapped_column(IdType)
    edited_at: Mapped[datetime | None]
    edit_count: Mapped[int] = mapped_column(Integer, default=0)
    parent_comment_id: Mapped[str | None] = mapped_column(IdType)
    mentions: Mapped[list[str]] = mapped_column(Json, default=list)
    deleted_at: Mapped[datetime | None]
    deleted_by: Mapped[str | None] = mapped_column(IdType)

    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "task_id"], [Task.workspace_id, Task.id], ondelete="CASCADE"),
        UniqueConstraint("workspace_id", "id"),
        Index("ix_tasks__comment_task", "workspace_id", "task_id", "created_at", "id"),
        Index("ix_tasks__comment_parent", "workspace_id", "parent_comment_id", "created_at", "id"),
    )


class CommentHistory(Base, Identified, InWorkspace):
    """An earlier text of a comment, kept when it is edited or deleted (modules.md 4.4 rule 13)."""

    __tablename__ = "tasks__comment_history"

    comment_id: Mapped[str] = mapped_column(IdType)
    content: Mapped[str] = mapped_column(Text)
    replaced_at: Mapped[datetime]
    replaced_by: Mapped[str | None] = mapped_column(IdType)

    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "comment_id"], [Comment.workspace_id, Comment.id], ondelete="CASCADE"
        ),
        Index("ix_tasks__comment_history_comment", "workspace_id", "comment_id", "replaced_at"),
    )
