"""The plugin under test: its distribution, its code and a server of its own."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData

from ...plugins.base import Plugin
from ...plugins.discovery import Candidate, discover
from ...plugins.manifest import Manifest
from ..people import Person
from ..walk import Makers, Operation, Party, Rows, brought, operations
from ..walk.makers import Maker, Values
from ..world import World


class UnknownPlugin(LookupError):
    """No installed plugin has the id that was asked for."""


@dataclass
class Subject:
    """A plugin under test, with the plugins it requires and a server that runs nothing else.

    Arguments:
        candidate: the plugin.
        candidates: it and those that it requires.
        new_database: makes empty databases of one kind.
        folder: for files of the servers.
        further: makers of records by kind; requests: values by operation id (see `walk.Makers`). Both before
            those that the plugins bring in `<package>.testing`.
        notes: what is worth knowing and no fault.
    """

    candidate: Candidate
    candidates: Sequence[Candidate]
    new_database: Callable[[], str]
    folder: Path
    further: Mapping[str, Maker] = field(default_factory=dict)
    requests: Mapping[str, Values] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        plugin_id: str,
        new_database: Callable[[], str],
        folder: Path,
        installed: Sequence[Candidate] | None = None,
        **kwargs: Any,
    ) -> Subject:
        """The subject for a plugin.

        Arguments:
            installed: candidates to choose from; by default all installed plugins.

        Raises:
            UnknownPlugin: it is not among them.
        """
        known = {each.id: each for each in (discover() if installed is None else installed)}
        if plugin_id not in known:
            there = ", ".join(sorted(known)) or "none"
            raise UnknownPlugin(
                f"no installed plugin is called {plugin_id!r}; installed are: {there}. "
                "`pip install -e .` in the folder of its distribution installs it"
            )
        beside = brought("BESIDE", [known[plugin_id]])
        needed = {each for named in (plugin_id, *beside) for each in _with_required(named, known)}
        return cls(known[plugin_id], [known[each] for each in sorted(needed)], new_database, folder, **kwargs)

    @property
    def id(self) -> str:
        """The plugin's id."""
        return self.candidate.id

    @property
    def manifest(self) -> Manifest:
        """What the plugin says of itself; only for plugins whose manifest can be read."""
        assert self.candidate.manifest is not None
        return self.candidate.manifest

    @cached_property
    def package_folder(self) -> Path:
        """Folder of the package."""
        spec = PathFinder.find_spec(self.candidate.package)
        assert spec is not None and spec.submodule_search_locations
        return Path(next(iter(spec.submodule_search_locations)))

    @cached_property
    def sources(self) -> dict[str, ast.Module]:
        """The parsed Python files of the package, by path below the folder that holds it."""
        return {
            str(file.relative_to(self.package_folder.parent)): ast.parse(file.read_bytes(), str(file))
            for file in sorted(self.package_folder.rglob("*.py"))
        }

    @cached_property
    def trouble(self) -> str | None:
        """Why the plugin does not run, in words; None if it does."""
        if self.candidate.fault is not None:
            return self.candidate.fault
        try:
            status = self.world.kernel.plugins[self.id]
        except Exception as error:
            return f"the server does not start with it: {type(error).__name__}: {error}"
        return None if status.state == "ready" else f"it is {status.state}: {status.reason}"

    @cached_property
    def world(self) -> World:
        """The server that checks share; they leave behind nothing but records."""
        return self._world(self.new_database())

    def _world(self, database_url: str, extra: Sequence[Candidate] = ()) -> World:
        return _World(database_url, self.folder, candidates=[*self.candidates, *extra])

    @contextmanager
    def fresh(self, *extra: Candidate, database_url: str | None = None) -> Iterator[World]:
        """A server for one check alone.

        Arguments:
            extra: further plugins beside it.
            database_url: of a database that a server has used before; an empty one by default.
        """
        world = self._world(database_url or self.new_database(), extra)
        try:
            yield world
        finally:
            world.close()

    @cached_property
    def plugin(self) -> Plugin:
        """An instance that nobody has set up, to ask for its models."""
        plugin: Plugin = self.candidate.entry_point.load()()
        return plugin

    @cached_property
    def metadata(self) -> MetaData | None:
        """The plugin's tables; None without any."""
        provide = getattr(self.plugin, "provide_models", None)
        return None if provide is None else provide()

    @cached_property
    def document(self) -> dict[str, Any]:
        """The OpenAPI document of the shared server."""
        found: dict[str, Any] = self.world.anonymous().get("/openapi.json").json
        return found

    @cached_property
    def makers(self) -> Makers:
        """How records are made on the servers of this subject."""
        listed = {each.id: each for each in operations(self.document)}
        further = {**brought("MAKERS", self.candidates), **self.further}
        requests = {**brought("REQUESTS", self.candidates), **self.requests}
        return Makers(listed, further, requests, brought("REFUSED", self.candidates))

    @cached_property
    def operations(self) -> dict[str, Operation]:
        """The plugin's own operations, by id."""
        return {i: each for i, each in self.makers.operations.items() if each.plugin == self.id}

    @cached_property
    def kinds(self) -> list[str]:
        """The kinds of records that the plugin's operations name and make."""
        asked = {
            self.makers.kind(each, key)
            for each in self.operations.values()
            for _, key in self.makers.wanted(each)
        }
        made = {kind for kind, creator in self.makers.creators.items() if creator.plugin == self.id}
        trashed = {self.makers.restored(each) for each in self.operations.values()}
        return sorted(filter(None, asked | made | trashed))

    @cached_property
    def rows(self) -> Rows:
        """What the shared server's database holds."""
        return Rows(self.world.database_url)

    def party(self, mark: str, world: World | None = None, **kwargs: Any) -> Party:
        """Somebody with records on the shared server, or on another one; arguments as of `Party`."""
        return Party(world or self.world, self.makers, mark, administers=True, **kwargs)

    def close(self) -> None:
        """Let go of the databases."""
        for name in ("world", "rows"):
            if name in vars(self):
                getattr(self, name).close()


class _World(World):
    """A server whose people have installed the plugins that wait for their installation in a workspace."""

    def person(self, name: str | None = None) -> Person:
        """See `World.person`."""
        made = super().person(name)
        for status in self.kernel.plugins.values():
            if status.manifest is not None and status.manifest.scope == "workspace":
                self.kernel.switches.set(status.id, True, made.workspace_id)
        return made


def _with_required(plugin_id: str, known: Mapping[str, Candidate]) -> list[str]:
    """A plugin and all that it requires, those that are missing left out."""
    found: list[str] = []
    waiting = [plugin_id]
    while waiting:
        each = waiting.pop()
        if each in known and each not in found:
            found.append(each)
            manifest = known[each].manifest
            waiting += [] if manifest is None else manifest.requires
    return sorted(found)
