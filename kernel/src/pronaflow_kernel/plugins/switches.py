"""Switching plugins on and off while the server runs.

The rows are read again at most once a second, so that a switch thrown by the command line is live in every
process within a second, without Redis and without a restart.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from ..clock import Clock
from ..persistence.scope import Scope
from .models import PluginSwitch

if TYPE_CHECKING:
    from ..persistence.uow import Database

FRESH = timedelta(seconds=1)
"""For how long a reading counts."""

_ALL = select(PluginSwitch.plugin_id, PluginSwitch.enabled)


class Switches:
    """Which plugins are on.

    Arguments:
        db: where the switches lie.
        clock: tells when a reading is stale.
        disabled: ids that the settings switch off; these win (`PRONAFLOW_PLUGINS__DISABLED`).
    """

    def __init__(self, db: Database, clock: Clock, disabled: frozenset[str]) -> None:
        self._db = db
        self._clock = clock
        self._disabled = disabled
        self._off: frozenset[str] = disabled
        self._read_at = clock.now() - 2 * FRESH

    def active(self, plugin_id: str) -> bool:
        """Whether a plugin is on."""
        return plugin_id not in self.off()

    def off(self) -> frozenset[str]:
        """Ids of all plugins that are off."""
        now = self._clock.now()
        if not timedelta(0) <= now - self._read_at < FRESH:
            with self._db.read(Scope.system()) as reader:
                rows = reader.all(_ALL)
            self._off = self._disabled | {row["plugin_id"] for row in rows if not row["enabled"]}
            self._read_at = now
        return self._off

    def set(self, plugin_id: str, enabled: bool) -> None:
        """Throw a switch; live here at once, in other processes within a second."""
        with self._db.write(Scope.system(), origin="system") as uow:
            row = uow.one(select(PluginSwitch.__table__).where(PluginSwitch.plugin_id == plugin_id))
            if row is None:
                values = {"plugin_id": plugin_id, "enabled": enabled, "changed_at": uow.now}
                uow.insert(PluginSwitch, values)
            else:
                uow.update(PluginSwitch, row, {"enabled": enabled, "changed_at": uow.now})
        self._read_at = self._clock.now() - 2 * FRESH
