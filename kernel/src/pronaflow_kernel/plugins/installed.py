"""What `ctx.plugins` is: what is installed and what can be had, and the switches of one workspace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Delete, Table, bindparam, delete

from ..attribution import as_kernel
from ..errors import NotFound
from ..persistence.scope import SCOPE_WORKSPACE
from ..records.models import TrashItem
from .manifest import UI_FOLDER, Manifest
from .offers import Offer, content_of_folder
from .switching import Thrown, tell, throw_in

if TYPE_CHECKING:
    from ..kernel import Kernel
    from ..persistence.uow import Reader, UnitOfWork
    from .indexes import Indexes

HASH_DIGITS = 16
"""So many digits of a package's hash tell its files from those of another version."""

_FORGET_TRASH = delete(TrashItem).where(
    TrashItem.workspace_id == SCOPE_WORKSPACE,
    TrashItem.resource_type.in_(bindparam("kinds", expanding=True)),
)


@dataclass(frozen=True, slots=True)
class InstalledPlugin:
    """A plugin that is on this server.

    Arguments:
        manifest: what it says of itself.
        distribution, version: as pip calls them.
        content: the hash of its code (`offers.content_of`).
        state: how it fares on the whole server (architecture.md 4).
    """

    manifest: Manifest
    distribution: str
    version: str
    content: str
    state: str

    def file_url(self, name: str) -> str:
        """Where browsers load a file of the package's folder `ui`: another address for other code.

        Arguments:
            name: its path within the folder.
        """
        return f"/static/plugins/{self.manifest.id}/{self.content[:HASH_DIGITS]}/{name}"


class InstalledPlugins:
    """The plugins of this server, as far as they concern a workspace.

    It is attached to the kernel once that is put together, before anything runs.

    Arguments:
        indexes: what can be had besides.
    """

    _kernel: Kernel

    def __init__(self, indexes: Indexes) -> None:
        self._indexes = indexes

    def attach(self, kernel: Kernel) -> None:
        """Work for this kernel."""
        self._kernel = kernel

    @as_kernel
    def all(self) -> dict[str, InstalledPlugin]:
        """Every plugin whose manifest can be read, by id."""
        return {
            plugin_id: InstalledPlugin(
                status.manifest,
                status.candidate.distribution,
                status.candidate.version,
                content_of_package(status.candidate.package),
                self._kernel.state(plugin_id).state,
            )
            for plugin_id, status in self._kernel.plugins.items()
            if status.manifest is not None
        }

    def offers(self) -> dict[str, Offer]:
        """What the index files of the settings offer, by id (`Indexes.offers`)."""
        return self._indexes.offers()

    def ui_folder(self, plugin_id: str, digits: str) -> Path | None:
        """The folder of a plugin's files for browsers.

        Arguments:
            digits: of the hash of its package, as in `InstalledPlugin.file_url`.

        Returns:
            None where there is no such code on this server, it has no such folder, or the plugin is off.
        """
        status = self._kernel.plugins.get(plugin_id)
        if status is None or not self._kernel.switches.active(plugin_id, None):
            return None
        package = status.candidate.package
        folder = _folder(package)
        known = folder is not None and content_of_package(package)[:HASH_DIGITS] == digits
        return folder / UI_FOLDER if folder is not None and known else None

    @as_kernel
    def off(self, reader: Reader) -> frozenset[str]:
        """Ids of the plugins that are off in the workspace of a reader, as it sees the switches."""
        return self._kernel.switches.off_seen_by(reader)

    @as_kernel
    def switch(self, uow: UnitOfWork, plugin_id: str, enabled: bool, *, cascade: bool = False) -> Thrown:
        """Switch a plugin on or off in the workspace of a unit of work.

        It holds once that commits, everywhere within a second, and then the plugin hears of it.

        Arguments:
            cascade: whether those are switched along that it requires, or that require it.

        Returns:
            What becomes of the plugin itself.

        Raises:
            NotFound: no such plugin is installed.
            MustFollow: it requires one that is off, or one that is on requires it, and there is no `cascade`.
            Conflict: it is off for the whole server.
        """
        if plugin_id not in self._kernel.plugins:
            raise NotFound(f"There is no plugin {plugin_id}")
        thrown = throw_in(uow, self._kernel.switches, plugin_id, enabled, cascade=cascade)
        workspace_id = uow.scope.workspace_id
        uow.after_commit(lambda: self._tell(thrown, workspace_id))
        return thrown[-1]

    @as_kernel
    def forget(self, uow: UnitOfWork, plugin_id: str) -> bool:
        """Delete what a plugin holds of the workspace of a unit of work, after `Plugin.on_uninstall`.

        Returns:
            Whether the plugin is here to be asked; without it nothing is deleted.
        """
        brought = self._kernel.contributions.get(plugin_id)
        if brought is None:
            return False
        with self._kernel.guard.watching(plugin_id, "on_uninstall"):
            brought.plugin.on_uninstall(uow)
        kinds = [name for name, owner in self._kernel.resource_owners.items() if owner == plugin_id]
        uow.execute(_FORGET_TRASH, kinds=kinds)
        for table in reversed(brought.models.sorted_tables if brought.models is not None else []):
            if table.name.startswith(f"{plugin_id}__") and "workspace_id" in table.c:
                uow.execute(_emptied(table))
        return True

    def _tell(self, thrown: Sequence[Thrown], workspace_id: str | None) -> None:
        tell(self._kernel, thrown, workspace_id)


@cache
def content_of_package(package: str) -> str:
    """The hash of an installed package, which stays as it is while the server runs."""
    folder = _folder(package)
    return "" if folder is None else content_of_folder(folder)


@cache
def _folder(package: str) -> Path | None:
    spec = PathFinder.find_spec(package)
    places = spec.submodule_search_locations if spec and spec.submodule_search_locations else ()
    return Path(next(iter(places))) if places else None


@cache
def _emptied(table: Table) -> Delete:
    return delete(table).where(table.c.workspace_id == SCOPE_WORKSPACE)
