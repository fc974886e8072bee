"""Forgetting sessions that are long over, and refresh tokens that have expired: a few after each sign-in.

A session that is over stays for a while: the ledger names it, and it tells where somebody acted from.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import bindparam, delete, select

from ...persistence.scope import Scope
from ...persistence.types import UtcDateTime
from ...persistence.uow import Database
from ..models import RefreshToken, Session

KEPT = timedelta(days=90)
"""How long a session is kept after its end."""

SESSIONS = 10
"""Most sessions that are forgotten at once; a sign-in begins one."""
TOKENS = 500
"""Most refresh tokens that are forgotten at once; in a week one session leaves about 340."""

_BEFORE = bindparam("before", type_=UtcDateTime())
# Of two sign-ins that tidy up at the same moment none waits for the other.
_LONG_OVER = (
    select(Session.id)
    .where(Session.expires_at <= _BEFORE)
    .order_by(Session.expires_at)
    .limit(SESSIONS)
    .with_for_update(skip_locked=True)
)
_EXPIRED = (
    select(RefreshToken.id)
    .where(RefreshToken.expires_at <= _BEFORE)
    .order_by(RefreshToken.expires_at)
    .limit(TOKENS)
    .with_for_update(skip_locked=True)
)
_FORGET_SESSIONS = delete(Session).where(Session.id.in_(_LONG_OVER.scalar_subquery()))
_FORGET_TOKENS = delete(RefreshToken).where(RefreshToken.id.in_(_EXPIRED.scalar_subquery()))


def forget(db: Database) -> None:
    """Forget the oldest of both."""
    with db.write(Scope.system(), origin="system") as uow:
        uow.execute(_FORGET_TOKENS, before=uow.now)
        uow.execute(_FORGET_SESSIONS, before=uow.now - KEPT)
