"""Plugins of workspaces."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import Identified, IdType, Timestamped, Versioned, Workspace

from ..models import Base


class Installation(Base, Identified, Versioned, Timestamped):
    """A plugin that a workspace has, or had: whether it is on is told by its switch, which is the kernel's.

    `version_seen` and `granted` are what was agreed to: a newer version of the code may ask for more. Both
    are empty once that consent was taken back (`consent.py`). `installed_by` is who agreed.
    `purge_after` is set while it is uninstalled; then its data goes, and with it this row.
    """

    __tablename__ = "marketplace__installation"

    workspace_id: Mapped[str] = mapped_column(IdType, ForeignKey(Workspace.id, ondelete="CASCADE"))
    plugin_id: Mapped[str] = mapped_column(String(60))
    version_seen: Mapped[str] = mapped_column(String(60))
    granted: Mapped[list[Any]]
    configuration: Mapped[dict[str, Any]]
    installed_by: Mapped[str | None] = mapped_column(IdType)
    installed_at: Mapped[datetime]
    purge_after: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("workspace_id", "plugin_id"),
        Index("ix_marketplace__installation_plugin", "plugin_id", "purge_after"),
        Index("ix_marketplace__installation_purge", "purge_after"),
        Index("ix_marketplace__installation_installer", "installed_by"),
    )
