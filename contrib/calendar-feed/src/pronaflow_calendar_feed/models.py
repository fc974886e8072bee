"""Whose calendar is where."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import Identified, IdType, User, Workspace, model_base

Base = model_base("calendar_feed")


class Feed(Base, Identified):
    """Somebody's calendar of a workspace; of the secret in its address a SHA-256 is kept."""

    __tablename__ = "calendar_feed__feed"

    workspace_id: Mapped[str] = mapped_column(IdType, ForeignKey(Workspace.id, ondelete="CASCADE"))
    user_id: Mapped[str] = mapped_column(IdType, ForeignKey(User.id, ondelete="CASCADE"), index=True)
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("workspace_id", "user_id"),)
