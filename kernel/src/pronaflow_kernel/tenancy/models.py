"""The rows of workspaces and memberships. The REST over them belongs to the plugin `workspaces`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ..identity.models import User
from ..models import CoreBase
from ..persistence.base import Identified, Lifecycle, Timestamped, Versioned
from ..persistence.types import Id


class Workspace(Identified, Versioned, Timestamped, Lifecycle, CoreBase):
    """A tenant: the border that no query crosses."""

    __tablename__ = "core__workspace"

    name: Mapped[str] = mapped_column(String(50))
    description: Mapped[str | None] = mapped_column(Text)
    workspace_type: Mapped[str] = mapped_column(String(20), default="team")
    logo_url: Mapped[str | None] = mapped_column(Text)
    plan: Mapped[str] = mapped_column(String(20), default="free")
    owner_id: Mapped[str] = mapped_column(Id, ForeignKey(User.id))
    trashed_at: Mapped[datetime | None]


class Membership(Versioned, CoreBase):
    """A user's place in a workspace; `role` is owner, admin, member or viewer (modules.md 2.4)."""

    __tablename__ = "core__membership"

    workspace_id: Mapped[str] = mapped_column(
        Id, ForeignKey(Workspace.id, ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[str] = mapped_column(Id, ForeignKey(User.id), primary_key=True)
    role: Mapped[str] = mapped_column(String(20))
    is_active: Mapped[bool] = mapped_column(default=True)
    joined_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    last_activity: Mapped[datetime | None]
    updated_at: Mapped[datetime]

    __table_args__ = (Index("ix_core__membership_user", "user_id", "is_active"),)
