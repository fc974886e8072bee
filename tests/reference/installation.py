"""The server that the reference pages describe: the kernel and all first-party plugins, on SQLite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from pronaflow_kernel.plugins.discovery import GROUP, discover
from pronaflow_kernel.testing import World

ROOT = Path(__file__).parents[2]
KERNEL = "kernel"
"""Name of the kernel beside the ids of plugins."""

METHODS = ("get", "post", "put", "patch", "delete")


class Incomplete(Exception):
    """A first-party plugin does not run, so that the pages would lack what it brings."""


class Route(NamedTuple):
    """One operation of the OpenAPI document."""

    path: str
    method: str
    permission: str

    def __str__(self) -> str:
        return f"`{self.method.upper()} {self.path}`"


@contextmanager
def installation(*further: EntryPoint, database_url: str | None = None) -> Iterator[World]:
    """A running server with all first-party plugins, and no others than `further`.

    Arguments:
        database_url: of an empty database; without one, SQLite in a folder that goes afterwards.

    Raises:
        Incomplete: not all of them are installed and ready.
    """
    wanted = {project.parent.name for project in ROOT.glob("plugins/*/pyproject.toml")}
    points = [point for point in entry_points(group=GROUP) if point.name in wanted]
    candidates = discover([*points, *further])
    with TemporaryDirectory(prefix="pronaflow-reference-") as folder:
        url = database_url or f"sqlite:///{folder}/pronaflow.sqlite3"
        world = World(url, Path(folder), candidates=candidates)
        try:
            states = dict.fromkeys(wanted, "is not installed") | {
                status.id: f"is {status.state}: {status.reason}" for status in world.kernel.plugins.values()
            }
            wrong = {plugin: words for plugin, words in states.items() if not words.startswith("is ready")}
            if wrong:
                raise Incomplete("; ".join(f"{plugin} {words}" for plugin, words in sorted(wrong.items())))
            yield world
        finally:
            world.close()


def plugins(world: World) -> list[str]:
    """Ids of the plugins in order of start."""
    return list(world.kernel.plugins)


def packages() -> list[Path]:
    """Folders of the kernel's package and of every first-party plugin's."""
    return [*ROOT.glob("kernel/src/pronaflow_*"), *sorted(ROOT.glob("plugins/*/src/pronaflow_*"))]


def provided(world: World, plugin: str, what: str) -> Sequence[Any]:
    """What a plugin answers to `provide_<what>`."""
    return world.kernel.hooks.provide(plugin, f"provide_{what}") or ()


def routes(world: World) -> list[Route]:
    """All operations by path, then method."""
    paths = world.anonymous().get("/openapi.json").json["paths"]
    found = [
        Route(path, method, operation["x-permission"])
        for path, item in paths.items()
        for method, operation in item.items()
        if method in METHODS
    ]
    return sorted(found, key=lambda route: (route.path, METHODS.index(route.method)))
