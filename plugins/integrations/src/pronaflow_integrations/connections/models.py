"""Connections to accounts at other services, and those that are being made."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import Identified, IdType, User, secret_column

from ..models import Base


class Connection(Base, Identified):
    """Somebody's account at another service, with the tokens by which this server acts for them there.

    It is a person's and belongs to no workspace. While `is_active` is true the tokens are held to be good;
    `problem` says why they are not (`refused`) or cannot be renewed at present (`away`), since `failures`
    attempts, of which the next is at `retry_at`. One that was disconnected (`ended_at`) names nobody any
    more, and goes once the provider was told.
    """

    __tablename__ = "integrations__connection"

    user_id: Mapped[str | None] = mapped_column(IdType, ForeignKey(User.id, ondelete="CASCADE"))
    provider_name: Mapped[str] = mapped_column(String(60))
    external_user_id: Mapped[str] = mapped_column(String(255))
    access_token: Mapped[str] = secret_column()
    refresh_token: Mapped[str | None] = secret_column()
    scopes: Mapped[list[Any]]
    is_active: Mapped[bool] = mapped_column(default=True)
    problem: Mapped[str | None] = mapped_column(String(20))
    failures: Mapped[int] = mapped_column(Integer, default=0)
    expires_at: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]
    last_verified_at: Mapped[datetime]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "uq_integrations__connection_active",
            "user_id",
            "provider_name",
            "external_user_id",
            unique=True,
            sqlite_where=text("is_active"),
            postgresql_where=text("is_active"),
        ),
        Index("ix_integrations__connection_list", "user_id", "created_at", "id"),
        Index("ix_integrations__connection_expires_at", "expires_at"),
    )


class Attempt(Base, Identified):
    """A connection that somebody has begun to make: what the answer of the provider must fit.

    Of the `state` a SHA-256 is kept. It works once, since the row goes when it comes back.
    """

    __tablename__ = "integrations__connection_attempt"

    user_id: Mapped[str] = mapped_column(IdType, ForeignKey(User.id, ondelete="CASCADE"))
    provider_name: Mapped[str] = mapped_column(String(60))
    state_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    redirect_uri: Mapped[str] = mapped_column(Text)
    nonce: Mapped[str] = mapped_column(String(64))
    verifier: Mapped[str] = secret_column()
    expires_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_integrations__connection_attempt_user", "user_id"),
        Index("ix_integrations__connection_attempt_expires_at", "expires_at"),
    )
