"""Time that people spent on tasks, the timers that measure it, and what each day of theirs adds up to."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKeyConstraint, Index, Integer, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import (
    Identified,
    IdType,
    InWorkspace,
    Timestamped,
    User,
    Versioned,
    Workspace,
)

from ..models import Base, Task


class TimeEntry(Base, Identified, InWorkspace, Versioned, Timestamped):
    """What somebody spent on a task on one calendar day.

    `started_at` and `ended_at` are known where a timer measured it; `was_cut` says that it ran for longer.
    """

    __tablename__ = "tasks__time_entry"

    project_id: Mapped[str] = mapped_column(IdType)
    task_id: Mapped[str] = mapped_column(IdType)
    user_id: Mapped[str] = mapped_column(IdType)
    date: Mapped[date] = mapped_column(Date)
    seconds: Mapped[int] = mapped_column(Integer)
    description: Mapped[str | None] = mapped_column(Text)
    billable: Mapped[bool] = mapped_column(default=False)
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    was_cut: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "task_id"], [Task.workspace_id, Task.id], ondelete="CASCADE"),
        UniqueConstraint("workspace_id", "id"),
        Index("ix_tasks__time_entry_task", "workspace_id", "task_id", "date", "id"),
        Index("ix_tasks__time_entry_user", "workspace_id", "user_id", "date", "id"),
        Index("ix_tasks__time_entry_project", "workspace_id", "project_id", "date", "id"),
    )


class Timer(Base, Identified, InWorkspace):
    """The timer that runs for somebody: at most one for each person in a workspace."""

    __tablename__ = "tasks__timer"

    user_id: Mapped[str] = mapped_column(IdType)
    task_id: Mapped[str] = mapped_column(IdType)
    started_at: Mapped[datetime]
    description: Mapped[str | None] = mapped_column(Text)
    billable: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "task_id"], [Task.workspace_id, Task.id], ondelete="CASCADE"),
        ForeignKeyConstraint(["user_id"], [User.id], ondelete="CASCADE"),
        UniqueConstraint("workspace_id", "user_id"),
        Index("ix_tasks__timer_task", "workspace_id", "task_id"),
    )


class TimeDay(Base, InWorkspace):
    """The seconds of somebody's day, kept by additions; who adds to it holds it until the commit."""

    __tablename__ = "tasks__time_day"

    workspace_id: Mapped[str] = mapped_column(IdType, primary_key=True)
    user_id: Mapped[str] = mapped_column(IdType, primary_key=True)
    date: Mapped[date] = mapped_column(Date, primary_key=True)
    seconds: Mapped[int] = mapped_column(Integer, default=0)

    __table_args__ = (ForeignKeyConstraint(["workspace_id"], [Workspace.id], ondelete="CASCADE"),)
