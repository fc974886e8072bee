"""Invitations and settings; the rows of workspaces and memberships are the kernel's."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import (
    Identified,
    IdType,
    Timestamped,
    User,
    Versioned,
    Workspace,
    model_base,
)

Base = model_base("workspaces")


class Invitation(Base, Identified, Versioned, Timestamped):
    """A mail that lets its reader join; of the token in it only the SHA-256 is stored.

    `status` is pending, accepted, rejected, cancelled or expired. Nothing runs when an invitation expires:
    a pending one whose time is over counts as expired (`queries.INVITATIONS` shows it so). `opened_at` is
    when somebody first came to the page behind the link.
    """

    __tablename__ = "workspaces__invitation"

    workspace_id: Mapped[str] = mapped_column(IdType, ForeignKey(Workspace.id, ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(320))
    email_norm: Mapped[str] = mapped_column(String(320))
    role: Mapped[str] = mapped_column(String(20))
    message: Mapped[str | None] = mapped_column(Text)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    status: Mapped[str] = mapped_column(String(10), default="pending")
    invited_by: Mapped[str | None] = mapped_column(IdType, ForeignKey(User.id, ondelete="CASCADE"))
    expires_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_workspaces__invitation_list", "workspace_id", "created_at", "id"),
        Index(
            "uq_workspaces__invitation_pending",
            "workspace_id",
            "email_norm",
            unique=True,
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
    )


class StoredSettings(Base, Versioned, Timestamped):
    """What a workspace has set; everything else has its default."""

    __tablename__ = "workspaces__settings"

    workspace_id: Mapped[str] = mapped_column(
        IdType, ForeignKey(Workspace.id, ondelete="CASCADE"), primary_key=True
    )
    data: Mapped[dict[str, Any]]
