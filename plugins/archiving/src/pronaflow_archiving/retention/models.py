"""How long workspaces keep their audit log in the database, and the files that hold what is older."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import Identified, IdType, InWorkspace, KeptFile, Timestamped, Versioned, Workspace

from ..models import Base


class RetentionRule(Base, Versioned, Timestamped):
    """The rule of one workspace; without a row, or with NULL, nothing moves."""

    __tablename__ = "archiving__retention"

    workspace_id: Mapped[str] = mapped_column(
        IdType, ForeignKey(Workspace.id, ondelete="CASCADE"), primary_key=True
    )
    cold_after_days: Mapped[int | None] = mapped_column(Integer)


class ColdFile(Base, Identified, InWorkspace):
    """A file of compressed JSON lines with events of one workspace, the oldest one first."""

    __tablename__ = "archiving__cold_file"

    workspace_id: Mapped[str] = mapped_column(IdType, ForeignKey(Workspace.id, ondelete="CASCADE"))
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    rows: Mapped[int] = mapped_column(Integer)
    file_key: Mapped[str] = mapped_column(String(32), ForeignKey(KeptFile.key, ondelete="CASCADE"))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]

    __table_args__ = (Index("ix_archiving__cold_file_workspace", "workspace_id", "last_at", "id"),)
