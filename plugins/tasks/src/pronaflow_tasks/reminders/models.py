"""What was told of the days of tasks."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Date, ForeignKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import IdType, InWorkspace

from ..models import Base, Task


class Reminder(Base, InWorkspace):
    """That a task was said to be due soon, or overdue (`kind`: the type of the event), on a day."""

    __tablename__ = "tasks__reminder"

    workspace_id: Mapped[str] = mapped_column(IdType, primary_key=True)
    task_id: Mapped[str] = mapped_column(IdType, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    due_on: Mapped[date] = mapped_column(Date, primary_key=True)

    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "task_id"], [Task.workspace_id, Task.id], ondelete="CASCADE"),
    )
