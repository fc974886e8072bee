"""Switching plugins on and off while the server runs, for all of it or for one workspace.

The rows for the whole server are read again at most twice a second, so that a switch thrown by the command
line is live in every process within a second, without Redis and without a restart. They also tell whether
anything changed in a workspace; what is read of workspaces is kept until then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, bindparam, exists, select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from ..attribution import as_kernel
from ..clock import Clock
from ..errors import Conflict, StaleRow
from ..persistence.scope import SCOPE_WORKSPACE, Scope
from .following import requirements, with_dependants
from .models import PluginSwitch, WorkspacePlugin

if TYPE_CHECKING:
    from ..persistence.database import Database
    from ..persistence.uow import Reader, UnitOfWork
    from .manifest import Manifest

LIVE = timedelta(seconds=1)
"""Within this time a switch counts in every process (architecture.md 4)."""

FRESH = LIVE / 2
"""For how long a reading counts: throwing and reading take their time too."""

REMEMBERED = 10_000
"""Of how many workspaces the switches are kept; one takes about 300 bytes."""

ATTEMPTS = 3
"""How often a switch is thrown that somebody else throws at the same time."""

_ALL = select(PluginSwitch.__table__)
_ONE = select(PluginSwitch.__table__).where(PluginSwitch.plugin_id == bindparam("plugin_id"))
_TOUCH = (
    update(PluginSwitch)
    .where(PluginSwitch.plugin_id == bindparam("switched"))
    .values(version=PluginSwitch.version + 1)
)
_HERE = select(WorkspacePlugin.__table__).where(WorkspacePlugin.workspace_id == SCOPE_WORKSPACE)
_ONE_HERE = _HERE.where(WorkspacePlugin.plugin_id == bindparam("plugin_id"))


def switched_on(plugin_id: str, workspace_id: ColumnElement[str], *, scope: str) -> ColumnElement[bool]:
    """Whether a plugin is on in a workspace, as a condition for statements over several of them.

    A statement in one workspace needs no such condition: its route is held by the kernel. Only the plugin's
    own switch there is looked at, not those of what it requires.

    Arguments:
        workspace_id: the column that holds the workspace.
        scope: of the plugin, as its manifest says: without a switch `system` is on and `workspace` is off.
    """
    thrown = WorkspacePlugin.__table__.alias()
    on = scope != "system"
    found = exists().where(
        thrown.c.workspace_id == workspace_id, thrown.c.plugin_id == plugin_id, thrown.c.enabled.is_(on)
    )
    return found if on else ~found


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one look at the rows told; `here` fills up with what is off in each workspace."""

    thrown: frozenset[str]
    off: frozenset[str]
    versions: Mapping[str, int]
    here: dict[str, frozenset[str]]


class Switches:
    """Which plugins are on.

    Arguments:
        db: where the switches lie.
        clock: tells when a reading is stale.
        disabled: ids that the settings switch off; these win (`PRONAFLOW_PLUGINS__DISABLED`).
        manifests: of the known plugins; a plugin is off wherever one that it requires is off.
    """

    def __init__(
        self, db: Database, clock: Clock, disabled: frozenset[str], manifests: Mapping[str, Manifest]
    ) -> None:
        self._db = db
        self._clock = clock
        self.held = disabled
        self.manifests = manifests
        self._reading = _Reading(frozenset(), with_dependants(manifests, disabled), {}, {})
        self._read_at = clock.now() - 2 * FRESH
        self._throws = 0
        self._lock = Lock()

    def active(self, plugin_id: str, workspace_id: str | None = None) -> bool:
        """Whether a plugin is on, and with a workspace, whether it is on there too."""
        if plugin_id in self.off():
            return False
        return workspace_id is None or plugin_id not in self.off_in(workspace_id)

    def off(self) -> frozenset[str]:
        """Ids of all plugins that are off for the whole server."""
        now, throws = self._clock.now(), self._throws
        if timedelta(0) <= now - self._read_at < FRESH:
            return self._reading.off
        try:
            reading = self._read()
        except OperationalError:  # what was read last counts until the database answers again
            reading = self._reading
        with self._lock:
            if throws == self._throws:  # else it may tell what was before a switch was thrown here
                self._reading, self._read_at = reading, now
        return reading.off

    def off_in(self, workspace_id: str) -> frozenset[str]:
        """Ids of all plugins that are off in a workspace, those that are off everywhere left out or not."""
        self.off()
        here = self._reading.here  # of this reading, also if another thread takes a new one meanwhile
        found = here.get(workspace_id)
        if found is None:
            if len(here) >= REMEMBERED:
                here.clear()
            found = here[workspace_id] = self._read_workspace(workspace_id)
        return found

    def reason(self, plugin_id: str, workspace_id: str | None = None) -> str:
        """Why a plugin is off, for the whole server or in a workspace, in words."""
        if workspace_id is None:
            if plugin_id in self.held:
                return "switched off by the settings"
            if plugin_id in self._reading.thrown:
                return "switched off by an operator"
        off = self.off() if workspace_id is None else self.off_in(workspace_id)
        needed = sorted(self.manifests[plugin_id].requires.keys() & off)
        if needed:
            return f"requires {', '.join(needed)}, which {'is' if len(needed) == 1 else 'are'} switched off"
        thrown = self.manifests[plugin_id].scope == "system"
        return f"{'switched off' if thrown else 'not switched on'} in this workspace"

    @as_kernel
    def off_since(self, plugin_id: str, workspace_id: str | None = None) -> datetime | None:
        """When the first of the switches was thrown that keep a plugin off; None where none was ever thrown.

        Those of what it requires count, too.
        """
        holding = {plugin_id, *requirements(self.manifests, plugin_id)}
        with self._db.read(Scope.system(workspace_id)) as reader:
            rows = reader.all(_ALL if workspace_id is None else _HERE)
        thrown = [row["changed_at"] for row in rows if row["plugin_id"] in holding and not row["enabled"]]
        return min(thrown, default=None)

    def set(self, plugin_id: str, enabled: bool, workspace_id: str | None = None) -> None:
        """Throw a switch; live here at once, in other processes within a second.

        Arguments:
            workspace_id: throw it for this workspace only.

        Raises:
            Conflict: somebody else throws the same switch again and again.
        """
        for _ in range(ATTEMPTS):
            try:
                self._throw(plugin_id, enabled, workspace_id)
            except (StaleRow, IntegrityError):
                continue
            self.look_again()
            return
        raise Conflict(f"The switch of {plugin_id} is being thrown by others at this moment: try again")

    @as_kernel
    def set_in(self, uow: UnitOfWork, plugin_id: str, enabled: bool) -> None:
        """Throw a switch for the workspace of a unit of work: it counts if, and as soon as, that commits.

        Raises:
            StaleRow, IntegrityError: somebody else throws the same switch at this moment.
        """
        _put_here(uow, plugin_id, enabled)
        # The next look is another one; and so is the first after the commit, if somebody looks before it.
        self.look_again()
        uow.after_commit(self.look_again)

    def look_again(self) -> None:
        """Let the next question read the rows, however fresh the last reading is."""
        with self._lock:
            self._throws += 1
            self._read_at = self._clock.now() - 2 * FRESH

    @as_kernel
    def _read(self) -> _Reading:
        with self._db.read(Scope.system()) as reader:
            rows = reader.all(_ALL)
        versions = {row["plugin_id"]: row["version"] for row in rows}
        thrown = frozenset(row["plugin_id"] for row in rows if not row["enabled"])
        before = self._reading
        here = before.here if versions == before.versions else {}
        return _Reading(thrown, with_dependants(self.manifests, thrown | self.held), versions, here)

    @as_kernel
    def _read_workspace(self, workspace_id: str) -> frozenset[str]:
        with self._db.read(Scope.system(workspace_id)) as reader:
            return self._off_in(reader)

    @as_kernel
    def off_seen_by(self, reader: Reader) -> frozenset[str]:
        """What is off in the workspace of a reader, as it sees the rows: a unit of work sees its own."""
        return self.off() | self._off_in(reader)

    def _off_in(self, reader: Reader) -> frozenset[str]:
        thrown = {row["plugin_id"]: row["enabled"] for row in reader.all(_HERE)}
        off = {i for i, m in self.manifests.items() if not thrown.get(i, m.scope == "system")}
        return with_dependants(self.manifests, off)

    @as_kernel
    def _throw(self, plugin_id: str, enabled: bool, workspace_id: str | None) -> None:
        with self._db.write(Scope.system(workspace_id), origin="system") as uow:
            if workspace_id is None:
                _put(uow, plugin_id, {"enabled": enabled, "changed_at": uow.now})
                return
            _put_here(uow, plugin_id, enabled)


def _put_here(uow: UnitOfWork, plugin_id: str, enabled: bool) -> None:
    """Write the row of a workspace, and let the row for the whole server tell that something changed."""
    if not uow.execute(_TOUCH, switched=plugin_id):
        _put(uow, plugin_id, {"changed_at": uow.now})
    row = uow.one(_ONE_HERE, plugin_id=plugin_id)
    values = {"enabled": enabled, "changed_at": uow.now}
    if row is None:
        uow.insert(WorkspacePlugin, {"plugin_id": plugin_id, **values})
    else:
        uow.update(WorkspacePlugin, row, values)


def _put(uow: UnitOfWork, plugin_id: str, values: Mapping[str, object]) -> None:
    """Write the row for the whole server; its version grows even where nothing else changes."""
    row = uow.one(_ONE, plugin_id=plugin_id)
    if row is None:
        uow.insert(PluginSwitch, {"plugin_id": plugin_id, "enabled": True, **values})
    else:
        uow.update(PluginSwitch, row, values)
