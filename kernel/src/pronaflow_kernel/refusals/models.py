"""The table of mail addresses that refuse mails."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from ..models import CoreBase
from ..persistence.base import Identified


class RefusedAddress(Identified, CoreBase):
    """How often an address was refused since a mail to it was last taken, and in which words."""

    __tablename__ = "core__refused_address"

    address_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    failures: Mapped[int] = mapped_column(Integer)
    said: Mapped[str] = mapped_column(String(200))
    expires_at: Mapped[datetime] = mapped_column(index=True)
