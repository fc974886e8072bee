"""Telling owners that their tokens end soon: 7 days and 1 day before, once each (modules.md 9.3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pronaflow_kernel.api import Context, JobType, NotFound, Reader, Row, Schedule, Scope, StaleRow

from .events import TOKEN_EXPIRING
from .letters import expiry_mail
from .models import ApiToken
from .queries import EXPIRING

DAYS = (7, 1)
"""How many days before the end its owner is told, the first time first."""


class ExpiryWarning:
    """Mails owners, and tells plugins by the event `token.expiring`.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def jobs(self) -> list[JobType]:
        """`warn`, each hour."""
        return [JobType("warn_of_expiry", self.warn, mode="external", schedules=(Schedule("7 * * * *"),))]

    def warn(self, reader: Reader, args: Mapping[str, Any]) -> None:
        """Tell the owners of all tokens for which it is time.

        Each token is a transaction of its own, in which is also noted that its owner was told: whoever comes
        second finds that.
        """
        now = reader.clock.now()
        for row in reader.all(EXPIRING, now=now, until=now + timedelta(days=DAYS[0])):
            days = due(row, now)
            if days is not None:
                self._warn(row, days)

    def _warn(self, seen: Row, days: int) -> None:
        try:
            with self._ctx.db.write(Scope.system(seen["workspace_id"]), origin="system") as uow:
                row = uow.get(ApiToken, seen["id"], lock=True)
                if row["revoked_at"] is not None or due(row, uow.now) != days:
                    return
                uow.update(ApiToken, row, {"warned_days": days})
                payload = {name: row[name] for name in ("workspace_id", "user_id", "scopes", "expires_at")}
                uow.publish(TOKEN_EXPIRING, row["id"], {**payload, "token_id": row["id"], "days_left": days})
                language = self._ctx.preferences.locales(uow, [row["user_id"]])[row["user_id"]].language
                self._ctx.mail.send(uow, expiry_mail(self._ctx, row, seen["email"], language, days))
        except (NotFound, StaleRow):
            # Deleted or changed at this moment; what is still due is told an hour later.
            self._ctx.log.info("an API token was changed while its owner was to be told of its end")


def due(row: Row, now: datetime) -> int | None:
    """Of how many days before the end a token's owner is to be told now; None where it is not time.

    A token whose whole life is shorter than that is left alone, and after an outage the last one counts.

    Arguments:
        row: `expires_at`, `created_at` and `warned_days` of the token.
    """
    found = [
        days
        for days in DAYS
        if row["expires_at"] - timedelta(days=days) <= now
        and row["created_at"] < row["expires_at"] - timedelta(days=days)
        and (row["warned_days"] is None or days < row["warned_days"])
    ]
    return found[-1] if found else None
