"""Accounts at other services: connected, listed, disconnected (modules.md 12.3, ADR 057)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from pronaflow_kernel.api import (
    Conflict,
    Context,
    InvalidRequest,
    NotFound,
    Page,
    Reader,
    Row,
    ServiceUnavailable,
    UnitOfWork,
    as_id,
    invalid,
    new_id,
    secret_place,
)

from ..consents.types import ConsentNeed
from . import queries
from .apps import Apps, OAuthApp
from .events import CONNECTION_CREATED, CONNECTION_REFUSED, CONNECTION_REMOVED, connection_payload
from .models import Attempt, Connection
from .provider import ProviderAway, ProviderClient, ProviderRefuses, Tokens

LIFE = timedelta(minutes=10)
"""From the beginning of a connection to its end."""

REVOKE = "revoke_connection"
CONSENT = "THIRD_PARTY"
"""The type of the consents that connections need."""


class ConnectionService:
    """The connections of people.

    Arguments:
        ctx: of the plugin; apps: what can be connected; provider: asks the services.
        end_consents: ends the consents to a connection that is gone, by its id.
    """

    def __init__(
        self,
        ctx: Context,
        apps: Apps,
        provider: ProviderClient,
        end_consents: Callable[[UnitOfWork, str], object],
    ) -> None:
        self._ctx, self.apps, self._provider = ctx, apps, provider
        self._end_consents = end_consents

    def page(self, reader: Reader, query: Mapping[str, Any]) -> Page:
        """The caller's connections, as `ConnectionQuery` says."""
        filters = {name: query[name] for name in ("provider_name", "is_active")}
        page = queries.CONNECTIONS.page(reader, query, filters)
        for row in page.rows:
            self._show(row)
        return page

    def get(self, reader: Reader, connection_id: str) -> Row:
        """One of the caller's connections.

        Raises:
            NotFound: there is none, or it is somebody else's.
        """
        return self._show(self._own(reader, connection_id))

    def connect(self, uow: UnitOfWork, body: Mapping[str, Any]) -> Row:
        """Connect an account with tokens that somebody has already.

        Raises:
            NotFound: there is no such app; InvalidRequest: it is not enabled.
            Conflict: the account is connected.
        """
        app = self._enabled(body["oauth_app_id"])
        tokens = Tokens(body["access_token"], body["refresh_token"], body["expires_at"], {})
        return self._keep(uow, app, tokens, body["external_user_id"])

    def begin(self, uow: UnitOfWork, app_id: str, redirect_uri: str | None) -> Row:
        """Begin to connect an account: where to send the browser.

        Raises:
            NotFound: there is no such app; InvalidRequest: it is not enabled.
            ValidationFailed: the address is none of the operator's.
        """
        app, pages = self._enabled(app_id), self._pages()
        if redirect_uri not in (None, *pages):
            raise invalid(
                "redirect_uri",
                "This is none of the addresses in the setting integrations.oauth_redirect_uris.",
            )
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        page, row_id = redirect_uri or pages[0], new_id()
        hidden = self._ctx.secrets.encrypt(verifier, bound_to=secret_place(Attempt, "verifier", row_id))
        values: Row = {
            "id": row_id,
            "user_id": uow.scope.principal.user_id,
            "provider_name": app.provider_name,
        }
        values |= {"state_hash": _digest(state), "redirect_uri": page, "nonce": nonce, "verifier": hidden}
        uow.execute(queries.OLD_ATTEMPTS, now=uow.now)
        uow.insert(Attempt, {**values, "expires_at": uow.now + LIFE})
        url = self._provider.authorize_url(
            app, redirect_uri=page, state=state, nonce=nonce, verifier=verifier
        )
        return {
            "authorize_url": url,
            "state": state,
            "redirect_uri": page,
            "expires_in": int(LIFE.total_seconds()),
        }

    def finish(self, reader: Reader, body: Mapping[str, Any]) -> Row:
        """Connect the account of which a provider has sent a code.

        The provider is asked between units of work, so that nothing is locked while it takes its time; the
        state is used up before that.

        Raises:
            InvalidRequest: the state is none that the caller has begun, or was used; the provider or the
                person refuses.
            ServiceUnavailable: the provider does not answer.
            Conflict: the account is connected.
        """
        with self._ctx.db.write(reader.scope) as uow:
            attempt = uow.one(queries.BY_STATE, state_hash=_digest(body["state"]))
            if attempt is not None:
                uow.remove(Attempt, attempt)
        if attempt is None or attempt["expires_at"] <= self._ctx.clock.now():
            raise self._refused(reader, None, "state_invalid")
        name = attempt["provider_name"]
        app = self.apps.named(name)
        if app is None or not app.is_enabled:
            raise _disabled(name)
        if app.issuer is not None and body["iss"] not in (None, app.issuer):
            raise self._refused(reader, name, "issuer_mismatch")
        if body["code"] is None:
            raise self._refused(reader, name, "denied" if body["error"] == "access_denied" else "no_code")
        tokens, account = self._identified(reader, app, attempt, body["code"])
        with self._ctx.db.write(reader.scope) as uow:
            return self._keep(uow, app, tokens, account)

    def disconnect(self, uow: UnitOfWork, connection_id: str) -> None:
        """Disconnect one of the caller's accounts; consents to it end, and the service is told.

        Raises:
            NotFound: there is none.
        """
        self.end(uow, self._own(uow, connection_id))

    def end(self, uow: UnitOfWork, seen: Row) -> None:
        """Disconnect an account, whoever's it is. Its tokens go as soon as the service was told."""
        row = uow.get(Connection, seen["id"], lock=True)
        if row["ended_at"] is not None:
            return
        uow.publish(CONNECTION_REMOVED, row["id"], connection_payload(row))
        self._end_consents(uow, row["id"])
        nobody = {"user_id": None, "external_user_id": "", "is_active": False, "ended_at": uow.now}
        uow.update(Connection, row, nobody)
        self._ctx.jobs.enqueue(uow, REVOKE, {"connection_id": row["id"]})

    def end_all(self, uow: UnitOfWork, user_id: str) -> None:
        """Disconnect all accounts of somebody who is forgotten."""
        for row in uow.all(queries.OF_USER, user_id=user_id):
            self.end(uow, row)

    def stop(self, uow: UnitOfWork, consent: Row) -> None:
        """Disconnect the account to which somebody has taken their consent back."""
        if consent["consent_type"] == CONSENT:
            named = as_id(consent["resource_id"])
            row = None if named is None else uow.one(queries.OWN, id=named)
            if row is not None:
                self.end(uow, row)

    def needs(self, reader: Reader, user_id: str) -> Sequence[ConsentNeed]:
        """A consent for each active connection of somebody (modules.md 12.3)."""
        rows = reader.all(queries.OF_USER, user_id=user_id)
        return [ConsentNeed(CONSENT, None, row["id"]) for row in rows if row["is_active"]]

    def status(self, reader: Reader) -> Row:
        """How the connections of the members of a workspace fare."""
        if not any(app.is_enabled for app in self.apps.all()):
            return {"status": "disabled", "active_connections": 0}
        counts = reader.one(queries.COUNTS) or {"active": 0, "troubled": 0, "well": 0}
        word = "operational"
        if counts["troubled"]:
            word = "degraded" if counts["well"] else "down"
        return {"status": word, "active_connections": counts["active"]}

    def _pages(self) -> Sequence[str]:
        said: Sequence[str] = self._ctx.settings.oauth_redirect_uris
        return said or (f"{self._ctx.public_url}/integrations/callback",)

    def _enabled(self, app_id: str) -> OAuthApp:
        app = self.apps.get(app_id)
        if not app.is_enabled:
            raise _disabled(app.provider_name)
        return app

    def _own(self, reader: Reader, connection_id: str) -> Row:
        row = reader.one(queries.OWN, id=connection_id)
        if row is None:
            raise NotFound(f"Connection {connection_id} was not found")
        return row

    def _identified(self, reader: Reader, app: OAuthApp, attempt: Row, code: str) -> tuple[Tokens, str]:
        """The tokens for a code, and whose they are."""
        place = secret_place(Attempt, "verifier", attempt["id"])
        verifier = self._ctx.secrets.decrypt(attempt["verifier"], bound_to=place)
        try:
            tokens = self._provider.redeem(app, code, attempt["redirect_uri"], verifier)
            return tokens, self._provider.account(app, tokens, attempt["nonce"])
        except ProviderRefuses as error:
            self._ctx.log.warning("%s refuses a connection: %s", app.provider_name, error)
            raise self._refused(reader, app.provider_name, "provider_refused") from error
        except ProviderAway as error:
            self._ctx.log.warning("a connection to %s failed: %s", app.provider_name, error)
            words = "The service does not answer as it should: try again in a while"
            raise ServiceUnavailable(words, details={"reason": "provider_unavailable"}) from error

    def _refused(self, reader: Reader, provider_name: str | None, reason: str) -> InvalidRequest:
        """The refusal of an answer; it stays in the audit log."""
        user_id = str(reader.scope.principal.user_id)
        with self._ctx.db.write(reader.scope) as uow:
            payload = {"user_id": user_id, "provider_name": provider_name, "reason": reason}
            uow.publish(CONNECTION_REFUSED, user_id, payload)
        self._ctx.log.warning("the answer that was to make a connection is refused: %s", reason)
        words = "What came back from the service is too old, was used before, or was refused: begin again"
        return InvalidRequest(words, details={"reason": reason})

    def _keep(self, uow: UnitOfWork, app: OAuthApp, tokens: Tokens, account: str) -> Row:
        """Store a connection; one to the same account whose tokens were refused makes room."""
        for row in uow.all(queries.SAME, provider_name=app.provider_name, external_user_id=account):
            if row["is_active"]:
                words = "This account is connected already: disconnect it first"
                raise Conflict(words, details={"reason": "connected", "connection_id": row["id"]})
            self.end(uow, row)
        row_id = new_id()
        row = uow.insert(
            Connection,
            {
                "id": row_id,
                "user_id": uow.scope.principal.user_id,
                "provider_name": app.provider_name,
                "external_user_id": account,
                **hidden(self._ctx, row_id, tokens),
                "scopes": list(app.scopes),
                "expires_at": tokens.expires_at,
                "last_verified_at": uow.now,
                "created_at": uow.now,
                "problem": None,
                "retry_at": None,
                "ended_at": None,
            },
        )
        uow.publish(CONNECTION_CREATED, row_id, connection_payload(row))
        return self._show(row)

    def _show(self, row: Row) -> Row:
        app = self.apps.named(row["provider_name"])
        row["oauth_app_id"] = None if app is None else app.id
        row["display_name"] = row["provider_name"] if app is None else app.display_name
        return row


def hidden(ctx: Context, row_id: str, tokens: Tokens) -> dict[str, str | None]:
    """The columns of a connection that hold its tokens, encrypted and bound to their place."""

    def hide(column: str, token: str | None) -> str | None:
        place = secret_place(Connection, column, row_id)
        return None if token is None else ctx.secrets.encrypt(token, bound_to=place)

    return {
        "access_token": hide("access_token", tokens.access),
        "refresh_token": hide("refresh_token", tokens.refresh),
    }


def shown_token(ctx: Context, row: Row, column: str) -> str | None:
    """A token of a connection as it is sent to the provider."""
    place = secret_place(Connection, column, row["id"])
    return None if row[column] is None else ctx.secrets.decrypt(row[column], bound_to=place)


def _digest(state: str) -> bytes:
    return hashlib.sha256(state.encode()).digest()


def _disabled(provider_name: str) -> InvalidRequest:
    words = "This service is not enabled here: an administrator has to register this server there first"
    return InvalidRequest(words, details={"reason": "app_disabled", "provider_name": provider_name})
