"""The tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import Identified, IdType, Timestamped, User, Versioned, Workspace

from ..models import Base


class ApiToken(Base, Identified, Versioned, Timestamped):
    """A token of a user for one workspace; what was shown once is kept as a hash.

    `expires_text` is `expires_at` as it was sent, since a bare date is shown as one. `warned_days` is how
    many days before the end its owner was last told of it. `request_count` and `last_used_at` are written
    together with the usage and leave `version` as it is.
    """

    __tablename__ = "integrations__api_token"

    workspace_id: Mapped[str] = mapped_column(IdType, ForeignKey(Workspace.id, ondelete="CASCADE"))
    user_id: Mapped[str] = mapped_column(IdType, ForeignKey(User.id, ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    token_prefix: Mapped[str] = mapped_column(String(16))
    scopes: Mapped[list[Any]]
    expires_at: Mapped[datetime]
    expires_text: Mapped[str] = mapped_column(String(40))
    is_active: Mapped[bool] = mapped_column(default=True)
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    request_count: Mapped[int] = mapped_column(BigInteger, default=0)
    warned_days: Mapped[int | None] = mapped_column(SmallInteger)

    __table_args__ = (
        UniqueConstraint("workspace_id", "id"),
        Index("ix_integrations__api_token_list", "workspace_id", "user_id", "created_at", "id"),
        Index("ix_integrations__api_token_user", "user_id"),
        Index("ix_integrations__api_token_expires_at", "expires_at"),
    )
