"""Background work: tokens are renewed before they end, and given back when a connection has ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import bindparam, select

from pronaflow_kernel.api import (
    Context,
    Id,
    IdType,
    JobType,
    Mail,
    Reader,
    Retry,
    Row,
    Schedule,
    Schema,
    Scope,
    UnitOfWork,
    User,
)

from . import queries
from .apps import Apps
from .events import CONNECTION_EXPIRED, connection_payload
from .models import Connection
from .provider import ProviderAway, ProviderClient, ProviderRefuses, Tokens
from .service import REVOKE, hidden, shown_token

RENEW = "renew_connections"

AHEAD = timedelta(minutes=10)
"""So long before their end tokens are renewed."""

LEASE = timedelta(minutes=2)
"""For so long nobody else tries, so that no refresh token is sent twice."""

_LONGEST_WAIT = timedelta(hours=1)
_BATCH = 20

GIVE_UP = timedelta(days=1)
"""After a day in which a service could not be told, the tokens are deleted all the same."""

_AGAIN = 900.0
"""Seconds between attempts to tell it."""

_OWNER = select(User.id, User.email).where(
    User.id == bindparam("user_id", type_=IdType()), User.status == "active"
)


class RevokeArgs(Schema):
    """Which connection has ended."""

    connection_id = Id(required=True)


class Renewal:
    """Renews tokens and gives them back.

    Arguments:
        ctx: of the plugin; apps: what can be connected; provider: asks the services.
    """

    def __init__(self, ctx: Context, apps: Apps, provider: ProviderClient) -> None:
        self._ctx, self._apps, self._provider = ctx, apps, provider

    def jobs(self) -> list[JobType]:
        """Renewal every five minutes; giving back as often as a day of attempts needs."""
        renew = JobType(
            RENEW, self.run, mode="external", schedules=(Schedule("*/5 * * * *", misfire="once"),)
        )
        return [renew, JobType(REVOKE, self.revoke, mode="external", args=RevokeArgs, max_attempts=200)]

    def run(self, reader: Reader, args: Mapping[str, Any]) -> None:
        """Renew all tokens that end soon, and say of which that cannot be."""
        for row in reader.all(queries.LAPSED, now=self._ctx.clock.now(), most=1_000):
            self._expire(row)
        while rows := self._claim():
            for row in rows:
                self._renew(row)

    def revoke(self, reader: Reader, args: Mapping[str, Any]) -> None:
        """Tell the service that the tokens of a connection are not needed any more, and delete them."""
        row = reader.one(queries.ENDED, id=args["connection_id"])
        if row is None:
            return
        try:
            self._give_back(row)
        except ProviderAway as error:
            if self._ctx.clock.now() - row["ended_at"] < GIVE_UP:
                raise Retry(str(error), _AGAIN) from error
            self._ctx.log.warning("%s was not told of an end: %s", row["provider_name"], error)
        with self._ctx.db.write(Scope.system()) as uow:
            uow.remove(Connection, row)

    def _claim(self) -> list[Row]:
        with self._ctx.db.write(Scope.system()) as uow:
            rows = uow.all(queries.DUE, now=uow.now, until=uow.now + AHEAD, most=_BATCH)
            return [uow.update(Connection, row, {"retry_at": uow.now + LEASE}).row for row in rows]

    def _renew(self, row: Row) -> None:
        app = self._apps.named(row["provider_name"])
        try:
            if app is None or not app.is_enabled:
                raise ProviderAway(f"{row['provider_name']} is not enabled any more")
            refresh = shown_token(self._ctx, row, "refresh_token") or ""
            tokens = self._provider.renew(app, refresh)
        except ProviderRefuses as error:
            self._ctx.log.info("%s refuses to renew a connection: %s", row["provider_name"], error)
            self._expire(row)
        except ProviderAway as error:
            self._ctx.log.warning("a connection cannot be renewed now: %s", error)
            self._wait(row)
        else:
            # Where no new refresh token comes, the old one goes on (RFC 6749, 6).
            self._keep(row, Tokens(tokens.access, tokens.refresh or refresh, tokens.expires_at, {}))

    def _keep(self, row: Row, tokens: Tokens) -> None:
        fresh = hidden(self._ctx, row["id"], tokens)
        with self._ctx.db.write(Scope.system()) as uow:
            uow.execute(
                queries.RENEWED,
                connection=row["id"],
                access=fresh["access_token"],
                refresh=fresh["refresh_token"],
                expires=tokens.expires_at,
                now=uow.now,
            )

    def _wait(self, seen: Row) -> None:
        with self._ctx.db.write(Scope.system()) as uow:
            row = uow.get(Connection, seen["id"], lock=True)
            failures = row["failures"] + 1
            pause = min(timedelta(minutes=2 ** min(failures, 10)), _LONGEST_WAIT)
            uow.update(
                Connection, row, {"problem": "away", "failures": failures, "retry_at": uow.now + pause}
            )

    def _expire(self, seen: Row) -> None:
        """Say that a connection is no good any more, to all who ask and to whom it is."""
        with self._ctx.db.write(Scope.system()) as uow:
            row = uow.get(Connection, seen["id"], lock=True)
            if not row["is_active"]:
                return
            uow.update(Connection, row, {"is_active": False, "problem": "refused", "retry_at": None})
            uow.publish(CONNECTION_EXPIRED, row["id"], connection_payload(row))
            self._tell(uow, row)

    def _tell(self, uow: UnitOfWork, row: Row) -> None:
        owner = uow.one(_OWNER, user_id=row["user_id"])
        if owner is None:
            return
        app = self._apps.named(row["provider_name"])
        service = row["provider_name"] if app is None else app.display_name
        account = row["external_user_id"]
        language = self._ctx.preferences.locales(uow, [owner["id"]])[owner["id"]].language
        say = partial(self._ctx.texts.say, language)
        subject = say("{service} has to be connected again", service=service)
        text = say(
            "{service} does not accept the tokens of your account {account} any more.\n"
            "Connect the account again to go on; until then nothing is exchanged with it.",
            service=service,
            account=account,
        )
        self._ctx.mail.send(uow, Mail(owner["email"], f"{subject} - PronaFlow", f"{text}\n"))

    def _give_back(self, row: Row) -> None:
        app = self._apps.named(row["provider_name"])
        if app is None or app.revocation is None or not app.is_enabled:
            return
        columns = (
            ("refresh_token", "access_token") if app.revocation.style == "rfc7009" else ("access_token",)
        )
        for column in columns:
            token = shown_token(self._ctx, row, column)
            if token is not None:
                self._provider.revoke(app, token)
