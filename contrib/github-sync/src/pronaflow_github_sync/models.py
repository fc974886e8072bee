"""Which project takes the issues of which repository."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import Identified, IdType, Timestamped, User, Versioned, Workspace, model_base
from pronaflow_projects.api import PROJECT

Base = model_base("github_sync")


class Link(Base, Identified, Versioned, Timestamped):
    """A project and a repository.

    `since` is the latest change of an issue that was taken, `problem` why the last attempt did not end well.
    `created_by` has linked them, and it is their account at GitHub that reads.
    """

    __tablename__ = "github_sync__link"

    workspace_id: Mapped[str] = mapped_column(IdType, ForeignKey(Workspace.id, ondelete="CASCADE"))
    project_id: Mapped[str] = mapped_column(IdType, ForeignKey(PROJECT.c.id, ondelete="CASCADE"))
    repository: Mapped[str] = mapped_column(String(140))
    created_by: Mapped[str] = mapped_column(IdType, ForeignKey(User.id, ondelete="CASCADE"))
    since: Mapped[datetime | None]
    issues: Mapped[int] = mapped_column(Integer, default=0)
    synced_at: Mapped[datetime | None]
    problem: Mapped[str | None] = mapped_column(String(300))

    __table_args__ = (
        UniqueConstraint("workspace_id", "project_id"),
        Index("ix_github_sync__link_project_id", "project_id"),
        Index("ix_github_sync__link_created_by", "created_by"),
    )
