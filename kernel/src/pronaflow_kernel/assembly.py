"""Putting the application together in two phases.

*Collect* finds the plugins, imports them and takes what they contribute, as plain data. *Build* makes the
kernel (and `web.app` the Flask application) from what passed. Flask cannot take anything back, so a plugin
that fails is marked with its reason and everything is built again without it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select

from .access.authorize import Access
from .access.containers import Containers
from .access.permissions import Permission, load_permissions
from .clock import Clock, SystemClock
from .events.dispatch import Dispatcher
from .events.types import EventType
from .health import HealthCheck
from .identity.events import IDENTITY_EVENTS
from .kernel import Kernel
from .mail import Mailer, mailer_from
from .persistence.base import check_tables
from .persistence.engines import Engines, open_engines
from .persistence.migrations import Chain, MigrationError, status, upgrade
from .persistence.uow import Database
from .plugins.base import Context, Plugin
from .plugins.discovery import Candidate, discover
from .plugins.hooks import Hooks
from .plugins.lifecycle import (
    Contribution,
    PluginFault,
    PluginStatus,
    compatibility_fault,
    failed,
    requirement_fault,
)
from .plugins.order import blocked_by, start_order
from .plugins.services import Services
from .plugins.switches import Switches
from .records.lifecycle import Trash
from .records.resources import Resource
from .secrets import keys_from
from .settings import Settings, load
from .settings.checking import check_section
from .storage import file_store_from
from .tenancy.events import TENANCY_EVENTS
from .tenancy.rule import install

log = logging.getLogger("pronaflow.assembly")

_PING = select(1)

CORE_CHAIN = Chain("core", "pronaflow_kernel")


class StartRefused(Exception):
    """The server must not start; the message says why and what to do."""


class Assembly:
    """One attempt after another to put the kernel together, until no plugin fails.

    Arguments:
        reload: loads the settings again with the sections of plugins, `{id: dataclass}`.
        settings: as far as they are known without plugins.
        clock: tells the present.
        candidates: installed plugins.
        migrate: bring a SQLite database up to date first; PostgreSQL is never migrated at a start.
        mail: sends mails instead of what the settings say (tests).
    """

    def __init__(
        self,
        settings: Settings,
        reload: Callable[[dict[str, type]], Settings],
        clock: Clock,
        candidates: Sequence[Candidate],
        migrate: bool,
        mail: Mailer | None,
    ) -> None:
        self._settings = settings
        self._mail = mail
        self._reload = reload
        self._clock = clock
        self._migrate = migrate
        self._candidates = {candidate.id: candidate for candidate in candidates}
        self._statuses: dict[str, PluginStatus] = {}
        self._loaded: dict[str, Plugin] = {}

    def run(self) -> Kernel:
        """The kernel with every plugin that can run.

        Raises:
            StartRefused: the database is behind or ahead of the kernel, or a failure must abort the start.
        """
        order = self._collect()
        engines = open_engines(self._settings.database_url, threads=self._settings.server.threads)
        for engine in (engines.read, engines.write):
            install(engine)
        try:
            kernel = self._build_what_runs(engines, order)
            self._abort_if_demanded()
        except BaseException:
            engines.dispose()
            raise
        return kernel

    def _build_what_runs(self, engines: Engines, order: list[str]) -> Kernel:
        while True:
            order = self._prepare_database(engines, order)
            try:
                return self._build(engines, order)
            except _Culprit as culprit:
                order = self._without(culprit.plugin_id, culprit.phase, culprit.error, order)

    def _collect(self) -> list[str]:
        """Sort out what cannot run, import the rest, load their settings; ids in order of start."""
        for candidate in self._candidates.values():
            self._statuses[candidate.id] = self._first_look(candidate)
        runnable = {i: s.manifest for i, s in self._statuses.items() if s.state == "ready" and s.manifest}
        order, faults = start_order(runnable)
        for plugin_id, reason in faults.items():
            self._statuses[plugin_id] = PluginStatus(self._candidates[plugin_id], "blocked", reason)
        sections: dict[str, type] = {}
        for plugin_id in order:
            self._import(plugin_id, sections)
        self._settings = self._reload(sections)
        return self._without_blocked([i for i in order if i in self._loaded])

    def _first_look(self, candidate: Candidate) -> PluginStatus:
        """The status before any code of the plugin runs."""
        if candidate.id in self._settings.plugins.disabled:
            return PluginStatus(candidate, "disabled", "switched off by the settings")
        if candidate.fault is not None or candidate.manifest is None:
            return PluginStatus(candidate, "failed", f"manifest: {candidate.fault}")
        fault = compatibility_fault(candidate.manifest)
        if fault is not None:
            return PluginStatus(candidate, "incompatible", fault)
        versions = {other.id: other.version for other in self._candidates.values()}
        fault = requirement_fault(candidate.manifest, versions)
        if fault is not None:
            return PluginStatus(candidate, "blocked", fault)
        return PluginStatus(candidate, "ready")

    def _import(self, plugin_id: str, sections: dict[str, type]) -> None:
        candidate = self._candidates[plugin_id]
        try:
            plugin = candidate.entry_point.load()()
            if not isinstance(plugin, Plugin):
                raise PluginFault(f"{candidate.entry_point.value} is not a subclass of Plugin")
            if hasattr(plugin, "provide_settings") and (section := plugin.provide_settings()) is not None:
                check_section(section)
                sections[plugin_id] = section
        except (Exception, SystemExit) as error:
            log.exception("plugin %s cannot be imported", plugin_id)
            self._statuses[plugin_id] = failed(candidate, "import", error)
        else:
            self._loaded[plugin_id] = plugin

    def _without_blocked(self, order: list[str]) -> list[str]:
        """Leave out what requires something that is not in `order`, and say so."""
        kept: list[str] = []
        for plugin_id in order:
            manifest = self._candidates[plugin_id].manifest
            reasons = {i: f"is {s.state} ({s.reason})" for i, s in self._statuses.items()}
            reason = blocked_by(manifest, set(kept), reasons) if manifest else None
            if reason is None:
                kept.append(plugin_id)
            elif self._statuses[plugin_id].state == "ready":
                self._statuses[plugin_id] = PluginStatus(self._candidates[plugin_id], "blocked", reason)
        return kept

    def _prepare_database(self, engines: Engines, order: list[str]) -> list[str]:
        """Migrate where that is allowed; leave out plugins whose tables are not as their code expects."""
        while True:
            chains = self._chains(order)
            try:
                if self._migrate and engines.write.dialect.name == "sqlite":
                    upgrade(engines.write, chains)
                states = {state.id: state for state in status(engines.read, chains)}
                break
            except MigrationError as error:
                if error.chain is None or error.chain == "core":
                    raise StartRefused(str(error)) from error
                order = self._without(error.chain, "migrations", error, order)
        core = states.pop("core")
        if core.ahead or core.pending:
            raise StartRefused(core.words)
        for plugin_id, state in states.items():
            if state.ahead or state.pending:
                candidate = self._candidates[plugin_id]
                self._statuses[plugin_id] = PluginStatus(candidate, "pending", state.words)
                order = [i for i in order if i != plugin_id]
        return self._without_blocked(order)

    def _chains(self, order: list[str]) -> list[Chain]:
        return [CORE_CHAIN, *(Chain(i, self._candidates[i].package) for i in order)]

    def _without(self, plugin_id: str, phase: str, error: Exception, order: list[str]) -> list[str]:
        """Mark a plugin as failed; the ids that can still run."""
        log.error("plugin %s failed in %s", plugin_id, phase, exc_info=error)
        self._statuses[plugin_id] = failed(self._candidates[plugin_id], phase, error)
        return self._without_blocked([i for i in order if i != plugin_id])

    def _build(self, engines: Engines, order: list[str]) -> Kernel:
        builder = _Builder(self._settings, self._clock, engines, self._chains(order), self._mail)
        for plugin_id in order:
            builder.add(plugin_id, self._loaded[plugin_id], self._candidates[plugin_id])
        return builder.kernel(self._statuses)

    def _abort_if_demanded(self) -> None:
        bad = [s for s in self._statuses.values() if s.state not in ("ready", "disabled")]
        strict = self._settings.plugins.startup == "abort"
        demanded = [s for s in bad if strict or (s.manifest is not None and s.manifest.critical)]
        if demanded:
            words = "; ".join(f"{s.id} is {s.state}: {s.reason}" for s in demanded)
            raise StartRefused(f"the start is aborted because {words}")


class _Culprit(Exception):
    """A plugin's code raised while the kernel was built."""

    def __init__(self, plugin_id: str, phase: str, error: Exception) -> None:
        super().__init__(plugin_id)
        self.plugin_id, self.phase, self.error = plugin_id, phase, error


class _Builder:
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
        self.contributions: list[tuple[str, Contribution]] = []

    def add(self, plugin_id: str, plugin: Plugin, candidate: Candidate) -> None:
        """Set a plugin up and take what it contributes.

        Raises:
            _Culprit: anything in it raised.
        """
        phase = "setup"
        try:
            self.hooks.register(plugin_id, plugin)
            plugin.setup(self._context(plugin_id))
            if hasattr(plugin, "provide_models"):
                phase = "provide_models"
                check_tables(plugin.provide_models())
            contribution = Contribution(plugin)
            for phase in _PROVIDED:
                answer = self.hooks.provide(plugin_id, f"provide_{phase}")
                if answer is not None:
                    setattr(contribution, phase, answer)
            phase = "collect"
            self._take(plugin_id, contribution, candidate)
        except Exception as error:
            raise _Culprit(plugin_id, phase, error) from error
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


def assemble(
    *,
    config: str | None = None,
    env: dict[str, str] | None = None,
    overrides: dict[str, Any] | None = None,
    clock: Clock | None = None,
    candidates: Sequence[Candidate] | None = None,
    migrate: bool = True,
    mail: Mailer | None = None,
) -> Kernel:
    """The assembled kernel.

    Arguments:
        config: path of the settings file.
        env: the environment, by default the process's.
        overrides: settings from flags, by dotted name.
        clock: by default the machine's.
        candidates: plugins, by default all installed ones.
        migrate: bring a SQLite database up to date first.
        mail: sends mails instead of what the settings say (tests).

    Raises:
        SettingsError: with every fault in the settings.
        StartRefused: see `Assembly.run`.
    """
    found = discover() if candidates is None else list(candidates)
    ids = {candidate.id for candidate in found}

    def settings(sections: dict[str, type]) -> Settings:
        return load(config, env, overrides, extra=sections, known_sections=ids - sections.keys())

    return Assembly(settings({}), settings, clock or SystemClock(), found, migrate, mail).run()
