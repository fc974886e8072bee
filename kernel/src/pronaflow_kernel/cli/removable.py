"""The plugin whose data is taken out or brought back, and the rules on when that may be.

A plugin's data goes only when nothing needs it any more:

- It is switched off, by its switch or the settings, or its code is gone; so no server calls it. The switch
  stays off after the data has gone, since servers that run have the code in memory until they are restarted.
- No table of another plugin has a foreign key to its tables, whether that plugin is installed or not.
- No installed plugin requires it, directly or through others, but for those that are switched off themselves
  or have no tables: the former were stopped by an operator who knew, the latter have nothing to lose.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from importlib.machinery import PathFinder
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..assembly import CORE_CHAIN
from ..clock import SystemClock
from ..persistence.bundles import Bundle, refuse_filled
from ..persistence.database import Database
from ..persistence.engines import open_engines
from ..persistence.holdings import count, look, revisions
from ..persistence.migrations import status
from ..persistence.removal import refuse_referred, refuse_unreadable
from ..plugins.discovery import discover
from ..plugins.lifecycle import PluginStatus
from ..plugins.switches import LIVE, Switches
from ..settings import Settings, describe, load
from .failures import Failure, unknown_plugin
from .installed import chain_of, database_missing, requirements, survey
from .output import note
from .state import State


class Removable:
    """The database, and what is installed, as far as it matters to one plugin.

    Arguments:
        plugin: its id.
        settings: of the kernel.
        state: of the command.
    """

    def __init__(self, plugin: str, settings: Settings, state: State) -> None:
        self.plugin, self._settings, self._state = plugin, settings, state
        self.statuses: Mapping[str, PluginStatus] = survey(settings.plugins.disabled)
        self._engines = open_engines(settings.database_url, threads=1)
        self.engine = self._engines.write
        self._db = Database(self._engines, SystemClock(), lambda _events, _actions: None)

    def close(self) -> None:
        """Let go of the database."""
        self._engines.dispose()

    def rows(self) -> dict[str, int]:
        """How many rows each of the plugin's tables has."""
        with self._engines.read.connect() as connection:
            return {held.name: count(connection, held.name) for held in look(connection, self.plugin).tables}

    def refuse_to_uninstall(self, folder: Path | None, disable: bool) -> None:
        """Hold the plugin to the rules.

        Arguments:
            folder: of the bundle, if there is to be one.
            disable: whether the plugin may be switched off for it.

        Raises:
            Failure, BundleError: its data is needed, or cannot be kept.
        """
        with self._engines.read.connect() as connection:
            holdings = look(connection, self.plugin)
        if holdings.empty and self.plugin not in self.statuses:
            raise unknown_plugin(self.plugin, {*self.statuses, *self._with_tables()})
        refuse_referred(holdings)
        self._refuse_dependants()
        self._refuse_while_on(disable)
        if folder is not None:
            refuse_filled(folder)
            refuse_unreadable(holdings)

    def refuse_behind(self, plugin_ids: list[str]) -> None:
        """Refuse to go on while tables of the kernel or of these plugins are not as their code expects."""
        chains = [CORE_CHAIN, *(chain_of(self.statuses[each]) for each in plugin_ids)]
        for found in status(self._engines.read, chains):
            if found.pending or found.ahead:
                raise Failure(found.words)

    def _refuse_dependants(self) -> None:
        """Refuse while installed plugins stand on this one, but for those that have nothing to lose."""
        off, stored = self._switches().off(), self._with_tables()
        held = [
            each
            for each in self.statuses
            if self.plugin in requirements(self.statuses, each) and each not in off and each in stored
        ]
        if held:
            words = f"{', '.join(held)} {'requires' if len(held) == 1 else 'require'} {self.plugin}"
            raise Failure(f"{words}: uninstall them first, or switch them off (pronaflow plugins disable)")

    def _refuse_while_on(self, disable: bool) -> None:
        """Refuse while servers may call the plugin, unless it is to be switched off now."""
        if self.plugin in self.statuses and not disable and self._switches().active(self.plugin):
            raise Failure(
                f"{self.plugin} is switched on: pronaflow plugins disable {self.plugin} comes first, "
                "or say --disable"
            )

    def switch_off(self) -> None:
        """Make sure of the switch, whatever the settings say: servers that run may not know them yet."""
        if self.plugin in self.statuses and not self._is_thrown():
            self._switches().set(self.plugin, False)
            time.sleep(LIVE.total_seconds())

    def about(self) -> tuple[Bundle, str | None]:
        """What a bundle says of the plugin, and the text of its manifest, where it can be read."""
        status = self.statuses.get(self.plugin)
        bundle = Bundle(
            plugin=self.plugin,
            distribution=status.candidate.distribution if status else None,
            version=status.candidate.version if status else None,
            revision=None,
            kernel=version("pronaflow-kernel"),
            taken_at=SystemClock().now().isoformat(timespec="seconds").replace("+00:00", "Z"),
            database=self.engine.dialect.name,
            settings=_section(self._state, self.plugin),
        )
        return bundle, _manifest(status.candidate.package) if status else None

    def restorable(self, bundle: Bundle) -> PluginStatus:
        """The installed plugin that takes the data.

        Raises:
            Failure: it is not installed, cannot run, or misses what it stands on.
        """
        status = self.statuses.get(bundle.plugin)
        if status is None:
            wanted = bundle.distribution or f"pronaflow-{bundle.plugin}"
            pinned = f"{wanted}=={bundle.version}" if bundle.version else wanted
            raise Failure(f"{bundle.plugin} is not installed: pip install {pinned} brings its code")
        if status.state not in ("ready", "disabled"):
            raise Failure(f"{bundle.plugin} is {status.state}: {status.reason}")
        needed = sorted(requirements(self.statuses, bundle.plugin))
        if absent := [each for each in needed if each not in self.statuses]:
            raise Failure(f"{bundle.plugin} requires {', '.join(absent)}, which is not installed")
        self.refuse_behind(needed)
        if bundle.distribution not in (None, status.candidate.distribution):
            note(f"The data comes from {bundle.distribution}, installed is {status.candidate.distribution}")
        return status

    def after_uninstall(self, about: Bundle) -> list[str]:
        """What is left to do, each as a command or a sentence."""
        if about.distribution is None:
            return []
        return [f"pip uninstall {about.distribution}", "restart the servers"]

    def after_restore(self) -> list[str]:
        """What is left to do; running servers are told that switches in workspaces may have come back."""
        off = self._is_thrown()
        self._switches().set(self.plugin, not off)
        return ["restart the servers", *([f"pronaflow plugins enable {self.plugin}"] if off else [])]

    def _with_tables(self) -> set[str]:
        """Ids of the plugins that have tables, installed or not."""
        with self._engines.read.connect() as connection:
            return revisions(connection).keys() - {CORE_CHAIN.id}

    def _is_thrown(self) -> bool:
        """Whether the plugin is off by its switch in the database."""
        return not Switches(self._db, SystemClock(), frozenset(), {}).active(self.plugin)

    def _switches(self) -> Switches:
        """The switches as they are now, with what the settings keep off; without what follows from others."""
        return Switches(self._db, SystemClock(), frozenset(self._settings.plugins.disabled), {})


@contextmanager
def removable(state: State, plugin: str) -> Iterator[Removable]:
    """The place of a plugin; its section in the settings may be there still when its code is not.

    Raises:
        Failure: there is no database, or it is behind the kernel.
    """
    if plugin == CORE_CHAIN.id:
        raise Failure("core is the kernel itself, which is nothing without its tables")
    installed = {candidate.id for candidate in discover()}
    settings = load(state.config, known_sections=installed | {plugin})
    if database_missing(settings.database_url):
        raise Failure("There is no database yet; pronaflow quickstart or pronaflow db upgrade makes one")
    with closing(Removable(plugin, settings, state)) as place:
        place.refuse_behind([])
        yield place


def _section(state: State, plugin: str) -> dict[str, Any]:
    """The plugin's settings by dotted name, secrets masked; all of them where its code cannot tell which."""
    known = {candidate.id: candidate for candidate in discover()}
    try:
        made = known[plugin].entry_point.load()()
        extra = {plugin: section} if (section := made.provide_settings()) is not None else {}
        settings = load(state.config, extra=extra, known_sections=known.keys() - extra.keys())
    except (Exception, SystemExit):  # it has none, is broken or gone: what is to be uninstalled often is
        settings = load(state.config, known_sections={*known, plugin})
    return {line.name: line.value for line in describe(settings) if line.name.startswith(f"{plugin}.")}


def _manifest(package: str) -> str | None:
    """The text of a `plugin.toml`, found without importing its package; None where it cannot be read."""
    spec = PathFinder.find_spec(package)
    try:
        folder = next(iter((spec and spec.submodule_search_locations) or ()))
        return Path(folder, "plugin.toml").read_text(encoding="utf-8")
    except (StopIteration, OSError, UnicodeDecodeError):
        return None
