"""Putting the application together in two phases.

*Collect* finds the plugins, imports them and takes what they contribute, as plain data. *Build* makes the
kernel (`builder`) and the Flask application (`web.app`) from what passed. Flask cannot take anything back, so
a plugin that fails is marked with its reason and everything is built again without it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from .attribution import contained
from .builder import Builder, Culprit
from .clock import Clock, SystemClock
from .egress.client import Resolver
from .jobs.actors import ledger
from .kernel import Kernel
from .mail import Mailer
from .models import CoreBase
from .persistence.base import tenant_tables
from .persistence.engines import Engines, open_engines
from .persistence.grants import Grants
from .persistence.migrations import Chain, MigrationError, status, upgrade
from .plugins.base import Plugin
from .plugins.discovery import Candidate, discover, first_party
from .plugins.lifecycle import PluginFault, PluginStatus, failed
from .plugins.order import blocked_by
from .plugins.survey import reasons, survey
from .settings import Settings, load
from .settings.checking import check_section
from .storage.place import file_store_from
from .storage.store import FileStore
from .tenancy.rule import install

if TYPE_CHECKING:
    from .jobs.bells import RedisBell

log = logging.getLogger("pronaflow.assembly")

Face = Callable[[Kernel], Any]
"""Builds something over the kernel and raises `Culprit` where a plugin's part does not fit into it."""

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
        resolve: answers instead of the system's resolver (tests).
        face: is built over the kernel, as part of every attempt.
    """

    def __init__(
        self,
        settings: Settings,
        reload: Callable[[dict[str, type]], Settings],
        clock: Clock,
        candidates: Sequence[Candidate],
        migrate: bool,
        mail: Mailer | None,
        resolve: Resolver | None,
        face: Face | None,
    ) -> None:
        self._settings = settings
        self._mail = mail
        self._resolve = resolve
        self._face = face
        self._reload = reload
        self._clock = clock
        self._migrate = migrate
        self._candidates = {candidate.id: candidate for candidate in candidates}
        self._statuses: dict[str, PluginStatus] = {}
        self._loaded: dict[str, Plugin] = {}
        self._tenant_tables = tenant_tables(CoreBase.metadata)
        self._grants = Grants()

    def run(self) -> Kernel:
        """The kernel with every plugin that can run.

        Raises:
            StartRefused: the database is behind or ahead of the kernel, or a failure must abort the start.
        """
        order = self._collect()
        engines = open_engines(self._settings.database_url, threads=self._settings.server.threads)
        for engine in {engines.read, engines.write, engines.background}:
            install(engine, self._tenant_tables, self._grants)
        try:
            kernel = self._build_what_runs(engines, order)
            self._abort_if_demanded(kernel)
            kernel.bus.bell = self._bell()
        except BaseException:
            engines.dispose()
            raise
        return kernel

    def _bell(self) -> RedisBell | None:
        """What wakes the workers of other processes; None where there is only one process."""
        if self._settings.redis_url is None:
            return None
        from .jobs.bells import bell_from

        try:
            return bell_from(self._settings.redis_url)
        except ModuleNotFoundError as error:
            words = "redis_url needs a library that is not installed: pip install 'pronaflow-kernel[redis]'"
            raise StartRefused(words) from error
        except ValueError as error:
            raise StartRefused(f"redis_url cannot be used: {error}") from error

    def _store(self) -> FileStore:
        try:
            return file_store_from(self._settings)
        except ValueError as error:
            raise StartRefused(str(error)) from error

    def _build_what_runs(self, engines: Engines, order: list[str]) -> Kernel:
        order = self._prepare_database(engines, order)
        while True:
            try:
                kernel = self._build(engines, order)
                if self._face is not None:
                    self._face(kernel)
                return kernel
            except Culprit as culprit:
                order = self._without(culprit.plugin_id, culprit.phase, culprit.error, order)

    def _collect(self) -> list[str]:
        """Sort out what cannot run, import the rest, load their settings; ids in order of start."""
        ledger()  # before a plugin is imported that has actors
        held = self._held_by_safe_mode() if self._settings.plugins.safe_mode else {}
        self._statuses = survey(list(self._candidates.values()), self._settings.plugins.disabled, held)
        order = [plugin_id for plugin_id, found in self._statuses.items() if found.state == "ready"]
        sections: dict[str, type] = {}
        for plugin_id in order:
            self._import(plugin_id, sections)
        self._settings = self._reload(sections)
        return self._without_blocked([i for i in order if i in self._loaded])

    def _held_by_safe_mode(self) -> dict[str, str]:
        """Why plugins rest in safe mode, by id."""
        ours = first_party()
        words = "safe mode starts first-party plugins only"
        return {i: words for i, candidate in self._candidates.items() if candidate.distribution not in ours}

    def _import(self, plugin_id: str, sections: dict[str, type]) -> None:
        candidate, phase, section = self._candidates[plugin_id], "import", None
        try:
            with contained(plugin_id):
                plugin = candidate.entry_point.load()()
                if not isinstance(plugin, Plugin):
                    raise PluginFault(f"{candidate.entry_point.value} is not a subclass of Plugin")
                if hasattr(plugin, "provide_settings"):
                    phase = "provide_settings"
                    section = plugin.provide_settings()
                if section is not None:
                    check_section(section)
                    sections[plugin_id] = section
        except Exception as error:
            log.exception("plugin %s failed in %s", plugin_id, phase)
            self._statuses[plugin_id] = failed(candidate, phase, error)
        else:
            self._loaded[plugin_id] = plugin

    def _without_blocked(self, order: list[str]) -> list[str]:
        """Leave out what requires something that is not in `order`, and say so."""
        kept: list[str] = []
        for plugin_id in order:
            manifest = self._candidates[plugin_id].manifest
            reason = blocked_by(manifest, set(kept), reasons(self._statuses)) if manifest else None
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

    def _without(self, plugin_id: str, phase: str, error: BaseException, order: list[str]) -> list[str]:
        """Mark a plugin as failed; the ids that can still run."""
        log.error("plugin %s failed in %s", plugin_id, phase, exc_info=error)
        self._statuses[plugin_id] = failed(self._candidates[plugin_id], phase, error)
        return self._without_blocked([i for i in order if i != plugin_id])

    def _build(self, engines: Engines, order: list[str]) -> Kernel:
        self._grants.forget()
        builder = Builder(
            self._settings,
            self._clock,
            engines,
            self._chains(order),
            self._statuses,
            self._grants,
            self._mail,
            self._store(),
            self._resolve,
        )
        for plugin_id in order:
            builder.add(plugin_id, self._loaded[plugin_id], self._candidates[plugin_id])
        self._tenant_tables |= builder.tenant_tables
        return builder.kernel()

    def _abort_if_demanded(self, kernel: Kernel) -> None:
        """Refuse where a failure counts; what an operator has switched off may be as broken as it likes."""
        bad = [status for status in kernel.states() if status.state not in ("ready", "disabled")]
        strict = self._settings.plugins.startup == "abort"
        demanded = [s for s in bad if strict or (s.manifest is not None and s.manifest.critical)]
        if demanded:
            words = "; ".join(f"{s.id} is {s.state}: {s.reason}" for s in demanded)
            raise StartRefused(f"the start is aborted because {words}")


def assemble(
    *,
    config: str | None = None,
    env: dict[str, str] | None = None,
    overrides: dict[str, Any] | None = None,
    clock: Clock | None = None,
    candidates: Sequence[Candidate] | None = None,
    migrate: bool = True,
    mail: Mailer | None = None,
    resolve: Resolver | None = None,
    face: Face | None = None,
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
        resolve: answers instead of the system's resolver (tests).
        face: is built over the kernel; `web.app.start` makes the Flask application so.

    Raises:
        SettingsError: with every fault in the settings.
        StartRefused: see `Assembly.run`.
    """
    found = discover() if candidates is None else list(candidates)
    ids = {candidate.id for candidate in found}

    def settings(sections: dict[str, type]) -> Settings:
        return load(config, env, overrides, extra=sections, known_sections=ids - sections.keys())

    return Assembly(settings({}), settings, clock or SystemClock(), found, migrate, mail, resolve, face).run()
