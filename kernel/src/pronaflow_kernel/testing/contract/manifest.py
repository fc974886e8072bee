"""`plugin.toml` against the code. What the assembly compares, it compares here too: a plugin that fails there
does not run, and the reason names every difference."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import TableClause

from .subject import Subject


def problems(subject: Subject) -> Iterator[str]:
    """Whether the plugin runs, and what its manifest says of it that is not so."""
    if subject.trouble is not None:
        yield f"{subject.id} does not run: {subject.trouble}"
        return
    yield from _reads(subject)
    yield from _network(subject)
    yield from _commands(subject)
    yield from _uses(subject)
    subject.notes += _unsaid(subject)


def _reads(subject: Subject) -> Iterator[str]:
    """Tables under `reads` that no module of the package has in its hands."""
    mentioned = {table.name for path, tree in subject.sources.items() for table in _tables(path, tree)}
    for name in sorted(set(subject.manifest.reads) - mentioned):
        yield (
            f"plugin.toml: `reads` names {name}, and no module of {subject.candidate.package} imports that "
            "table: take it out"
        )


def _tables(path: str, tree: ast.Module) -> Iterator[TableClause]:
    """The tables among the names of a module, and among those that it takes from modules by a dot.

    Also those that it spells itself (`table("core__trash", ...)`), since the kernel names no model for them.
    """
    if "/migrations/" in path:
        return
    names = vars(import_module(path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")))
    dotted = [
        getattr(names[node.value.id], node.attr, None)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and isinstance(names.get(node.value.id), ModuleType)
    ]
    for value in (*names.values(), *dotted):
        # Only of classes: Flask's `request` has no attributes outside of requests.
        found = getattr(value, "__table__", None) if isinstance(value, type) else value
        if isinstance(found, TableClause):
            yield found


def _network(subject: Subject) -> Iterator[str]:
    """Hosts that nothing calls, and calls without a host."""
    calls = [
        f"{path}:{node.lineno}"
        for path, tree in subject.sources.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "http"
    ]
    if calls and not subject.manifest.network:
        yield f"{calls[0]} calls other servers: name their hosts in plugin.toml under `network`"
    if subject.manifest.network and not calls:
        hosts = ", ".join(subject.manifest.network)
        yield f"plugin.toml: `network` names {hosts}, and nothing uses `ctx.http`: take it out"


def _commands(subject: Subject) -> Iterator[str]:
    """The line of help that `pronaflow --help` shows without importing the plugin."""
    for plugin_id, command in subject.world.kernel.commands:
        declared = subject.manifest.commands.get(command.name, "")
        if plugin_id == subject.id and not declared.strip():
            yield f"plugin.toml: the command {command.name} needs a line of help under `[commands]`"


def _uses(subject: Subject) -> Iterator[str]:
    for each in sorted(set(subject.manifest.uses) & subject.manifest.requires.keys()):
        yield f"plugin.toml: {each} stands under `requires` and `uses`: keep the first"


def _unsaid(subject: Subject) -> list[str]:
    """What people would like to know and are not told."""
    manifest, where = subject.manifest, f"{subject.id}: plugin.toml"
    empty = [name for name in ("author", "license", "urls") if not getattr(manifest, name)]
    found = [f"{where} does not say `{name}`" for name in empty]
    if manifest.category == "other":
        found.append(f"{where} does not say a `category`")
    try:
        described: Any = metadata(subject.candidate.distribution)
    except (PackageNotFoundError, ValueError):
        return found
    if not described.get_payload():
        found.append(f"{subject.id}: the distribution has no README (`readme` in pyproject.toml)")
    if not (described.get("License-Expression") or described.get("License")):
        found.append(f"{subject.id}: the distribution names no licence (`license` in pyproject.toml)")
    if not Path(subject.package_folder, "py.typed").exists():
        found.append(f"{subject.id}: the package has no py.typed, so type checkers ignore its annotations")
    return found
