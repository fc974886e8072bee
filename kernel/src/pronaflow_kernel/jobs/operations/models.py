"""The table of jobs that somebody waits for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from ...identity.models import User
from ...models import CoreBase
from ...persistence.base import Identified, Versioned
from ...persistence.types import Id, Json
from ...tenancy.models import Workspace

WAITING, RUNNING, SUCCEEDED, FAILED, CANCELLED = "waiting", "running", "succeeded", "failed", "cancelled"
STATUSES = (WAITING, RUNNING, SUCCEEDED, FAILED, CANCELLED)
"""Where a job stands, in words."""

TITLE, WORDS = 200, 500
"""Characters of a title; of a message or an error."""


class Operation(Identified, Versioned, CoreBase):
    """A job as whoever asked for it sees it; unlike the job itself it stays for a while after the end.

    `done` of `total` is how far it is, in units of its own; `total` is NULL while nobody knows. `attempt` is
    that of the job that wrote last, so that a slow worker is not heard after a later one.
    """

    __tablename__ = "core__operation"

    workspace_id: Mapped[str] = mapped_column(Id, ForeignKey(Workspace.id, ondelete="CASCADE"))
    user_id: Mapped[str | None] = mapped_column(Id, ForeignKey(User.id, ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(120))
    title: Mapped[str] = mapped_column(String(TITLE))
    status: Mapped[str] = mapped_column(String(10))
    done: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[int | None] = mapped_column(BigInteger)
    message: Mapped[str | None] = mapped_column(String(WORDS))
    result: Mapped[Any | None] = mapped_column(Json)
    error: Mapped[str | None] = mapped_column(String(WORDS))
    attempt: Mapped[int] = mapped_column(Integer)
    cancel_asked: Mapped[bool]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None] = mapped_column(index=True)

    __table_args__ = (Index("ix_core__operation_workspace", "workspace_id", "created_at", "id"),)
