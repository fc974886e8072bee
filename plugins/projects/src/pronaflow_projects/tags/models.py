"""Which projects have which of the workspace's tags."""

from __future__ import annotations

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import IdType, InWorkspace
from pronaflow_workspaces.api import TAG

from ..models import Base, Project


class ProjectTag(Base, InWorkspace):
    """That a project has a tag."""

    __tablename__ = "projects__project_tag"

    # First in the key, as in tasks: SQLite would read all tags of the workspace to find those of a page.
    workspace_id: Mapped[str] = mapped_column(IdType, primary_key=True)
    project_id: Mapped[str] = mapped_column(IdType, primary_key=True)
    tag_id: Mapped[str] = mapped_column(IdType, primary_key=True)

    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "project_id"], [Project.workspace_id, Project.id], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(["workspace_id", "tag_id"], [TAG.c.workspace_id, TAG.c.id], ondelete="CASCADE"),
        Index("ix_projects__project_tag_tag", "workspace_id", "tag_id", "project_id"),
    )
