"""Custom fields of projects, and the values that tasks have for them."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import (
    Date,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import Identified, IdType, InWorkspace, Json, Timestamped, Versioned
from pronaflow_projects.api import PROJECT

from ..models import Base, Task


class CustomField(Base, Identified, InWorkspace, Versioned, Timestamped):
    """A field that a project's tasks have beside those that all tasks have; see kinds.py.

    `options` are those of the select kinds, in their order: `{"id", "label", "color"}`. `default_value` is as
    tasks show it. `name_norm` makes the name unique whatever its case.
    """

    __tablename__ = "tasks__custom_field"

    project_id: Mapped[str] = mapped_column(IdType)
    name: Mapped[str] = mapped_column(String(100))
    name_norm: Mapped[str] = mapped_column(String(300))
    type: Mapped[str] = mapped_column(String(20))
    options: Mapped[list[Any]]
    required: Mapped[bool] = mapped_column(default=False)
    description: Mapped[str | None] = mapped_column(Text)
    default_value: Mapped[Any] = mapped_column(Json, nullable=True)
    position: Mapped[int] = mapped_column(Integer, default=0)

    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "project_id"], [PROJECT.c.workspace_id, PROJECT.c.id], ondelete="CASCADE"
        ),
        UniqueConstraint("workspace_id", "id"),
        UniqueConstraint("workspace_id", "project_id", "name_norm"),
    )


class CustomValue(Base, InWorkspace):
    """What a task has for a custom field: one row, of a multi_select one for each choice.

    `data` is the value as JSON, as tasks show it; the typed columns are what it is filtered and sorted by.
    """

    __tablename__ = "tasks__custom_value"

    workspace_id: Mapped[str] = mapped_column(IdType, primary_key=True)
    task_id: Mapped[str] = mapped_column(IdType, primary_key=True)
    field_id: Mapped[str] = mapped_column(IdType, primary_key=True)
    choice: Mapped[str] = mapped_column(String(36), primary_key=True)
    data: Mapped[str] = mapped_column(Text)
    text_key: Mapped[str | None] = mapped_column(String(100))
    number: Mapped[float | None] = mapped_column(Double)
    day: Mapped[date | None] = mapped_column(Date)

    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "task_id"], [Task.workspace_id, Task.id], ondelete="CASCADE"),
        ForeignKeyConstraint(
            ["workspace_id", "field_id"], [CustomField.workspace_id, CustomField.id], ondelete="CASCADE"
        ),
        Index("ix_tasks__custom_value_text", "workspace_id", "field_id", "text_key", "task_id"),
        Index("ix_tasks__custom_value_number", "workspace_id", "field_id", "number", "task_id"),
        Index("ix_tasks__custom_value_day", "workspace_id", "field_id", "day", "task_id"),
    )
