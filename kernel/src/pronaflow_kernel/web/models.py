"""What the web layer remembers of requests."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..identity.models import User
from ..models import CoreBase
from ..persistence.base import Identified
from ..persistence.types import Id, Json
from ..tenancy.models import Workspace


class IdempotencyRecord(Identified, CoreBase):
    """A request that was sent with a key, and its answer.

    `method`, `address_hash`, `workspace_id` and `body_hash` tell the request from another one. The hashes
    are made with the key, which is stored as a hash too: addresses and bodies may hold secrets that are easy
    to guess. Of the rest a `replay` has `status`, `headers` and `body`, a `reference` has `made`.
    """

    __tablename__ = "core__idempotency_record"

    user_id: Mapped[str] = mapped_column(Id, ForeignKey(User.id, ondelete="CASCADE"))
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    workspace_id: Mapped[str | None] = mapped_column(Id, ForeignKey(Workspace.id, ondelete="CASCADE"))
    method: Mapped[str] = mapped_column(String(10))
    address_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    body_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any] | None] = mapped_column(Json)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    made: Mapped[dict[str, Any] | None] = mapped_column(Json)
    expires_at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (UniqueConstraint("user_id", "key_hash"),)
