"""One attempt to build the kernel from what the plugins contribute, as plain data, checked piece by piece."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import SelectBase, Table, select
from sqlalchemy.sql import visitors

from .access.authorize import Access
from .access.containers import Containers
from .access.permissions import Permission, load_permissions
from .attribution import as_kernel, contained
from .clock import Clock
from .contributions import ASKED, check_blueprint, contributed
from .egress.client import Egress, Resolver
from .events.audit import AuditReads
from .events.live import Live
from .events.public import EVENT
from .events.reading import LedgerReads
from .events.types import EventType
from .health import HealthCheck, Remembered, run_checks
from .identity.events import IDENTITY_EVENTS
from .identity.leaving.personal import PersonalData
from .identity.mfa.events import MFA_EVENTS
from .identity.oidc.events import OIDC_EVENTS
from .ids import new_id
from .jobs.actors import ledger
from .jobs.alive import Alive
from .jobs.bus import Bus
from .jobs.claims import Claims
from .jobs.enqueue import Jobs
from .jobs.occurrences import Scheduler
from .jobs.operations.operations import JOB
from .jobs.probes import background_checks
from .jobs.readings import Readings
from .jobs.runner import Runner
from .jobs.sealed import SealedJobs
from .jobs.types import JobType
from .jobs.works import CORE, Work, Works
from .kernel import Kernel
from .mail import Mailer, mailer_from
from .own_work import own_work
from .persistence.base import tenant_tables
from .persistence.database import Database
from .persistence.engines import Engines
from .persistence.grants import Grants
from .persistence.migrations import Chain
from .persistence.uow import Rules
from .plugins.base import Context, Plugin
from .plugins.discovery import Candidate
from .plugins.guard import Guard
from .plugins.hooks import Hooks, UnfitAnswer
from .plugins.indexes import Indexes
from .plugins.installed import InstalledPlugins
from .plugins.lifecycle import Contribution, PluginFault, PluginStatus
from .plugins.manifest import Manifest
from .plugins.services import Services
from .plugins.switches import Switches
from .plugins.truth import absent_hooks, differences, unknown_scopes
from .post import Post
from .preferences.events import PREFERENCE_EVENTS
from .preferences.preferences import Preferences
from .records.archive import Archive
from .records.events import purged
from .records.lifecycle import TRASH_ITEM, Trash
from .records.resources import Resource
from .secrets import PluginSecrets, keys_from
from .settings import Settings
from .storage.files import Files
from .storage.store import FileStore
from .tenancy.events import TENANCY_EVENTS
from .texts.texts import Texts

_PING = select(1)


class Culprit(Exception):
    """A plugin's code raised while the kernel was built."""

    def __init__(self, plugin_id: str, phase: str, error: BaseException) -> None:
        super().__init__(plugin_id)
        self.plugin_id, self.phase, self.error = plugin_id, phase, error


class Builder:
    """One attempt: takes the plugins' contributions one by one and makes the kernel of them.

    Arguments:
        statuses: of all installed plugins; `grants`: what the statements of plugins may touch.
        chains: migrations, kernel first; `mail`: sends mails instead of what the settings say.
        store: where files are; `resolve`: answers instead of the system's resolver.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        engines: Engines,
        chains: list[Chain],
        statuses: dict[str, PluginStatus],
        grants: Grants,
        mail: Mailer | None,
        store: FileStore,
        resolve: Resolver | None,
    ) -> None:
        self.settings, self.clock, self.chains = settings, clock, chains
        self.keys = keys_from(settings)
        self.statuses, self.grants = statuses, grants
        self.permissions: dict[str, Permission] = {p.name: p for p in load_permissions(__package__)}
        self.resources: dict[str, Resource] = {each.name: each for each in (JOB, EVENT, TRASH_ITEM)}
        self.resource_owners: dict[str, str] = {}
        own = (*IDENTITY_EVENTS, *MFA_EVENTS, *OIDC_EVENTS, *TENANCY_EVENTS, *PREFERENCE_EVENTS)
        self.event_types: dict[str, EventType] = {t.name: t for t in own}
        self.guard = Guard(lambda *where: self.switches.active(*where), clock, settings.plugins)
        self.bus = self._bus(engines)
        self.job_types: dict[str, JobType] = {}
        rules = Rules(self.event_types, self.guard.is_on, self.job_types)
        background = replace(engines, write=engines.background)
        self.background = Database(background, clock, self.bus.committed, rules)
        self.db = Database(engines, clock, self.bus.committed, rules)
        manifests = {i: s.manifest for i, s in statuses.items() if s.manifest is not None}
        self.switches = Switches(self.db, clock, frozenset(settings.plugins.disabled), manifests)
        self.hooks = Hooks(self.guard)
        self.services = Services(self.switches.active)
        self.jobs = Jobs(CORE, self.job_types)
        self.sealed = SealedJobs(self.jobs, self.keys)
        mailer = mail or mailer_from(settings, clock)
        self.mail = Post(mailer, self.sealed, self.background, self.keys, clock)
        self.store = store
        self.egress = Egress(settings, resolve)
        self.access = Access(self.permissions, None, None, self.switches.active)
        self.purged: dict[str, EventType] = {}
        self.trash = Trash(
            self.resources, self.resource_owners, self.purged, self.hooks.pick_trash_policy, self.guard.is_on
        )
        self.archive = Archive(self.resources, self.resource_owners, self.trash)
        self.access.archived = self.archive.archived
        self.ledger = LedgerReads(self.access, self.event_types)
        self.audit = AuditReads(self.access, self.event_types)
        self.personal_data = PersonalData()
        self.installed = InstalledPlugins(Indexes(settings, self.egress))
        self.preferences = Preferences(settings.locale)
        self.texts = Texts()
        self.texts.add(CORE, __package__)
        own_checks = background_checks(engines.read, self.bus, clock, settings)
        self.health_checks: dict[str, tuple[str | None, HealthCheck]] = {
            "database": (None, HealthCheck("database", lambda: _ask(self.db))),
            **{check.name: (None, check) for check in own_checks},
            "files": (None, HealthCheck("files", store.check)),
            "email": (None, HealthCheck("email", Remembered(mailer.check, clock))),
        }
        self.tenant_tables: set[str] = set()
        self.contributions: dict[str, Contribution] = {}
        self.contexts: dict[str, Context] = {}

    def _bus(self, engines: Engines) -> Bus:
        worker_id, lease = new_id(), timedelta(seconds=self.settings.jobs.lease_seconds)
        alive = Alive(self.settings.data_dir / "workers", worker_id)
        return Bus(engines, self.clock, Claims(worker_id, lease), alive)

    def add(self, plugin_id: str, plugin: Plugin, candidate: Candidate) -> None:
        """Set a plugin up and take what it contributes.

        Raises:
            Culprit: anything in it raised.
        """
        phase, contribution = "provide_hookspecs", Contribution(plugin)
        try:
            manifest = candidate.manifest
            assert manifest is not None, "a plugin without a manifest is never loaded"
            self._publish_hooks(plugin_id, plugin, contribution)
            phase = "hooks"
            self.hooks.register(plugin_id, plugin, self._resting(manifest))
            phase = "texts"
            self.texts.add(plugin_id, candidate.package)
            phase = "setup"
            with contained(plugin_id):
                plugin.setup(self._context(plugin_id, manifest))
            for kind in ASKED:
                phase = f"provide_{kind}"
                answer = contributed(self.hooks, plugin_id, plugin, kind)
                if answer is not None:
                    setattr(contribution, kind, answer)
            phase = "collect"
            self._take(plugin_id, contribution, manifest)
            _refuse_undeclared(candidate.package, contribution)
        except Exception as error:
            raise Culprit(plugin_id, phase, error) from error
        self.contributions[plugin_id] = contribution

    def _publish_hooks(self, plugin_id: str, plugin: Plugin, contribution: Contribution) -> None:
        """Take the specifications of the plugin's own hooks."""
        if hasattr(plugin, "provide_hookspecs"):
            with self.guard.watching(plugin_id, "provide_hookspecs"):
                contribution.hookspecs = plugin.provide_hookspecs()
            self.hooks.publish(plugin_id, contribution.hookspecs)

    def _resting(self, manifest: Manifest) -> list[str]:
        """Names of the hooks that a plugin implements for plugins that are not there."""
        return sorted(hook.partition(":")[2] for hook in absent_hooks(manifest, self.contributions))

    def _context(self, plugin_id: str, manifest: Manifest) -> Context:
        self.grants.allow(plugin_id, manifest.reads)
        own_checks = [check for owner, check in self.health_checks.values() if owner is None]
        self.contexts[plugin_id] = Context(
            plugin_id=plugin_id,
            settings=self.settings.extra.get(plugin_id),
            public_url=self.settings.public_url.rstrip("/"),
            services=self.services.for_plugin(plugin_id, manifest.permissions),
            access=self.access,
            hooks=self.hooks,
            db=self.db,
            trash=self.trash,
            archive=self.archive,
            ledger=self.ledger,
            audit=self.audit,
            personal_data=self.personal_data,
            live=Live(plugin_id, self.db, self.guard.is_on, self.bus.placed),
            preferences=self.preferences,
            texts=self.texts.of(plugin_id),
            http=self.egress.for_plugin(plugin_id, manifest.network),
            secrets=PluginSecrets(self.keys, plugin_id),
            jobs=Jobs(plugin_id, self.job_types),
            mail=self.mail,
            health=as_kernel(partial(run_checks, own_checks)),
            files=Files(plugin_id, self.store, self.jobs, self.settings.files.denied),
            plugins=self.installed,
            later=self.bus.later,
            clock=self.clock,
            log=logging.getLogger(f"pronaflow.plugin.{plugin_id}"),
        )
        return self.contexts[plugin_id]

    def _take(self, plugin_id: str, contribution: Contribution, manifest: Manifest) -> None:
        """Check a contribution as plain data and enter it.

        Raises:
            PluginFault: it breaks the contract.
        """
        implemented = self.hooks.implemented(plugin_id)
        absent = absent_hooks(manifest, self.contributions)
        if found := differences(manifest, contribution, implemented, self.hooks.specs(), absent):
            raise PluginFault(f"plugin.toml differs from the code: {'; '.join(found)}")
        if contribution.models is not None:
            self.tenant_tables |= tenant_tables(contribution.models)
        for permission in contribution.permissions:
            _claim(self.permissions, permission.name, permission, "permission")
            self.access.owners[permission.name] = plugin_id
        scopes = {permission.scope for permission in self.permissions.values()}
        if unknown := unknown_scopes(manifest, scopes):
            raise PluginFault(
                f"plugin.toml: `permissions` names {', '.join(unknown)}, which no permission has for a scope"
            )
        for resource in contribution.resources:
            if faults := resource.faults(self.permissions):
                raise PluginFault(f"resource type {resource.name!r} {'; '.join(faults)}")
            _claim(self.resources, resource.name, resource, "resource type")
            if resource.keeps_trash:
                told = self.purged[resource.name] = purged(resource)
                _claim(self.event_types, told.name, told, "event type")
            self.resource_owners[resource.name] = plugin_id
        for event_type in contribution.event_types:
            _claim(self.event_types, event_type.name, event_type, "event type")
        for protocol, service in contribution.services.items():
            self.services.publish(plugin_id, protocol, service)
        if Containers in contribution.services:
            self._open_containers()
        for check in contribution.health_checks:
            _claim(self.health_checks, check.name, (plugin_id, check), "health check")
        for blueprint in contribution.blueprints:
            check_blueprint(plugin_id, blueprint, self.permissions, self.resources)

    def kernel(self) -> Kernel:
        """The finished kernel."""
        if self.hooks.is_implemented("check_permission"):
            self.access.objections = self.hooks.check_permission
        self._assembled()
        kernel = self._kernel()
        self.personal_data.attach(kernel)
        self.installed.attach(kernel)
        brought = ((i, work) for i, c in self.contributions.items() for work in (*c.subscribers, *c.jobs))
        works = Works(Work(*each) for each in (*((CORE, work) for work in own_work(kernel)), *brought))
        self.job_types.update(works.job_types)
        runner = Runner(self.background, self.guard, works, self.event_types, self._installed, self.clock)
        readings = Readings(self.background, self.guard, self.event_types, self.clock)
        known = frozenset({CORE, *self.contributions})
        engines, installed = self.background.engines, self._installed
        scheduler = Scheduler(engines, self.clock, runner.is_on, known.__contains__, installed)
        self.bus.attach(runner, readings, scheduler)
        return kernel

    def _assembled(self) -> None:
        """Let each plugin look at what the others answer to the hooks of its own.

        Raises:
            Culprit: it raised, or another plugin's answer is not fit.
        """
        for plugin_id, contribution in self.contributions.items():
            try:
                with contained(plugin_id):
                    contribution.plugin.on_assembled(self.event_types)
            except UnfitAnswer as unfit:
                raise Culprit(unfit.plugin_id, unfit.hook, unfit.error) from unfit
            except Exception as error:
                raise Culprit(plugin_id, "on_assembled", error) from error

    def _kernel(self) -> Kernel:
        return Kernel(
            settings=self.settings,
            clock=self.clock,
            keys=self.keys,
            mail=self.mail,
            store=self.store,
            egress=self.egress,
            db=self.db,
            plugins=self.statuses,
            installed=self.installed,
            contributions=self.contributions,
            contexts=self.contexts,
            guard=self.guard,
            hooks=self.hooks,
            services=self.services,
            switches=self.switches,
            access=self.access,
            resources=self.resources,
            resource_owners=self.resource_owners,
            event_types=self.event_types,
            trash=self.trash,
            archive=self.archive,
            preferences=self.preferences,
            texts=self.texts,
            jobs=self.jobs,
            sealed=self.sealed,
            bus=self.bus,
            chains=self.chains,
            health_checks=list(self.health_checks.values()),
        )

    def _installed(self, plugin_id: str) -> bool:
        return plugin_id in self.statuses

    def _open_containers(self) -> None:
        """Let the owner of containers decide; the tables by which it does so may be read in every list."""
        containers = self.access.containers = self.services.lasting(Containers)
        visible = containers.visible() if containers is not None else None
        if not isinstance(visible, SelectBase):
            raise PluginFault(f"Containers.visible() answers {type(visible).__name__} where a SELECT must be")
        parts = visitors.iterate(visible)
        self.grants.share(str(part.name) for part in parts if isinstance(part, Table))


def _refuse_undeclared(package: str, contribution: Contribution) -> None:
    """An actor that is no job could be sent, and nobody would do it."""
    if names := ledger().undeclared(package, contribution.jobs):
        each = ", ".join(f"actor_job({name})" for name in names)
        raise PluginFault(f"the actors {', '.join(names)} are no jobs: answer {each} in provide_jobs")


def _claim(taken: dict[str, Any], name: str, value: Any, what: str) -> None:
    if name in taken:
        raise PluginFault(f"{what} {name!r} exists already")
    taken[name] = value


def _ask(db: Database) -> None:
    with db.engines.read.connect() as connection:
        connection.scalar(_PING)
