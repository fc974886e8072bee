"""Task lists, tasks, where they come from, and the counters that are kept in step with them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Numeric,
    String,
    Text,
    UniqueConstraint,
    func,
    literal_column,
)
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import (
    FullText,
    IdType,
    InWorkspace,
    Json,
    Record,
    model_base,
)
from pronaflow_projects.api import PROJECT

from .words import PRIORITIES, STATUSES, Ranked

Base = model_base("tasks")
METADATA: MetaData = Base.metadata
"""All tables of this plugin."""

ACTIVE: Any = literal_column("'active'", String)
"""`lifecycle == ACTIVE` is a condition that partial indexes answer; no planner looks into a bind for it."""

NEVER: Any = literal_column("'9999-12-31'", Date)
"""Sorts tasks without a due date behind all others."""


class TaskList(Base, Record):
    """A column or section of a project; every task is in one."""

    __tablename__ = "tasks__list"

    project_id: Mapped[str] = mapped_column(IdType)
    name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str | None] = mapped_column(Text)
    position: Mapped[int] = mapped_column(Integer, default=0)
    is_archived: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "project_id"], [PROJECT.c.workspace_id, PROJECT.c.id], ondelete="CASCADE"
        ),
        UniqueConstraint("workspace_id", "id"),
        Index("ix_tasks__list_project", "workspace_id", "project_id", "position", "id"),
    )


class Task(Base, Record):
    """A piece of work. `key` is the project's key and `number`, for people: `WEB-12`.

    `due_date` is a calendar day (in UTC); `due_at` the instant, where the caller gave one. `created_by` is
    empty for what no user made. `started_at` and `completed_at` are kept by the rules of modules.md 4.3.
    `rank` sorts the tasks of a list; see ranks.py.
    """

    __tablename__ = "tasks__task"

    project_id: Mapped[str] = mapped_column(IdType)
    task_list_id: Mapped[str] = mapped_column(IdType)
    number: Mapped[int] = mapped_column(Integer)
    key: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(255))
    description: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Ranked(STATUSES), default="todo")
    priority: Mapped[str] = mapped_column(Ranked(PRIORITIES), default="medium")
    assigned_to: Mapped[str | None] = mapped_column(IdType)
    created_by: Mapped[str | None] = mapped_column(IdType)
    start_date: Mapped[date | None] = mapped_column(Date)
    due_date: Mapped[date | None] = mapped_column(Date)
    due_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    estimated_hours: Mapped[float | None] = mapped_column(Numeric(8, 2, asdecimal=False))
    actual_seconds: Mapped[int] = mapped_column(Integer, default=0)
    story_points: Mapped[float | None] = mapped_column(Numeric(6, 1, asdecimal=False))
    is_milestone: Mapped[bool] = mapped_column(default=False)
    progress: Mapped[int] = mapped_column(Integer, default=0)
    subtasks_count: Mapped[int] = mapped_column(Integer, default=0)
    subtasks_completed: Mapped[int] = mapped_column(Integer, default=0)
    rank: Mapped[int] = mapped_column(BigInteger, default=0)
    recurrence_id: Mapped[str | None] = mapped_column(IdType)
    occurrence_date: Mapped[date | None] = mapped_column(Date)

    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "project_id"], [PROJECT.c.workspace_id, PROJECT.c.id], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["workspace_id", "task_list_id"], [TaskList.workspace_id, TaskList.id], ondelete="CASCADE"
        ),
        UniqueConstraint("workspace_id", "id"),
        UniqueConstraint("workspace_id", "project_id", "number"),
        UniqueConstraint("workspace_id", "key"),
        UniqueConstraint("workspace_id", "recurrence_id", "occurrence_date"),
    )


DUE: Any = func.coalesce(Task.due_date, NEVER)
"""The due date as a sort that is never NULL."""

_LISTED = Task.lifecycle == ACTIVE


def _listed(name: str, *columns: Any) -> Index:
    """An index over the tasks that lists show."""
    return Index(f"ix_tasks__task_{name}", *columns, sqlite_where=_LISTED, postgresql_where=_LISTED)


TASK_INDEXES = (
    _listed("project", Task.workspace_id, Task.project_id, Task.created_at, Task.id),
    _listed("project_due", Task.workspace_id, Task.project_id, DUE, Task.id),
    _listed("project_status", Task.workspace_id, Task.project_id, Task.status, Task.created_at, Task.id),
    _listed("list_created", Task.workspace_id, Task.task_list_id, Task.created_at, Task.id),
    _listed("workspace", Task.workspace_id, Task.created_at, Task.id),
    _listed("workspace_due", Task.workspace_id, DUE, Task.id),
    Index("ix_tasks__task_list", Task.workspace_id, Task.task_list_id, Task.rank, Task.id),
)

SEARCH = FullText("tasks__search", METADATA, of="tasks__task")
"""Words of title and description."""


class Counter(Base, InWorkspace):
    """What a project counts; see counters.py.

    `last_number` is that of the newest key; `last_rank` is no less than any task's `rank`; `total`,
    `completed` and `cancelled` count the tasks that are not in the trash.
    """

    __tablename__ = "tasks__counter"

    workspace_id: Mapped[str] = mapped_column(IdType, primary_key=True)
    project_id: Mapped[str] = mapped_column(IdType, primary_key=True)
    last_number: Mapped[int] = mapped_column(Integer, default=0)
    last_rank: Mapped[int] = mapped_column(BigInteger, default=0)
    total: Mapped[int] = mapped_column(Integer, default=0)
    completed: Mapped[int] = mapped_column(Integer, default=0)
    cancelled: Mapped[int] = mapped_column(Integer, default=0)
    default_list_id: Mapped[str | None] = mapped_column(IdType)

    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "project_id"], [PROJECT.c.workspace_id, PROJECT.c.id], ondelete="CASCADE"
        ),
    )


class External(Base, InWorkspace):
    """Where an imported task comes from, so that importing twice changes nothing."""

    __tablename__ = "tasks__external"

    workspace_id: Mapped[str] = mapped_column(IdType, primary_key=True)
    source: Mapped[str] = mapped_column(String(50), primary_key=True)
    external_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    task_id: Mapped[str] = mapped_column(IdType, ForeignKey(Task.id, ondelete="CASCADE"), index=True)
    data: Mapped[dict[str, Any]] = mapped_column(Json)
