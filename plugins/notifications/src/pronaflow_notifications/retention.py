"""How long notifications are kept: read ones 90 days, all 180 (modules.md 7.2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pronaflow_kernel.api import Context, Reader, Scope

from . import counters, queries

BATCH = 500
"""Rows a transaction, so that nobody waits long."""

HIDDEN = timedelta(days=15)
"""What is not shown is there for mails, of which the last go out within a week."""


class Retention:
    """Deletes what is old, each day.

    Arguments:
        ctx: of the plugin.
        read, most: how long read ones are kept, and all.
    """

    def __init__(self, ctx: Context, read: timedelta, most: timedelta) -> None:
        self._ctx = ctx
        self._ages = {"read": read, "old": most, "hidden": HIDDEN}

    def run(self, reader: Reader, args: Mapping[str, Any]) -> None:
        """Delete batch after batch until nothing old is left."""
        for why, age in self._ages.items():
            before = reader.clock.now() - age
            while self._drop(why, before):
                pass

    def _drop(self, why: str, before: Any) -> bool:
        """Whether there may be more."""
        with self._ctx.db.write(Scope.system(), origin="system") as uow:
            rows = uow.all(queries.OUTDATED[why], before=before, most=BATCH)
            if rows:
                counters.hold(uow, (row["user_id"] for row in rows))
                gone = uow.all(queries.DROP, ids=sorted(row["id"] for row in rows))
                counters.add(uow, counters.lost(gone))
        return len(rows) == BATCH
