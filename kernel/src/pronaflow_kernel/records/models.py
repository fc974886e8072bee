"""What lies in the trash, and what went to the archive and back, of whatever resource type."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ..models import CoreBase
from ..persistence.base import Identified
from ..persistence.types import Id
from ..tenancy.models import Workspace


class TrashItem(Identified, CoreBase):
    """One trashed record: enough to list it, to restore it and to purge it in time."""

    __tablename__ = "core__trash"

    workspace_id: Mapped[str] = mapped_column(Id, ForeignKey(Workspace.id, ondelete="CASCADE"))
    resource_type: Mapped[str] = mapped_column(String(60))
    resource_id: Mapped[str] = mapped_column(Id)
    container_id: Mapped[str | None] = mapped_column(Id)
    title: Mapped[str] = mapped_column(String(300))
    lifecycle_before: Mapped[str] = mapped_column(String(10))
    deleted_by: Mapped[str | None] = mapped_column(Id)
    deleted_at: Mapped[datetime]
    expires_at: Mapped[datetime]

    __table_args__ = (
        Index("uq_core__trash_resource", "resource_type", "resource_id", unique=True),
        Index("ix_core__trash_workspace", "workspace_id", "deleted_at"),
    )


class ArchiveEntry(Identified, CoreBase):
    """One move of a container to the archive (`archived`) or back (`restored`); its history are its rows.

    `plugin_id` is whose the resource type is, so that the rows go with a plugin that is removed.
    """

    __tablename__ = "core__archive_entry"

    workspace_id: Mapped[str] = mapped_column(Id, ForeignKey(Workspace.id, ondelete="CASCADE"))
    plugin_id: Mapped[str] = mapped_column(String(60))
    resource_type: Mapped[str] = mapped_column(String(60))
    resource_id: Mapped[str] = mapped_column(Id)
    action: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(Text)
    performed_by: Mapped[str | None] = mapped_column(Id)
    at: Mapped[datetime]

    __table_args__ = (Index("ix_core__archive_entry_resource", "workspace_id", "resource_id", "at"),)
