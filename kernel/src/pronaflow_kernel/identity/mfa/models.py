"""Second factors, recovery codes, and the step between password and session."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ...models import CoreBase
from ...persistence.base import Identified, secret_column
from ...persistence.types import Id
from ..models import User


class Factor(Identified, CoreBase):
    """What a user has besides the password; it is asked for from the moment it is confirmed.

    `kind` is `totp`. `last_used_step` is the 30-second step of the latest code that was accepted: no code of
    it or of an earlier one works again.
    """

    __tablename__ = "core__mfa_factor"

    user_id: Mapped[str] = mapped_column(Id, ForeignKey(User.id, ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20), default="totp")
    secret: Mapped[str] = secret_column()
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    last_used_step: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (UniqueConstraint("user_id", "kind"),)


class RecoveryCode(Identified, CoreBase):
    """A code that stands in for the factor once. All codes of a set are hashed with one salt."""

    __tablename__ = "core__recovery_code"

    user_id: Mapped[str] = mapped_column(Id, ForeignKey(User.id, ondelete="CASCADE"), index=True)
    code_hash: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Challenge(Identified, CoreBase):
    """A first step of a sign-in that waits for its second factor.

    `token_epoch` is the user's when the first step was taken: a password that was changed since voids it.
    `amr` tells what the step was, as it does of a session.
    """

    __tablename__ = "core__mfa_challenge"

    user_id: Mapped[str] = mapped_column(Id, ForeignKey(User.id, ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    token_epoch: Mapped[int] = mapped_column(Integer)
    ip: Mapped[str | None] = mapped_column(String(45))
    user_agent: Mapped[str | None] = mapped_column(String(400))
    amr: Mapped[list[Any]]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
