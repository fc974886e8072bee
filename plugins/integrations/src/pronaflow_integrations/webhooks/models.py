"""Webhooks, their secrets, and what was sent to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import (
    Identified,
    IdType,
    InWorkspace,
    Json,
    Timestamped,
    User,
    Versioned,
    Workspace,
    secret_column,
)

from ..models import Base


class Webhook(Base, Identified, Versioned, Timestamped):
    """An address that is told of events.

    It sees what its `created_by` sees, so that nothing of a private project goes to an administrator who is
    not in it. `subscribed_events` holds names and patterns that are true; `container_id` narrows it to one
    project. While it is `paused` deliveries are made and wait; while it is not `is_active` none are made.
    `disabled_reason` says why the server switched it off. `last_sequence` counts its deliveries.
    """

    __tablename__ = "integrations__webhook"

    workspace_id: Mapped[str] = mapped_column(IdType, ForeignKey(Workspace.id, ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    url: Mapped[str] = mapped_column(Text)
    host: Mapped[str] = mapped_column(String(255))
    format: Mapped[str] = mapped_column(String(20))
    is_active: Mapped[bool] = mapped_column(default=True)
    paused: Mapped[bool] = mapped_column(default=False)
    subscribed_events: Mapped[dict[str, Any]] = mapped_column(Json)
    container_id: Mapped[str | None] = mapped_column(IdType)
    retry_policy: Mapped[str] = mapped_column(String(20))
    max_retries: Mapped[int] = mapped_column(Integer)
    timeout_seconds: Mapped[int] = mapped_column(Integer)
    max_concurrency: Mapped[int] = mapped_column(Integer)
    ordered: Mapped[bool] = mapped_column(default=False)
    secret_strength: Mapped[str] = mapped_column(String(10))
    created_by: Mapped[str] = mapped_column(IdType, ForeignKey(User.id, ondelete="CASCADE"))

    __table_args__ = (
        UniqueConstraint("workspace_id", "id"),
        Index("ix_integrations__webhook_list", "workspace_id", "created_at", "id"),
        Index("ix_integrations__webhook_creator", "created_by"),
    )


def _of_webhook() -> ForeignKeyConstraint:
    """A link to the webhook in the same workspace, with which the row goes."""
    return ForeignKeyConstraint(
        ["workspace_id", "webhook_id"], [Webhook.workspace_id, Webhook.id], ondelete="CASCADE"
    )


class WebhookHealth(Base):
    """How a webhook fares; apart from it, so that nobody's edit waits for what each delivery writes here."""

    __tablename__ = "integrations__webhook_health"

    webhook_id: Mapped[str] = mapped_column(IdType, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdType)
    last_sequence: Mapped[int] = mapped_column(BigInteger, default=0)
    consecutive_failures: Mapped[int] = mapped_column(Integer, default=0)
    first_failure_at: Mapped[datetime | None]
    open_until: Mapped[datetime | None]
    last_triggered_at: Mapped[datetime | None]
    last_success_at: Mapped[datetime | None]
    disabled_reason: Mapped[str | None] = mapped_column(String(40))
    disabled_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]

    __table_args__ = (_of_webhook(),)


class WebhookSecret(Base, Identified, InWorkspace):
    """A secret that messages are signed with; an old one goes on signing until `expires_at`."""

    __tablename__ = "integrations__webhook_secret"

    webhook_id: Mapped[str] = mapped_column(IdType)
    secret: Mapped[str] = secret_column()
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]

    __table_args__ = (
        _of_webhook(),
        Index("ix_integrations__webhook_secret_webhook", "workspace_id", "webhook_id"),
    )


class Delivery(Base, Identified):
    """One message to one webhook; the row is the queue, too.

    `status` is pending, retrying, delivered or failed (architecture.md 7.5). It may be sent from `due_at` on
    by whoever holds the lease; one that has ended has neither.
    """

    __tablename__ = "integrations__delivery"

    webhook_id: Mapped[str] = mapped_column(IdType)
    workspace_id: Mapped[str] = mapped_column(IdType)
    event_id: Mapped[str] = mapped_column(IdType)
    event_type: Mapped[str] = mapped_column(String(120))
    aggregate_id: Mapped[str] = mapped_column(String(64))
    sequence: Mapped[int] = mapped_column(BigInteger)
    content_type: Mapped[str] = mapped_column(String(60))
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    manual: Mapped[bool] = mapped_column(default=False)
    status: Mapped[str] = mapped_column(String(10), default="pending")
    attempt_number: Mapped[int] = mapped_column(Integer, default=0)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    status_code: Mapped[int | None] = mapped_column(Integer)
    response_time_ms: Mapped[int | None] = mapped_column(Integer)
    last_error: Mapped[str | None] = mapped_column(String(300))
    due_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]

    __table_args__ = (
        _of_webhook(),
        Index(
            "uq_integrations__delivery_event",
            "webhook_id",
            "event_id",
            unique=True,
            sqlite_where=text("NOT manual"),
            postgresql_where=text("NOT manual"),
        ),
        Index(
            "ix_integrations__delivery_due",
            "due_at",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        Index(
            "ix_integrations__delivery_leased",
            "leased_until",
            sqlite_where=text("leased_until IS NOT NULL"),
            postgresql_where=text("leased_until IS NOT NULL"),
        ),
        Index("ix_integrations__delivery_log", "webhook_id", "created_at", "id"),
        Index("ix_integrations__delivery_order", "webhook_id", "aggregate_id", "sequence"),
    )


class Attempt(Base, Identified):
    """One time that a message was sent, and what was answered."""

    __tablename__ = "integrations__delivery_attempt"

    delivery_id: Mapped[str] = mapped_column(IdType, ForeignKey(Delivery.id, ondelete="CASCADE"), index=True)
    workspace_id: Mapped[str] = mapped_column(IdType)
    number: Mapped[int] = mapped_column(Integer)
    started_at: Mapped[datetime]
    duration_ms: Mapped[int] = mapped_column(Integer)
    status_code: Mapped[int | None] = mapped_column(Integer)
    error: Mapped[str | None] = mapped_column(String(300))
    response_head: Mapped[str] = mapped_column(Text, default="")
