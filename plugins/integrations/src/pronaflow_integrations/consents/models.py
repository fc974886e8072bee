"""Consents."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import Identified, IdType, User

from ..models import Base


class Consent(Base, Identified):
    """What somebody agreed to, and until when; the rows of one thing are its history, counted by `number`.

    A consent is a person's and belongs to no workspace. `policy_version` is that of the privacy policy when
    it was given. Once its owner is forgotten, a `pseudonym` takes the place of `user_id`, the same in all
    rows of theirs, and nothing tells any more who it was (ADR 056).
    """

    __tablename__ = "integrations__consent"

    user_id: Mapped[str | None] = mapped_column(IdType, ForeignKey(User.id, ondelete="CASCADE"))
    pseudonym: Mapped[str | None] = mapped_column(IdType)
    consent_type: Mapped[str] = mapped_column(String(20))
    resource_type: Mapped[str] = mapped_column(String(60))
    resource_id: Mapped[str] = mapped_column(String(100))
    description: Mapped[str | None] = mapped_column(Text)
    permissions: Mapped[list[Any]]
    is_granted: Mapped[bool] = mapped_column(default=True)
    granted_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    number: Mapped[int] = mapped_column(Integer)
    policy_version: Mapped[int] = mapped_column(Integer)

    __table_args__ = (
        Index(
            "uq_integrations__consent_granted",
            "user_id",
            "consent_type",
            "resource_type",
            "resource_id",
            unique=True,
            sqlite_where=text("is_granted"),
            postgresql_where=text("is_granted"),
        ),
        Index("ix_integrations__consent_list", "user_id", "granted_at", "id"),
        Index("ix_integrations__consent_resource", "resource_id"),
        Index("ix_integrations__consent_revoked_at", "revoked_at"),
    )
