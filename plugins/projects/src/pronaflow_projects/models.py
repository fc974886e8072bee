"""Projects and who is in them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Date, ForeignKey, ForeignKeyConstraint, Index, Numeric, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import IdType, InWorkspace, Json, Record, User, Versioned, Workspace, model_base

Base = model_base("projects")


class Project(Base, Record):
    """A container of work; its members and its visibility decide who sees what is in it."""

    __tablename__ = "projects__project"

    key: Mapped[str] = mapped_column(String(6))
    name: Mapped[str] = mapped_column(String(150))
    name_folded: Mapped[str] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    project_type: Mapped[str | None] = mapped_column(String(50))
    status: Mapped[str] = mapped_column(String(20), default="active")
    priority: Mapped[str] = mapped_column(String(10), default="medium")
    risk_level: Mapped[str | None] = mapped_column(String(10))
    visibility: Mapped[str] = mapped_column(String(10), default="public")
    governance_mode: Mapped[str] = mapped_column(String(10), default="simple")
    start_date: Mapped[date | None] = mapped_column(Date)
    end_date: Mapped[date | None] = mapped_column(Date)
    completion_date: Mapped[date | None] = mapped_column(Date)
    cancellation_reason: Mapped[str | None] = mapped_column(Text)
    budget: Mapped[Decimal | None] = mapped_column(Numeric(14, 2, asdecimal=False))
    hourly_rate: Mapped[Decimal | None] = mapped_column(Numeric(9, 2, asdecimal=False))
    health_override: Mapped[str | None] = mapped_column(String(10))
    health_override_reason: Mapped[str | None] = mapped_column(Text)
    owner_id: Mapped[str] = mapped_column(IdType, ForeignKey(User.id, ondelete="CASCADE"))
    settings: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)

    __table_args__ = (
        ForeignKeyConstraint(["workspace_id"], [Workspace.id], ondelete="CASCADE"),
        UniqueConstraint("workspace_id", "id"),
        UniqueConstraint("workspace_id", "key"),
        Index("ix_projects__project_list", "workspace_id", "lifecycle", "created_at", "id"),
    )


class PrivateAccess(Base, InWorkspace, Versioned):
    """The last day (UTC) on which an owner of the workspace entered a private project without being in it."""

    __tablename__ = "projects__private_access"

    project_id: Mapped[str] = mapped_column(IdType, primary_key=True)
    user_id: Mapped[str] = mapped_column(IdType, ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    last_on: Mapped[date] = mapped_column(Date)

    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "project_id"], [Project.workspace_id, Project.id], ondelete="CASCADE"
        ),
    )


class ProjectMember(Base, InWorkspace, Versioned):
    """A user's role in a project: owner, manager, planner, member or viewer.

    `is_approver`: whether they decide on change requests in strict mode.
    """

    __tablename__ = "projects__member"

    project_id: Mapped[str] = mapped_column(IdType, primary_key=True)
    user_id: Mapped[str] = mapped_column(IdType, ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(String(20))
    is_approver: Mapped[bool] = mapped_column(default=False)
    joined_at: Mapped[datetime]

    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "project_id"], [Project.workspace_id, Project.id], ondelete="CASCADE"
        ),
        Index("ix_projects__member_user", "workspace_id", "user_id"),
    )
