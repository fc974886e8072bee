"""What people took out of what is held of them, and who was forgotten at whose wish."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import Identified, IdType, Json, KeptFile, User, Versioned

from ..models import Base

WAITING, DONE, REFUSED = "waiting", "done", "refused"


class DataExport(Base, Identified, Versioned):
    """A zip of all that is held of its user; without a file while it is being made."""

    __tablename__ = "archiving__data_export"

    user_id: Mapped[str] = mapped_column(IdType, ForeignKey(User.id, ondelete="CASCADE"))
    status: Mapped[str] = mapped_column(String(10))
    file_key: Mapped[str | None] = mapped_column(String(32), ForeignKey(KeptFile.key, ondelete="CASCADE"))
    size: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_archiving__data_export_user", "user_id", "created_at"),
        Index("ix_archiving__data_export_expires", "expires_at"),
    )


class ErasureRequest(Base, Identified, Versioned):
    """Somebody who is to be forgotten, or was; `certificate` says what was done and names nobody."""

    __tablename__ = "archiving__erasure"

    user_id: Mapped[str] = mapped_column(IdType)
    asked_by: Mapped[str] = mapped_column(IdType)
    status: Mapped[str] = mapped_column(String(10))
    problem: Mapped[str | None] = mapped_column(Text)
    certificate: Mapped[Any | None] = mapped_column(Json)
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_archiving__erasure_asked_by", "asked_by", "created_at"),)
