"""Signing in by a token: what the kernel asks by `pick_principal` and `pick_rate_limit`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from pronaflow_kernel.api import Context, Principal, RateLimit, Reader, Row, Unauthorized, when_answered

from ..usage.counts import Counts
from .format import PREFIX, hash_of, is_well_formed
from .queries import SIGN_IN
from .scopes import Scopes
from .tiers import FREE, Tiers


@dataclass(frozen=True, slots=True)
class TokenPrincipal(Principal):
    """Whoever signs in by a token.

    Arguments:
        token_id: of the token; tier: of its workspace.
    """

    token_id: str = ""
    tier: str = FREE


class TokenSignIn:
    """Tells whom a token stands for, and has its requests counted.

    Arguments:
        ctx: of the plugin.
        scopes, tiers: as they are called.
        counts: told of each request that a token sends.
    """

    def __init__(self, ctx: Context, scopes: Scopes, tiers: Tiers, counts: Counts) -> None:
        self._clock = ctx.clock
        self._scopes = scopes
        self._tiers = tiers
        self._counts = counts

    def principal(self, reader: Reader, credential: str) -> Principal | None:
        """As the hook `pick_principal`. What cannot be a token is refused without asking the database."""
        if not credential.startswith(PREFIX):
            return None
        row = reader.one(SIGN_IN, token_hash=hash_of(credential)) if is_well_formed(credential) else None
        if row is None:
            raise Unauthorized("This is no API token that works: compare it with what you were shown")
        self._refuse_ended(row)
        when_answered(partial(self._counts.note, row["workspace_id"], row["id"]))
        return TokenPrincipal(
            kind="token",
            user_id=row["user_id"],
            username=row["username"],
            email=row["email"],
            is_system_admin=row["is_system_admin"],
            scopes=self._scopes.expanded(row["scopes"]),
            workspace_id=row["workspace_id"],
            expires_at=row["expires_at"],
            token_id=row["id"],
            tier=self._tiers.of(row["plan"]),
        )

    def rate_limit(self, principal: Principal) -> RateLimit | None:
        """As the hook `pick_rate_limit`; None for whoever signed in otherwise."""
        if not isinstance(principal, TokenPrincipal):
            return None
        return self._tiers.limit(principal.tier, str(principal.workspace_id))

    def _refuse_ended(self, row: Row) -> None:
        if row["revoked_at"] is not None:
            raise Unauthorized("The API token was revoked")
        if not row["is_active"]:
            raise Unauthorized("The API token is switched off")
        if row["expires_at"] <= self._clock.now():
            raise Unauthorized("The API token has expired")
