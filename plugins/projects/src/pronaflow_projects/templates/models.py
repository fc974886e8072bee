"""Templates of projects."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import Identified, IdType, InWorkspace, Json, Timestamped, Versioned, Workspace

from ..models import Base


class ProjectTemplate(Base, Identified, InWorkspace, Versioned, Timestamped):
    """What projects are made from; `structure` is as structure.py describes it.

    `created_by` is empty for what no user made. `source_project_id` is the project that it was saved from; a
    new project may take over the members of that one, which may be gone by now.
    """

    __tablename__ = "projects__template"

    name: Mapped[str] = mapped_column(String(100))
    name_folded: Mapped[str] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    is_public: Mapped[bool] = mapped_column(default=True)
    structure: Mapped[dict[str, Any]] = mapped_column(Json)
    source_project_id: Mapped[str | None] = mapped_column(IdType)
    created_by: Mapped[str | None] = mapped_column(IdType)

    __table_args__ = (
        ForeignKeyConstraint(["workspace_id"], [Workspace.id], ondelete="CASCADE"),
        Index("ix_projects__template_list", "workspace_id", "name_folded", "id"),
    )
