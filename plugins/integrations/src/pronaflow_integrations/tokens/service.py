"""API tokens: made, changed, rotated and revoked by their owner alone (modules.md 12.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pronaflow_kernel.api import (
    Conflict,
    Context,
    EventType,
    NotFound,
    Page,
    Reader,
    Row,
    UnitOfWork,
)

from ..usage.service import UsageService
from .events import TOKEN_CREATED, TOKEN_REVOKED, TOKEN_ROTATED, TOKEN_UPDATED
from .expiry import expiry_of
from .format import SHOWN, hash_of, new_token
from .models import ApiToken
from .queries import OWN, TOKENS
from .scopes import Scopes, described

WARNING = "Save this token securely - you won't see it again!"


class TokenService:
    """What people can do with their own tokens in the scope's workspace.

    Arguments:
        ctx: of the plugin.
        scopes: what there is to grant.
        usage: tells how much tokens were used.
    """

    def __init__(self, ctx: Context, scopes: Scopes, usage: UsageService) -> None:
        self._hooks = ctx.hooks
        self._scopes = scopes
        self._usage = usage

    def page(self, reader: Reader, query: Mapping[str, Any]) -> Page:
        """The caller's tokens, as `ApiTokenQuery` says."""
        page = TOKENS.page(reader, query)
        wanted = [row["id"] for row in page.rows] if query["include_usage"] else []
        sums = self._usage.sums(reader, wanted) if wanted else {}
        for row in page.rows:
            row.update(_shown(row))
            if query["include_usage"]:
                row["usage"] = {"total_requests": row["request_count"], **sums[row["id"]]}
        return page

    def get(self, reader: Reader, token_id: str) -> Row:
        """One of the caller's tokens.

        Raises:
            NotFound: there is none, or it is somebody else's.
        """
        return _shown(self.own(reader, token_id))

    def own(self, reader: Reader, token_id: str) -> Row:
        """`get` as it is stored, with the `plan` of its workspace."""
        row = reader.one(OWN, id=token_id)
        if row is None:
            raise NotFound
        return row

    def create(self, uow: UnitOfWork, body: Mapping[str, Any]) -> Row:
        """Make a token; its secret is in this answer and nowhere else.

        Raises:
            ValidationFailed: a scope that does not exist, or an end that has passed or is too far away.
        """
        values = {
            "name": body["name"],
            "scopes": self._scopes.chosen(body["scopes"], uow.scope.workspace_id),
        }
        self._hooks.check_change(uow, "api_token", None, values)
        secret, secret_values = _secret(uow, body)
        owner = {"user_id": uow.scope.principal.user_id}
        row = uow.insert(ApiToken, {**values, **secret_values, **owner})
        _tell(uow, TOKEN_CREATED, row)
        return _shown_once(row, secret)

    def update(self, uow: UnitOfWork, token_id: str, changes: Mapping[str, Any]) -> Row:
        """Rename a token, or switch it on or off.

        Raises:
            NotFound: as in `get`.
            Conflict: it was revoked, which is final.
        """
        row = self.own(uow, token_id)
        if any(row[name] != value for name, value in changes.items()):
            _refuse_revoked(row)
            self._hooks.check_change(uow, "api_token", row, changes)
        update = uow.update(ApiToken, row, changes)
        if update.changes:
            _tell(uow, TOKEN_UPDATED, update.row, update.changes)
        return _shown(update.row)

    def rotate(self, uow: UnitOfWork, token_id: str, body: Mapping[str, Any]) -> Row:
        """Give a token another secret; the old one is dead from the commit on.

        Raises:
            NotFound: as in `get`.
            Conflict: as in `update`.
            ValidationFailed: as in `create`.
        """
        row = self.own(uow, token_id)
        _refuse_revoked(row)
        secret, values = _secret(uow, body)
        self._hooks.check_change(uow, "api_token", row, {"expires_at": values["expires_at"]})
        update = uow.update(ApiToken, row, {**values, "warned_days": None})
        shown = {name: change for name, change in update.changes.items() if name == "expires_at"}
        _tell(uow, TOKEN_ROTATED, update.row, shown)
        return _shown_once(update.row, secret)

    def revoke(self, uow: UnitOfWork, token_id: str) -> None:
        """End a token for good; it stays in the list. One that is revoked already stays as it is.

        Raises:
            NotFound: as in `get`.
        """
        row = self.own(uow, token_id)
        if row["revoked_at"] is not None:
            return
        self._hooks.check_change(uow, "api_token", row, {"revoked_at": uow.now})
        update = uow.update(ApiToken, row, {"revoked_at": uow.now, "is_active": False})
        _tell(uow, TOKEN_REVOKED, update.row)

    def scopes(self, reader: Reader) -> list[Row]:
        """All scopes that a token of the workspace can have."""
        return [described(scope) for scope in self._scopes.offered(reader.scope.workspace_id)]


def _secret(uow: UnitOfWork, body: Mapping[str, Any]) -> tuple[str, Row]:
    """A new secret, and what is stored of it and of its end."""
    secret, end = new_token(), expiry_of(body["expires_at"], uow.now)
    return secret, {
        "token_hash": hash_of(secret),
        "token_prefix": secret[:SHOWN],
        "expires_at": end.at,
        "expires_text": end.text,
    }


def _refuse_revoked(row: Row) -> None:
    if row["revoked_at"] is not None:
        words = "The token was revoked, which is final: make a new one"
        raise Conflict(words, details={"reason": "revoked"})


def _shown(row: Row) -> Row:
    return {**row, "is_revoked": row["revoked_at"] is not None, "usage": None}


def _shown_once(row: Row, secret: str) -> Row:
    return {**_shown(row), "token": secret, "warning": WARNING}


def _tell(uow: UnitOfWork, event: EventType, row: Row, changes: Mapping[str, Any] | None = None) -> None:
    payload = {"token_id": row["id"]}
    payload |= {name: row[name] for name in ("workspace_id", "user_id", "scopes", "expires_at")}
    uow.publish(event, row["id"], payload, changes=changes)
