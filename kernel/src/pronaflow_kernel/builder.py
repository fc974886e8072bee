"""One attempt to build the kernel from what the plugins contribute, as plain data, checked piece by piece."""

from __future__ import annotations

import logging
from typing import Any

from sqlalchemy import select

from .access.authorize import Access
from .access.containers import Containers
from .access.permissions import Permission, load_permissions
from .clock import Clock
from .events.dispatch import Dispatcher
from .events.types import EventType
from .health import HealthCheck
from .identity.events import IDENTITY_EVENTS
from .kernel import Kernel
from .mail import Mailer, mailer_from
from .persistence.base import check_tables, tenant_tables
from .persistence.engines import Engines
from .persistence.migrations import Chain
from .persistence.uow import Database
from .plugins.base import Context, Plugin
from .plugins.discovery import Candidate
from .plugins.hooks import Hooks
from .plugins.lifecycle import Contribution, PluginFault, PluginStatus
from .plugins.services import Services
from .plugins.switches import Switches
from .records.lifecycle import Trash
from .records.resources import Resource
from .secrets import keys_from
from .settings import Settings
from .storage import file_store_from
from .tenancy.events import TENANCY_EVENTS

_PING = select(1)


class Culprit(Exception):
    """A plugin's code raised while the kernel was built."""

    def __init__(self, plugin_id: str, phase: str, error: Exception) -> None:
        super().__init__(plugin_id)
        self.plugin_id, self.phase, self.error = plugin_id, phase, error


class Builder:
    """One attempt: takes the plugins' contributions one by one and makes the kernel of them."""

    def __init__(
        self, settings: Settings, clock: Clock, engines: Engines, chains: list[Chain], mail: Mailer | None
    ) -> None:
        self.settings, self.clock, self.chains = settings, clock, chains
        self.dispatcher = Dispatcher(lambda plugin_id: self.switches.active(plugin_id))
        self.db = Database(engines, clock, self.dispatcher.committed)
        self.switches = Switches(self.db, clock, frozenset(settings.plugins.disabled))
        self.hooks = Hooks(self.switches.active)
        self.services = Services()
        self.mail, self.files = mail or mailer_from(settings, clock), file_store_from(settings)
        self.permissions: dict[str, Permission] = {p.name: p for p in load_permissions(__package__)}
        self.resources: dict[str, Resource] = {}
        self.event_types: dict[str, EventType] = {t.name: t for t in (*IDENTITY_EVENTS, *TENANCY_EVENTS)}
        self.access = Access(self.permissions, None, None)
        self.trash = Trash(self.resources)
        self.tenant_tables: set[str] = set()
        self.contributions: list[tuple[str, Contribution]] = []

    def add(self, plugin_id: str, plugin: Plugin, candidate: Candidate) -> None:
        """Set a plugin up and take what it contributes.

        Raises:
            Culprit: anything in it raised.
        """
        phase = "setup"
        try:
            self.hooks.register(plugin_id, plugin)
            plugin.setup(self._context(plugin_id))
            if hasattr(plugin, "provide_models"):
                phase = "provide_models"
                metadata = plugin.provide_models()
                check_tables(metadata)
                self.tenant_tables |= tenant_tables(metadata)
            contribution = Contribution(plugin)
            for phase in _PROVIDED:
                answer = self.hooks.provide(plugin_id, f"provide_{phase}")
                if answer is not None:
                    setattr(contribution, phase, answer)
            phase = "collect"
            self._take(plugin_id, contribution, candidate)
        except Exception as error:
            raise Culprit(plugin_id, phase, error) from error
        self.contributions.append((plugin_id, contribution))

    def _context(self, plugin_id: str) -> Context:
        return Context(
            plugin_id=plugin_id,
            settings=self.settings.extra.get(plugin_id),
            public_url=self.settings.public_url.rstrip("/"),
            services=self.services,
            access=self.access,
            hooks=self.hooks,
            db=self.db,
            trash=self.trash,
            mail=self.mail,
            files=self.files,
            clock=self.clock,
            log=logging.getLogger(f"pronaflow.plugin.{plugin_id}"),
        )

    def _take(self, plugin_id: str, contribution: Contribution, candidate: Candidate) -> None:
        """Check a contribution as plain data and enter it.

        Raises:
            PluginFault: it breaks the contract.
        """
        for permission in contribution.permissions:
            _claim(self.permissions, permission.name, permission, "permission")
        for resource in contribution.resources:
            _claim(self.resources, resource.name, resource, "resource type")
        for event_type in contribution.event_types:
            _claim(self.event_types, event_type.name, event_type, "event type")
        for protocol, service in contribution.services.items():
            self.services.publish(plugin_id, protocol, service)
        for blueprint in contribution.blueprints:
            self._check_routes(plugin_id, blueprint)
        declared = set(candidate.manifest.commands) if candidate.manifest else set()
        if declared != {command.name for command in contribution.commands}:
            raise PluginFault("the commands in plugin.toml differ from those of provide_commands")

    def _check_routes(self, plugin_id: str, blueprint: Any) -> None:
        """Every route declares a permission that exists (architecture.md 4)."""
        declared = getattr(blueprint, "declared", None)
        if declared is None or len(declared) != len(blueprint.deferred_functions):
            raise PluginFault(
                f"blueprint {blueprint.name!r} has a route without a declared permission: "
                "use pronaflow_kernel.api.Blueprint and its endpoint()"
            )
        for name, route in declared.items():
            if route.permission != "public" and route.permission not in self.permissions:
                raise PluginFault(f"route {name} demands {route.permission!r}, which nobody provides")
            for resource, _ in route.target.names:
                if resource != "workspace" and resource not in self.resources:
                    raise PluginFault(f"route {name} is aimed at {resource!r}, which is no resource type")

    def kernel(self, statuses: dict[str, PluginStatus]) -> Kernel:
        """The finished kernel."""
        self.access.containers = self.services.get(Containers)
        if self.hooks.objects_to_permissions:
            self.access.objections = self.hooks.check_permission
        subscribers = [(i, s) for i, c in self.contributions for s in c.subscribers]
        self.dispatcher.attach(self.db, subscribers)
        kernel = Kernel(
            settings=self.settings,
            clock=self.clock,
            keys=keys_from(self.settings),
            mail=self.mail,
            files=self.files,
            db=self.db,
            plugins=statuses,
            hooks=self.hooks,
            services=self.services,
            switches=self.switches,
            access=self.access,
            resources=self.resources,
            event_types=self.event_types,
            trash=self.trash,
            dispatcher=self.dispatcher,
            chains=self.chains,
            blueprints=[(i, b) for i, c in self.contributions for b in c.blueprints],
            commands=[(i, command) for i, c in self.contributions for command in c.commands],
        )
        kernel.health_checks = [
            HealthCheck("database", lambda: _ask(self.db)),
            *(check for _, c in self.contributions for check in c.health_checks),
        ]
        return kernel


_PROVIDED = (
    "permissions",
    "resources",
    "event_types",
    "services",
    "subscribers",
    "blueprints",
    "commands",
    "health_checks",
)


def _claim(taken: dict[str, Any], name: str, value: Any, what: str) -> None:
    if name in taken:
        raise PluginFault(f"{what} {name!r} exists already")
    taken[name] = value


def _ask(db: Database) -> None:
    with db.engines.read.connect() as connection:
        connection.scalar(_PING)
