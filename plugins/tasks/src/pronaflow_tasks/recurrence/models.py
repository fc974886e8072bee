"""Rules by which tasks come again."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKeyConstraint, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import Identified, IdType, InWorkspace, Json, Timestamped, Versioned
from pronaflow_projects.api import PROJECT

from ..models import Base


class Recurrence(Base, Identified, InWorkspace, Versioned, Timestamped):
    """A series of tasks; `Task.recurrence_id` and `Task.occurrence_date` tell which are of it.

    `task_id` is the newest task and `last_on` its day; `next_on` is the day of the next one, and `next_at`
    when that begins, after which it is made at the latest. Both are empty where nothing comes any more.
    `template` holds what new tasks are made from (template.py), and `made` counts the tasks so far.
    """

    __tablename__ = "tasks__recurrence"

    project_id: Mapped[str] = mapped_column(IdType)
    task_id: Mapped[str] = mapped_column(IdType)
    pattern: Mapped[str] = mapped_column(String(10))
    interval: Mapped[int] = mapped_column(Integer, default=1)
    weekdays: Mapped[list[Any]] = mapped_column(Json)
    day_of_month: Mapped[int | None] = mapped_column(Integer)
    rrule: Mapped[str | None] = mapped_column(String(200))
    starts_on: Mapped[date] = mapped_column(Date)
    end_date: Mapped[date | None] = mapped_column(Date)
    count: Mapped[int | None] = mapped_column(Integer)
    timezone: Mapped[str] = mapped_column(String(64))
    made: Mapped[int] = mapped_column(Integer, default=1)
    last_on: Mapped[date] = mapped_column(Date)
    next_on: Mapped[date | None] = mapped_column(Date)
    next_at: Mapped[datetime | None]
    template: Mapped[dict[str, Any]] = mapped_column(Json)
    created_by: Mapped[str | None] = mapped_column(IdType)

    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "project_id"], [PROJECT.c.workspace_id, PROJECT.c.id], ondelete="CASCADE"
        ),
        Index("ix_tasks__recurrence_due", "next_at", "id"),
        Index("ix_tasks__recurrence_task", "workspace_id", "task_id"),
    )
