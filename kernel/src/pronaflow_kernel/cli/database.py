"""`pronaflow db`: where the database stands, and bringing it forward or back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from .failures import Failure, unknown_plugin
from .output import emit, json_option, note, progress, table
from .state import config_option, state_of

if TYPE_CHECKING:
    from ..persistence.chains import Chain, ChainStatus, Step
    from ..persistence.engines import Engines
    from ..plugins.lifecycle import PluginStatus

CORE = "core"
"""Id of the kernel's own chain."""


@click.group()
def db() -> None:
    """Show and run migrations of the database."""


@db.command()
@json_option
@config_option
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> None:
    """Show what is migrated and what is pending."""
    with _installation(ctx) as installation:
        rows = [_status_row(installation, chain) for chain in installation.statuses()]
        rows += [_left_behind(*found) for found in sorted(installation.left_behind().items())]
    emit(rows, as_json, lambda: _status_text(rows))


@db.command()
@json_option
@config_option
@click.pass_context
def upgrade(ctx: click.Context, as_json: bool) -> None:
    """Run all pending migrations.

    The kernel's come first, then each plugin's in the order in which plugins start.

    A SQLite database is copied first. Several processes may do this at once. Plugins that are switched off by
    the settings, or cannot start for another reason, are left alone.
    """
    from ..persistence import migrations

    with _installation(ctx) as installation:
        chains = installation.chains()
        pending = sum(len(chain.pending) for chain in installation.statuses(chains))
        for plugin in installation.left_out():
            note(f"{plugin.id} is left alone, it is {plugin.state}: {plugin.reason}")
        with progress("Upgrading", pending) as bar:
            steps = migrations.upgrade(installation.engines.write, chains, lambda _step: bar.update(1))
    _tell(steps, as_json, "Nothing to do, all tables are up to date.")


@db.command()
@click.argument("plugin")
@click.option("--to", "target", metavar="REVISION", help="The last revision to keep; by default none.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@config_option
@click.pass_context
def downgrade(ctx: click.Context, plugin: str, target: str | None, yes: bool, as_json: bool) -> None:
    """Undo migrations of one PLUGIN, with their data.

    The newest goes first. PLUGIN may be core, the kernel itself.

    A SQLite database is copied first.
    """
    from ..persistence import migrations

    with _installation(ctx) as installation:
        chain = installation.chain(plugin)
        undone = installation.undone(chain, target)
        if undone:
            if target is None:
                installation.refuse_with_dependants(chain)
            if not yes:
                question = f"Undo {', '.join(undone)} of {plugin} and lose their data?"
                click.confirm(question, abort=True, err=True)
        with progress("Downgrading", len(undone)) as bar:
            engine = installation.engines.write
            steps = migrations.downgrade(engine, chain, target, lambda _step: bar.update(1))
    _tell(steps, as_json, "Nothing to do.")


class _Installation:
    """The database of the settings and the migrations of everything that is installed."""

    def __init__(self, url: str, plugins: Mapping[str, PluginStatus]) -> None:
        self.plugins = plugins
        self._url = url
        self._engines: Engines | None = None

    @property
    def engines(self) -> Engines:
        """The engines; using them makes a SQLite database that does not exist yet."""
        from ..persistence.engines import open_engines

        if self._engines is None:
            self._engines = open_engines(self._url, threads=1)
        return self._engines

    def close(self) -> None:
        """Let go of the database."""
        if self._engines is not None:
            self._engines.dispose()

    def chains(self) -> list[Chain]:
        """What an upgrade runs: the kernel's chain and those of plugins that may start, in their order."""
        from .installed import chain_of

        return [self.chain(CORE), *(chain_of(p) for p in self.plugins.values() if p.state == "ready")]

    def left_out(self) -> list[PluginStatus]:
        """The plugins that an upgrade leaves alone."""
        return [plugin for plugin in self.plugins.values() if plugin.state != "ready"]

    def chain(self, plugin_id: str) -> Chain:
        """The chain of an installed plugin or of the kernel, whether it may start or not."""
        from ..assembly import CORE_CHAIN
        from .installed import chain_of

        if plugin_id == CORE:
            return CORE_CHAIN
        if plugin_id in self.left_behind():
            words = f"pronaflow plugins uninstall {plugin_id} takes its data out"
            raise Failure(f"The code of {plugin_id} is not installed: {words}")
        if plugin_id not in self.plugins:
            raise unknown_plugin(plugin_id, [CORE, *self.plugins])
        return chain_of(self.plugins[plugin_id])

    def statuses(self, chains: Sequence[Chain] | None = None) -> list[ChainStatus]:
        """Where the database stands on these chains, by default on all."""
        from ..persistence import migrations
        from .installed import database_missing

        if chains is None:
            chains = [self.chain(plugin_id) for plugin_id in (CORE, *self.plugins)]
        if database_missing(self._url):
            return [chain.status(None) for chain in chains]
        return migrations.status(self.engines.read, chains)

    def left_behind(self) -> dict[str, str | None]:
        """Revisions of plugins that have data but no code, by id."""
        from ..persistence.holdings import revisions
        from .installed import database_missing

        if database_missing(self._url):
            return {}
        with self.engines.read.connect() as connection:
            found = revisions(connection)
        return {plugin_id: found[plugin_id] for plugin_id in found.keys() - {CORE, *self.plugins}}

    def undone(self, chain: Chain, target: str | None) -> list[str]:
        """The revisions that a downgrade to `target` would undo, newest first."""
        current = self.statuses([chain])[0].current or ""
        return [revision for revision in reversed(chain.scripts()) if (target or "") < revision <= current]

    def refuse_with_dependants(self, chain: Chain) -> None:
        """Refuse to take away tables that other plugins' tables may point at."""
        from ..persistence.holdings import look
        from ..persistence.removal import refuse_referred
        from .installed import requirements

        held = [
            status.id
            for status in self.statuses()
            if status.id != chain.id
            and status.current
            and (chain.id == CORE or chain.id in requirements(self.plugins, status.id))
        ]
        if chain.id == CORE:
            held += sorted(self.left_behind())
        if held:
            words = f"The tables of {', '.join(held)} stand on those of {chain.id}"
            raise Failure(f"{words}: downgrade them first")
        with self.engines.read.connect() as connection:
            refuse_referred(look(connection, chain.id))


@contextmanager
def _installation(ctx: click.Context) -> Iterator[_Installation]:
    from .installed import survey

    settings = state_of(ctx).settings()
    installation = _Installation(settings.database_url, survey(settings.plugins.disabled))
    try:
        yield installation
    finally:
        installation.close()


def _status_row(installation: _Installation, chain: ChainStatus) -> dict[str, Any]:
    plugin = installation.plugins.get(chain.id)
    return {
        "plugin": chain.id,
        "current": chain.current,
        "newest": chain.head,
        "pending": list(chain.pending),
        "ahead": chain.ahead,
        "note": "" if plugin is None or plugin.state == "ready" else f"{plugin.state}: {plugin.reason}",
    }


def _left_behind(plugin_id: str, revision: str | None) -> dict[str, Any]:
    """A row for a plugin that has data but no code."""
    found = {"plugin": plugin_id, "current": revision, "newest": None}
    return {**found, "pending": [], "ahead": False, "note": "not installed"}


def _status_text(rows: list[dict[str, Any]]) -> str:
    def words(row: dict[str, Any]) -> str:
        if row["ahead"]:
            return "newer than this code"
        if row["pending"]:
            return f"{len(row['pending'])} pending"
        return "data only" if row["newest"] is None and row["current"] else "up to date"

    lines = [(r["plugin"], r["current"] or "-", r["newest"] or "-", words(r), r["note"]) for r in rows]
    text = table(("PLUGIN", "DATABASE", "CODE", "STATE", "NOTE"), lines)
    open_ones = any(row["pending"] and not row["note"] for row in rows)
    return f"{text}\n\nRun the pending ones with: pronaflow db upgrade" if open_ones else text


def _tell(steps: list[Step], as_json: bool, nothing: str) -> None:
    data = [
        {"plugin": s.chain, "revision": s.revision, "title": s.title, "undone": s.down, "now": s.after}
        for s in steps
    ]
    emit(data, as_json, "\n".join(map(str, steps)) or nothing)
