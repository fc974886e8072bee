"""The switches as the command line throws them: with settings, database and manifests, and no plugin's code.

A plugin that keeps the server from starting must be switchable, so nothing is put together to throw a switch.
Only who is switched on may want to hear of it (`Plugin.on_enable`): then the server is put together
afterwards, and where that is impossible the plugin does not hear of it, which the operator is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ..assembly import CORE_CHAIN
from ..clock import SystemClock
from ..persistence.database import Database
from ..persistence.engines import open_engines
from ..persistence.migrations import status
from ..plugins.switches import Switches
from ..plugins.switching import MustFollow, Thrown, tell, throw
from ..settings import Settings
from .failures import ExitCode, Failure, unknown_plugin
from .installed import NO_DATABASE, assembled, database_missing, survey
from .output import note
from .state import State


@dataclass(frozen=True, slots=True)
class Switchboard:
    """What it takes to throw a switch.

    Arguments:
        settings: of the kernel.
        db: the database, in which no plugin has a part.
        switches: of all installed plugins.
        known: their ids, those without a readable manifest among them.
    """

    settings: Settings
    db: Database
    switches: Switches
    known: frozenset[str]

    def throw(self, plugin: str, enabled: bool, workspace: str | None, cascade: bool) -> list[Thrown]:
        """See `plugins.switching.throw`.

        Raises:
            Failure: there is no such plugin, or others must follow.
            KernelError: another rule is in the way.
        """
        if plugin not in self.known:
            raise unknown_plugin(plugin, self.known)
        place = self.settings.sources.get("plugins.disabled", "plugins.disabled")
        try:
            return throw(
                self.db, self.switches, plugin, enabled, workspace_id=workspace, cascade=cascade, place=place
            )
        except MustFollow as error:
            them, way = "it" if len(error.plugin_ids) == 1 else "them", "on" if enabled else "off"
            raise Failure(f"{error.message}; --cascade switches {them} {way} too") from error


@contextmanager
def switchboard(state: State) -> Iterator[Switchboard]:
    """The switches over the database that the settings name.

    Raises:
        Failure: there is no database, or its tables are not as this kernel expects.
    """
    settings = state.settings()
    if database_missing(settings.database_url):
        raise Failure(NO_DATABASE)
    engines = open_engines(settings.database_url, threads=1)
    try:
        [core] = status(engines.read, [CORE_CHAIN])
        if core.pending or core.ahead:
            raise Failure(core.words, ExitCode.START_REFUSED)
        clock, statuses = SystemClock(), survey(settings.plugins.disabled)
        db = Database(engines, clock, lambda _events, _actions: None)
        manifests = {i: each.manifest for i, each in statuses.items() if each.manifest is not None}
        switches = Switches(db, clock, frozenset(settings.plugins.disabled), manifests)
        yield Switchboard(settings, db, switches, frozenset(statuses))
    finally:
        engines.dispose()


def welcome(state: State, thrown: Sequence[Thrown], workspace: str | None) -> None:
    """Tell plugins that were switched on, and the operator which of them do not run all the same."""
    kernel, words = assembled(state)
    if kernel is None:
        note(f"Whether it runs now is not known, and it was not told that it is on. {words}")
        return
    for plugin, error in tell(kernel, thrown, workspace).items():
        note(f"{plugin} is on, but it failed when it was told so: {error}")
    for each in thrown:
        status = kernel.plugins[each.plugin_id]
        if status.state != "ready":
            note(f"{status.id} does not run all the same, it is {status.state}: {status.reason}")
