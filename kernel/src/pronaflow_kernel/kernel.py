"""The assembled application, before and beside its web face."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .access.authorize import Access
    from .clock import Clock
    from .events.dispatch import Dispatcher
    from .events.types import EventType
    from .health import HealthCheck
    from .mail import Mailer
    from .persistence.migrations import Chain
    from .persistence.uow import Database
    from .plugins.hooks import Hooks
    from .plugins.lifecycle import PluginStatus
    from .plugins.services import Services
    from .plugins.switches import Switches
    from .records.lifecycle import Trash
    from .records.resources import Resource
    from .secrets import Keys
    from .settings import Settings
    from .storage import FileStore


@dataclass(slots=True)
class Kernel:
    """Everything that runs, each thing once.

    Arguments:
        settings, clock, keys, mail, files, db: as they are called.
        plugins: the state of every known plugin, in order of start.
        hooks, services, switches: between kernel and plugins.
        access: decides who may do what.
        resources, event_types: by name.
        trash: trash and restore.
        dispatcher: delivers events.
        blueprints: `(plugin id, blueprint)` in order of start.
        commands: `(plugin id, command)`.
        health_checks: what `/health/ready` asks.
        chains: migrations, kernel first.
    """

    settings: Settings
    clock: Clock
    keys: Keys
    mail: Mailer
    files: FileStore
    db: Database
    plugins: dict[str, PluginStatus]
    hooks: Hooks
    services: Services
    switches: Switches
    access: Access
    resources: Mapping[str, Resource]
    event_types: Mapping[str, EventType]
    trash: Trash
    dispatcher: Dispatcher
    chains: list[Chain]
    blueprints: list[tuple[str, Any]] = field(default_factory=list)
    commands: list[tuple[str, Any]] = field(default_factory=list)
    health_checks: list[HealthCheck] = field(default_factory=list)

    def close(self) -> None:
        """Deliver what waits and let go of the database."""
        self.dispatcher.stop()
        self.db.engines.dispose()
