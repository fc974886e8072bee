"""What goes with time: texts first, then the rows (events.md 3.4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pronaflow_kernel.api import Context, Reader, Scope

from .queries import OLD_BODIES, OLD_DELIVERIES

CLEAR = "clear_deliveries"

KEPT = {"delivered": timedelta(days=7), "failed": timedelta(days=30)}
"""For how long the text of a message is kept, by what became of it."""

ROWS = timedelta(days=90)


class Clearing:
    """The daily work that clears old deliveries away, a thousand at a time.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def run(self, reader: Reader, args: Mapping[str, Any]) -> None:
        """Clear all that is old enough."""
        now = self._ctx.clock.now()
        for ended, age in KEPT.items():
            while self._did(OLD_BODIES, ended=ended, before=now - age):
                pass
        while self._did(OLD_DELIVERIES, before=now - ROWS):
            pass

    def _did(self, statement: Any, **binds: Any) -> bool:
        with self._ctx.db.write(Scope.system()) as uow:
            return uow.execute(statement, **binds) > 0
