"""What workspaces decide about archive and trash."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import IdType, Timestamped, Versioned, Workspace

from ..models import Base


class ArchivePolicy(Base, Versioned, Timestamped):
    """The decisions of one workspace; without a row the defaults hold (modules.md 8.5, 8.6)."""

    __tablename__ = "archiving__policy"

    workspace_id: Mapped[str] = mapped_column(
        IdType, ForeignKey(Workspace.id, ondelete="CASCADE"), primary_key=True
    )
    is_enabled: Mapped[bool] = mapped_column(default=False)
    inactive_days: Mapped[int] = mapped_column(default=180)
    trash_retention_days: Mapped[int] = mapped_column(default=30)
    auto_purge_enabled: Mapped[bool] = mapped_column(default=True)
