"""Notifications, how many are unread, and what people do not want to hear; features add their own tables."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, UniqueConstraint, not_
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import Identified, IdType, Json, User, Workspace, model_base

Base = model_base("notifications")


class Notification(Base, Identified):
    """What somebody is told, once an event however many reasons there are (events.md 4.1).

    `title` and `message` are English texts with {names}, and `texts` the values for them: both are said in
    the language of whoever reads, from the catalogue of the plugin `provider`; `reasons` are pairs of a word
    and such a text. The names of people stand in neither: `actor_id` tells who did it. Further events of one
    `type` about one thing (`about_id`) go into the row while it is unread; `aggregated_count` counts them.

    `workspace_id` is empty for what concerns the account. What is not `in_app` is shown and counted nowhere;
    it is there for what goes out by other channels. `preference` is the switch in the preferences that mails
    of it obey; `critical` ones obey none.
    """

    __tablename__ = "notifications__notification"

    user_id: Mapped[str] = mapped_column(IdType, ForeignKey(User.id, ondelete="CASCADE"))
    workspace_id: Mapped[str | None] = mapped_column(IdType, ForeignKey(Workspace.id, ondelete="CASCADE"))
    container_id: Mapped[str | None] = mapped_column(IdType)
    type: Mapped[str] = mapped_column(String(60))
    provider: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(Text)
    message: Mapped[str] = mapped_column(Text)
    texts: Mapped[dict[str, Any]] = mapped_column(Json)
    action_url: Mapped[str | None] = mapped_column(Text)
    actor_id: Mapped[str | None] = mapped_column(IdType)
    reasons: Mapped[list[Any]] = mapped_column(Json)
    event_id: Mapped[str] = mapped_column(IdType)
    about_id: Mapped[str] = mapped_column(IdType)
    aggregated_count: Mapped[int] = mapped_column(Integer, default=1)
    priority: Mapped[str] = mapped_column(String(6))
    preference: Mapped[str | None] = mapped_column(String(60))
    critical: Mapped[bool] = mapped_column(default=False)
    in_app: Mapped[bool] = mapped_column(default=True)
    read: Mapped[bool] = mapped_column(default=False)
    read_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("user_id", "event_id"),
        Index("ix_notifications__notification_revision", "user_id", "revision"),
        Index("ix_notifications__notification_list", "user_id", "created_at", "id"),
        Index("ix_notifications__notification_workspace", "workspace_id", "user_id"),
        Index("ix_notifications__notification_age", "created_at"),
        Index("ix_notifications__notification_about", "about_id", "user_id"),
    )


_UNREAD = not_(Notification.read)

UNREAD_INDEXES = (
    Index(
        "ix_notifications__notification_unread",
        Notification.user_id,
        Notification.created_at,
        Notification.id,
        sqlite_where=_UNREAD,
        postgresql_where=_UNREAD,
    ),
)


class Merged(Base):
    """An event that went into an unread notification of an earlier one; it is told no second time."""

    __tablename__ = "notifications__merged"

    user_id: Mapped[str] = mapped_column(IdType, ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    event_id: Mapped[str] = mapped_column(IdType, primary_key=True)
    notification_id: Mapped[str] = mapped_column(
        IdType, ForeignKey(Notification.id, ondelete="CASCADE"), index=True
    )


class Counter(Base):
    """How many notifications of somebody are unread; whoever writes theirs holds this row first.

    `revision` grows each time, and what is written gets it. So what somebody is told has an order, which is
    that of the commits: the stream goes on from a revision.
    """

    __tablename__ = "notifications__counter"

    user_id: Mapped[str] = mapped_column(IdType, ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    unread: Mapped[int] = mapped_column(Integer, default=0)
    revision: Mapped[int] = mapped_column(BigInteger, default=0)


class Mute(Base, Identified):
    """What somebody does not want to hear: of a type, through a channel, from a container.

    None is any; one of the first and the last is said. `rule` is all three as one word, so that nothing is
    said twice. `workspace_id` is that of the container.
    """

    __tablename__ = "notifications__mute"

    user_id: Mapped[str] = mapped_column(IdType, ForeignKey(User.id, ondelete="CASCADE"))
    workspace_id: Mapped[str | None] = mapped_column(IdType, ForeignKey(Workspace.id, ondelete="CASCADE"))
    type: Mapped[str | None] = mapped_column(String(60))
    channel: Mapped[str | None] = mapped_column(String(60))
    container_id: Mapped[str | None] = mapped_column(IdType)
    rule: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("user_id", "rule"),)
