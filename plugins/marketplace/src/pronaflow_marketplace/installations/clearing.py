"""Deleting what plugins hold of workspaces that uninstalled them long ago."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pronaflow_kernel.api import Context, JobType, NotFound, Reader, Row, Schedule, Scope

from ..catalogue.tallies import RECOUNT_ALL
from .models import Installation
from .queries import DUE

_FIRST = "00000000-0000-0000-0000-000000000000"


class Clearing:
    """The daily work.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def job(self) -> JobType:
        """The daily job."""
        return JobType("clear_uninstalled", self.run, mode="external", schedules=(Schedule("52 2 * * *"),))

    def run(self, _reader: Reader, _args: Mapping[str, Any]) -> None:
        """Clear all that is due, each workspace in a transaction of its own, and count anew.

        Where a plugin fails to let go of its data, or its code is gone, the row stays for the next day.
        """
        after = _FIRST
        while due := self._due(after):
            for row in due:
                try:
                    self._clear(row)
                except Exception:
                    self._ctx.log.exception(
                        "the data of %s in a workspace is not cleared yet", row["plugin_id"]
                    )
            after = due[-1]["id"]
        with self._ctx.db.write(Scope.system(), origin="system") as uow:
            uow.execute(RECOUNT_ALL)

    def _due(self, after: str) -> list[Row]:
        with self._ctx.db.read(Scope.system()) as reader:
            return reader.all(DUE, now=self._ctx.clock.now(), after=after)

    def _clear(self, row: Row) -> None:
        with self._ctx.db.write(Scope.system(row["workspace_id"]), origin="system") as uow:
            try:
                stored = uow.get(Installation, row["id"], lock=True)
            except NotFound:
                return
            back = stored["purge_after"] is None or stored["purge_after"] > uow.now
            if not back and self._ctx.plugins.forget(uow, row["plugin_id"]):
                uow.remove(Installation, stored)
