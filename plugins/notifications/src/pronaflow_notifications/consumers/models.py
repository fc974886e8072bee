"""Event consumers, and what became of each event that one of them heard of."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import Identified, IdType, Json, Timestamped, Versioned, Workspace

from ..models import Base

PENDING, RETRYING, SUCCEEDED, FAILED = "pending", "retrying", "succeeded", "failed"
"""States of a run: not yet tried, tried and tried again later, done, given up."""


class Consumer(Base, Identified, Versioned, Timestamped):
    """What is done with the events of a type in a workspace.

    `event_type` is a name or how some begin (`task.*`), `pattern` the same as LIKE takes it. `config` is as
    the handler type says. It hears of what `acts_for` is shown: whoever made it, or was the last to say where
    its events go. `failures` counts failed runs in a row; `disabled_reason` says why it was switched off by
    itself.
    """

    __tablename__ = "notifications__consumer"

    workspace_id: Mapped[str] = mapped_column(IdType, ForeignKey(Workspace.id, ondelete="CASCADE"))
    event_type: Mapped[str] = mapped_column(String(100))
    pattern: Mapped[str] = mapped_column(String(200))
    handler_type: Mapped[str] = mapped_column(String(60))
    config: Mapped[dict[str, Any]] = mapped_column(Json)
    is_active: Mapped[bool] = mapped_column(default=True)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    disabled_reason: Mapped[str | None] = mapped_column(Text)
    created_by: Mapped[str | None] = mapped_column(IdType)
    acts_for: Mapped[str | None] = mapped_column(IdType)

    __table_args__ = (
        UniqueConstraint("workspace_id", "id"),
        Index("ix_notifications__consumer_list", "workspace_id", "created_at", "id"),
        Index(
            "ix_notifications__consumer_active",
            "workspace_id",
            "pattern",
            sqlite_where=text("is_active = 1"),
            postgresql_where=text("is_active"),
        ),
    )


class ConsumerRun(Base, Identified):
    """An event on its way through a consumer; `error` says in words what went wrong the last time."""

    __tablename__ = "notifications__consumer_run"

    workspace_id: Mapped[str] = mapped_column(IdType)
    consumer_id: Mapped[str] = mapped_column(IdType)
    event_id: Mapped[str] = mapped_column(IdType)
    event_type: Mapped[str] = mapped_column(String(100))
    container_id: Mapped[str | None] = mapped_column(IdType)
    status: Mapped[str] = mapped_column(String(10), default=PENDING)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "consumer_id"], [Consumer.workspace_id, Consumer.id], ondelete="CASCADE"
        ),
        Index("ix_notifications__consumer_run_list", "workspace_id", "consumer_id", "created_at", "id"),
        Index("ix_notifications__consumer_run_age", "created_at"),
    )
