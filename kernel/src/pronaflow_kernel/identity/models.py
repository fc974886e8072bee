"""Users, sessions and the tokens that prove them (security.md 2.1)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..models import CoreBase
from ..persistence.base import Identified, Timestamped, Versioned
from ..persistence.types import Id


class User(Identified, Versioned, Timestamped, CoreBase):
    """A person. `status` is pending_verification, active, inactive, suspended or deleted."""

    __tablename__ = "core__user"

    email: Mapped[str] = mapped_column(String(320))
    email_norm: Mapped[str] = mapped_column(String(320), unique=True)
    username: Mapped[str] = mapped_column(String(30))
    username_norm: Mapped[str] = mapped_column(String(30), unique=True)
    full_name: Mapped[str | None] = mapped_column(String(100))
    password_hash: Mapped[str | None] = mapped_column(Text)
    password_changed_at: Mapped[datetime | None]
    email_verified_at: Mapped[datetime | None]
    status: Mapped[str] = mapped_column(String(30), default="pending_verification")
    is_system_admin: Mapped[bool] = mapped_column(default=False)
    token_epoch: Mapped[int] = mapped_column(Integer, default=0)
    mfa_enabled: Mapped[bool] = mapped_column(default=False)
    avatar_url: Mapped[str | None] = mapped_column(Text)
    job_title: Mapped[str | None] = mapped_column(String(100))
    last_login_at: Mapped[datetime | None]
    last_workspace_id: Mapped[str | None] = mapped_column(Id)
    last_workspace_at: Mapped[datetime | None]


class Session(Identified, CoreBase):
    """A sign-in: the `sid` of its access tokens, and what every request is checked against.

    `amr` tells how the person proved who they are, in the words of RFC 8176 (`pwd`, `otp`, `mfa`).
    """

    __tablename__ = "core__session"

    user_id: Mapped[str] = mapped_column(Id, ForeignKey(User.id, ondelete="CASCADE"))
    created_at: Mapped[datetime]
    auth_time: Mapped[datetime]
    amr: Mapped[list[Any]]
    token_epoch: Mapped[int] = mapped_column(Integer)
    ip: Mapped[str | None] = mapped_column(String(45))
    user_agent: Mapped[str | None] = mapped_column(String(400))
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoke_reason: Mapped[str | None] = mapped_column(String(30))

    __table_args__ = (
        Index("ix_core__session_user", "user_id", "last_seen_at"),
        Index("ix_core__session_expires", "expires_at"),
    )


class RefreshToken(Identified, CoreBase):
    """One link of a session's chain of refresh tokens; used once, then replaced.

    `successor` holds the token that replaced it for requests that were sent twice, so that only who shows
    this one can read it; it is blanked once the successor is used.
    """

    __tablename__ = "core__refresh_token"

    session_id: Mapped[str] = mapped_column(Id, ForeignKey(Session.id, ondelete="CASCADE"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    generation: Mapped[int] = mapped_column(Integer, default=0)
    issued_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    successor: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        Index("uq_core__refresh_token_generation", "session_id", "generation", unique=True),
        Index("ix_core__refresh_token_expires", "expires_at"),
    )


class OneTimeToken(Identified, CoreBase):
    """A secret that works once: verify_email, reset_password, setup, invitation."""

    __tablename__ = "core__one_time_token"

    user_id: Mapped[str | None] = mapped_column(Id, ForeignKey(User.id, ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(String(30))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    payload: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_core__one_time_token_user", "user_id", "purpose"),)


class Attempt(Identified, CoreBase):
    """A failed attempt at a secret, kept while it counts; names and addresses are keyed hashes (ADR 024)."""

    __tablename__ = "core__attempt"

    kind: Mapped[str] = mapped_column(String(30))
    account_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    source_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (
        Index("ix_core__attempt_account", "account_hash", "at"),
        Index("ix_core__attempt_source", "source_hash", "at"),
    )


class IdentityLink(Identified, CoreBase):
    """Somebody's account at a provider; issuer and subject name it for good, addresses change hands."""

    __tablename__ = "core__identity_link"

    user_id: Mapped[str] = mapped_column(Id, ForeignKey(User.id, ondelete="CASCADE"), index=True)
    issuer: Mapped[str] = mapped_column(String(500))
    subject: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("issuer", "subject"),)
