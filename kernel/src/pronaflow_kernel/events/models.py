"""The ledger: outbox, event log and audit trail in one append-only table."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from ..identity.models import User
from ..models import CoreBase
from ..persistence.base import Identified
from ..persistence.types import Id, Json


class EventRow(CoreBase):
    """One fact, stored in the transaction of the change it tells of, and kept as it is (`immutable`).

    `seq` is the order of insertion; `position` the order of commit, given by the relay. The row holds no
    personal value besides ids: mail and network address stand on the caller it names, further values in
    `core__event_private`, so that erasing a person leaves the ledger whole.
    """

    __tablename__ = "core__event"

    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    id: Mapped[str] = mapped_column(Id, unique=True)
    position: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    type: Mapped[str] = mapped_column(String(100))
    schema_version: Mapped[int] = mapped_column(Integer)
    public: Mapped[bool]
    aggregate_type: Mapped[str] = mapped_column(String(60))
    aggregate_id: Mapped[str] = mapped_column(Id)
    workspace_id: Mapped[str | None] = mapped_column(Id)
    container_id: Mapped[str | None] = mapped_column(Id)
    actor_kind: Mapped[str] = mapped_column(String(20))
    user_id: Mapped[str | None] = mapped_column(Id)
    session_id: Mapped[str | None] = mapped_column(Id)
    caller_id: Mapped[str | None] = mapped_column(Id)
    origin: Mapped[str] = mapped_column(String(10))
    request_id: Mapped[str | None] = mapped_column(Id)
    hop: Mapped[int] = mapped_column(SmallInteger, default=0)
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    payload: Mapped[dict[str, Any]]
    changes: Mapped[dict[str, Any] | None] = mapped_column(Json)

    __table_args__ = (
        Index("ix_core__event_time", "occurred_at", "id"),
        Index("ix_core__event_workspace", "workspace_id", "occurred_at", "id"),
        Index("ix_core__event_kind", "workspace_id", "aggregate_type", "occurred_at", "id"),
        Index("ix_core__event_container", "workspace_id", "container_id", "occurred_at"),
        Index("ix_core__event_aggregate", "aggregate_type", "aggregate_id", "seq"),
        Index("ix_core__event_user", "user_id", "occurred_at", "id"),
        Index("ix_core__event_type", "type", "occurred_at", "id"),
        Index(
            "ix_core__event_followed",
            "workspace_id",
            "position",
            sqlite_where=text("position IS NOT NULL"),
            postgresql_where=text("position IS NOT NULL"),
        ),
        Index(
            "ix_core__event_pending",
            "seq",
            sqlite_where=text("position IS NULL"),
            postgresql_where=text("position IS NULL"),
        ),
    )


class EventPrivate(CoreBase):
    """Personal values of an event (an e-mail address, an IP), apart so that they can be erased."""

    __tablename__ = "core__event_private"

    event_id: Mapped[str] = mapped_column(Id, ForeignKey(EventRow.id, ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str | None] = mapped_column(Id, index=True)
    data: Mapped[dict[str, Any]]


class EventCaller(Identified, CoreBase):
    """Who acted and from where, as it was then; one row for all that they did from there (`callers`)."""

    __tablename__ = "core__event_caller"

    user_id: Mapped[str] = mapped_column(Id, ForeignKey(User.id, ondelete="CASCADE"), index=True)
    email: Mapped[str | None] = mapped_column(String(320))
    ip: Mapped[str | None] = mapped_column(String(45))


class LedgerPermit(Identified, CoreBase):
    """Held by a transaction that changes the ledger (`immutable`); empty for everybody else."""

    __tablename__ = "core__ledger_permit"
