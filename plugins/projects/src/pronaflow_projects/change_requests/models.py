"""Requests to change a project."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import Identified, IdType, InWorkspace, Json, Timestamped, Versioned

from ..models import Base, Project


class ChangeRequest(Base, Identified, InWorkspace, Versioned, Timestamped):
    """What somebody asks to change; `requested_changes` is applied when it is approved.

    `reviewed_at` is the instant of the decision, `implemented_at` that from which on it is so.
    """

    __tablename__ = "projects__change_request"

    project_id: Mapped[str] = mapped_column(IdType)
    title: Mapped[str] = mapped_column(String(255))
    description: Mapped[str | None] = mapped_column(Text)
    scope: Mapped[str] = mapped_column(String(20))
    impact_analysis: Mapped[str | None] = mapped_column(Text)
    requested_changes: Mapped[dict[str, Any]] = mapped_column(Json)
    status: Mapped[str] = mapped_column(String(20), default="pending")
    created_by: Mapped[str | None] = mapped_column(IdType)
    reviewer_id: Mapped[str | None] = mapped_column(IdType)
    reviewer_notes: Mapped[str | None] = mapped_column(Text)
    reviewed_at: Mapped[datetime | None]
    implemented_at: Mapped[datetime | None]

    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "project_id"], [Project.workspace_id, Project.id], ondelete="CASCADE"
        ),
        Index("ix_projects__change_request_list", "workspace_id", "project_id", "created_at", "id"),
    )
