"""Files at tasks, and their versions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import Identified, IdType, InWorkspace, KeptFile, Timestamped, Versioned

from ..models import Base, Task


class TaskFile(Base, Identified, InWorkspace, Versioned, Timestamped):
    """A file at a task, by its name; `current` is the number of the version that is shown.

    `version` counts the changes of the row, as everywhere. `created_by` brought the first version, and may
    delete it.
    """

    __tablename__ = "tasks__file"

    project_id: Mapped[str] = mapped_column(IdType)
    task_id: Mapped[str] = mapped_column(IdType)
    name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str | None] = mapped_column(Text)
    current: Mapped[int] = mapped_column(Integer)
    created_by: Mapped[str | None] = mapped_column(IdType)

    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "task_id"], [Task.workspace_id, Task.id], ondelete="CASCADE"),
        UniqueConstraint("workspace_id", "id"),
        UniqueConstraint("workspace_id", "task_id", "name"),
    )


class TaskFileVersion(Base, Identified, InWorkspace):
    """What a file was from one upload to the next; never overwritten (modules.md 4.4 rule 11)."""

    __tablename__ = "tasks__file_version"

    file_id: Mapped[str] = mapped_column(IdType)
    number: Mapped[int] = mapped_column(Integer)
    file_key: Mapped[str] = mapped_column(String(32), ForeignKey(KeptFile.key, ondelete="CASCADE"))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    uploaded_by: Mapped[str | None] = mapped_column(IdType)
    uploaded_at: Mapped[datetime]

    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "file_id"], [TaskFile.workspace_id, TaskFile.id], ondelete="CASCADE"
        ),
        UniqueConstraint("workspace_id", "file_id", "number"),
        Index("ix_tasks__file_version_key", "file_key"),
    )
