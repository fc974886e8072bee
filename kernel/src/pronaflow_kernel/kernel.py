"""The assembled application, before and beside its web face."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .health import HealthCheck
from .plugins.processes import FigureMap, troubles

if TYPE_CHECKING:
    from .access.authorize import Access
    from .clock import Clock
    from .egress.client import Egress
    from .events.types import EventType
    from .jobs.bus import Bus
    from .jobs.enqueue import Jobs
    from .jobs.sealed import SealedJobs
    from .persistence.database import Database
    from .persistence.migrations import Chain
    from .plugins.base import Context
    from .plugins.guard import Guard
    from .plugins.hooks import Hooks
    from .plugins.installed import InstalledPlugins
    from .plugins.lifecycle import Contribution, PluginStatus
    from .plugins.services import Services
    from .plugins.switches import Switches
    from .post import Post
    from .preferences.preferences import Preferences
    from .records.archive import Archive
    from .records.lifecycle import Trash
    from .records.resources import Resource
    from .secrets import Keys
    from .settings import Settings
    from .storage.store import FileStore
    from .texts.texts import Texts


@dataclass(slots=True)
class Kernel:
    """Everything that runs, each thing once.

    Arguments:
        settings, clock, keys, db: as they are called.
        mail: sends mails once a unit of work has committed.
        store: keeps files.
        egress: sends requests to other machines.
        plugins: how the assembly left every known plugin, in order of start; `state` tells the present.
        installed: what other plugins may know of them and do with them.
        contributions, contexts: what each running plugin brings and holds, in order of start.
        guard: calls plugin code.
        hooks, services, switches: between kernel and plugins.
        access: decides who may do what.
        resources, event_types: by name; resource_owners: whose the resource types are.
        trash: trash and restore; archive: the same for containers that are kept.
        preferences: what people choose for themselves; texts: what is said to them, in their language.
        jobs: hands in background work of the kernel's own; `sealed` that whose arguments are secret.
        bus: does the background work.
        chains: migrations, kernel first.
        health_checks: plugin id, or None for the kernel's own, and probe; see `probes`.
    """

    settings: Settings
    clock: Clock
    keys: Keys
    mail: Post
    store: FileStore
    egress: Egress
    db: Database
    plugins: dict[str, PluginStatus]
    installed: InstalledPlugins
    contributions: Mapping[str, Contribution]
    contexts: Mapping[str, Context]
    guard: Guard
    hooks: Hooks
    services: Services
    switches: Switches
    access: Access
    resources: Mapping[str, Resource]
    resource_owners: Mapping[str, str]
    event_types: Mapping[str, EventType]
    trash: Trash
    archive: Archive
    preferences: Preferences
    texts: Texts
    jobs: Jobs
    sealed: SealedJobs
    bus: Bus
    chains: list[Chain]
    health_checks: list[tuple[str | None, HealthCheck]]

    @property
    def blueprints(self) -> list[tuple[str, Any]]:
        """`(plugin id, blueprint)` in order of start."""
        return [
            (i, blueprint) for i, brought in self.contributions.items() for blueprint in brought.blueprints
        ]

    @property
    def commands(self) -> list[tuple[str, Any]]:
        """`(plugin id, command)` in order of start."""
        return [(i, command) for i, brought in self.contributions.items() for command in brought.commands]

    def state(
        self, plugin_id: str, figures: FigureMap = MappingProxyType({}), workspace_id: str | None = None
    ) -> PluginStatus:
        """How a plugin fares at this moment, switches and breakers considered.

        Arguments:
            figures: of all servers (`plugins.processes.figures`); without them only this process counts.
            workspace_id: tell how it fares there.

        Raises:
            KeyError: no such plugin is installed.
        """
        status = self.plugins[plugin_id]
        if plugin_id in self.switches.off() and status.state != "disabled":
            words = self.switches.reason(plugin_id)
            # It has failed as well, and whoever wants to switch it on must know.
            also = "" if status.state == "ready" else f"; it is also {status.state}: {status.reason}"
            return replace(status, state="disabled", reason=words + also)
        if status.state != "ready":
            return status
        if workspace_id is not None and plugin_id in self.switches.off_in(workspace_id):
            return replace(status, state="disabled", reason=self.switches.reason(plugin_id, workspace_id))
        found = dict.fromkeys([*self.guard.troubles(plugin_id), *troubles(figures, plugin_id)])
        return replace(status, state="degraded", reason="; ".join(found)) if found else status

    def states(
        self, figures: FigureMap = MappingProxyType({}), workspace_id: str | None = None
    ) -> list[PluginStatus]:
        """How all plugins fare, in order of start; those that cannot start come last. Arguments as above."""
        return [self.state(plugin_id, figures, workspace_id) for plugin_id in self.plugins]

    def probes(self) -> list[HealthCheck]:
        """What `/health/ready` asks: the kernel's own checks, and those of the plugins that are on."""
        return [
            check if owner is None else self._guarded(owner, check)
            for owner, check in self.health_checks
            if owner is None or self.switches.active(owner)
        ]

    def _guarded(self, plugin_id: str, check: HealthCheck) -> HealthCheck:
        def probe() -> None:
            with self.guard.watching(plugin_id, f"health check {check.name}"):
                check.probe()

        return HealthCheck(check.name, probe)

    def close(self) -> None:
        """Finish what was begun and let go of the database."""
        self.bus.stop()
        if self.bus.bell is not None:
            self.bus.bell.close()
        self.mail.close()
        self.db.engines.dispose()
