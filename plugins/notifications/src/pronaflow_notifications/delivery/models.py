"""What is on its way to people outside of the application."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import Identified, IdType, User, secret_column

from ..models import Base, Notification

PENDING, CLAIMED, SENT, FAILED, DROPPED = "pending", "claimed", "sent", "failed", "dropped"
"""States of a dispatch: it waits, somebody sends it, it was handed over, it cannot be, it is of no use."""

_WAITS = text("state = 'pending'")
_IN_HAND = text("state = 'claimed'")


class DigestRun(Base, Identified):
    """What somebody was sent together, once a channel and window: the key lets nobody have it twice."""

    __tablename__ = "notifications__digest_run"

    user_id: Mapped[str] = mapped_column(IdType, ForeignKey(User.id, ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(String(60))
    window_end: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (UniqueConstraint("user_id", "channel", "window_end"),)


class Dispatch(Base, Identified):
    """A notification on its way through a channel.

    `window_key` tells what it waits for together with others (hourly, daily, weekly, quiet); without one it
    is sent alone. What a job sends outside is due again once nothing has been heard of that job for too long.
    `digest_run_id` is what it was sent with; `message_id` names the mail, stable over all
    attempts. From `expires_at` on it is of no use. `reason` says why it came to nothing.
    """

    __tablename__ = "notifications__dispatch"

    notification_id: Mapped[str] = mapped_column(IdType, ForeignKey(Notification.id, ondelete="CASCADE"))
    user_id: Mapped[str] = mapped_column(IdType, ForeignKey(User.id, ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(10), default=PENDING)
    due_at: Mapped[datetime]
    window_key: Mapped[str | None] = mapped_column(String(10))
    digest_run_id: Mapped[str | None] = mapped_column(
        IdType, ForeignKey(DigestRun.id, ondelete="CASCADE"), index=True
    )
    message_id: Mapped[str | None] = mapped_column(String(100))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    expires_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("notification_id", "channel"),
        Index(
            "ix_notifications__dispatch_due",
            "due_at",
            "user_id",
            "channel",
            sqlite_where=_WAITS,
            postgresql_where=_WAITS,
        ),
        Index(
            "ix_notifications__dispatch_waiting",
            "user_id",
            "channel",
            "due_at",
            sqlite_where=_WAITS,
            postgresql_where=_WAITS,
        ),
        Index(
            "ix_notifications__dispatch_in_hand",
            "due_at",
            "message_id",
            sqlite_where=_IN_HAND,
            postgresql_where=_IN_HAND,
        ),
    )


class Address(Base, Identified):
    """Where somebody is reached through a channel that has no address of its own, such as Slack.

    `place` is encrypted: whoever knows it can write there. `hint` is the part of it that is no secret.
    """

    __tablename__ = "notifications__address"

    user_id: Mapped[str] = mapped_column(IdType, ForeignKey(User.id, ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(String(60))
    place: Mapped[str] = secret_column()
    hint: Mapped[str] = mapped_column(String(260))
    failures: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("user_id", "channel"),)
