"""The tags of a workspace."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import Identified, IdType, Timestamped, Versioned, Workspace

from ..models import Base


class Tag(Base, Identified, Versioned, Timestamped):
    """A word to mark things with; `name_norm` makes it unique whatever its case (`service.norm`).

    `entity_type_limit` is the one kind of thing that it is for: task, project or note; or all.
    """

    __tablename__ = "workspaces__tag"

    workspace_id: Mapped[str] = mapped_column(IdType, ForeignKey(Workspace.id, ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(50))
    name_norm: Mapped[str] = mapped_column(String(150))
    color: Mapped[str | None] = mapped_column(String(7))
    entity_type_limit: Mapped[str] = mapped_column(String(10), default="all")

    __table_args__ = (
        UniqueConstraint("workspace_id", "name_norm"),
        UniqueConstraint("workspace_id", "id"),
    )
