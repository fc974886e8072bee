"""What a plugin may import: public modules of the kernel, its own package, the `api` of those it requires."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.metadata import entry_points

from ...plugins.discovery import GROUP
from .subject import Subject

PUBLIC = ("pronaflow_kernel.api", "pronaflow_kernel.command")
"""Modules of the kernel that are for plugins."""

TEST_KIT = "pronaflow_kernel.testing"
"""What the module `testing` of a plugin's package may import too, which no server imports."""


def problems(subject: Subject) -> Iterator[str]:
    """Imports of what is somebody else's and private."""
    manifest = subject.candidate.manifest
    allowed = {f"{_package(subject, each)}.api" for each in (manifest.requires if manifest else ())}
    soft = {f"{_package(subject, each)}.api" for each in (manifest.uses if manifest else ())}
    for path, tree in subject.sources.items():
        hinted = set(_under_type_checking(tree))
        for node, module in _imported(tree):
            fault = _fault(subject, module, allowed, soft, node in hinted)
            if fault and not (module == TEST_KIT and path.endswith("/testing.py")):
                yield f"{path}:{node.lineno} imports {module}: {fault}"


def _package(subject: Subject, plugin_id: str) -> str:
    """The package of another plugin: that of the installed one, else as first-party packages are called."""
    known = {each.id: each.package for each in subject.candidates}
    return known.get(plugin_id, f"pronaflow_{plugin_id}")


def _imported(tree: ast.Module) -> Iterator[tuple[ast.stmt, str]]:
    """Every absolute import with the module that it names, `from x import y` as `x.y` where x is a package
    that keeps its public names in modules."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            whole = "." not in node.module
            yield from ((node, f"{node.module}.{a.name}") for a in node.names if whole)
            if not whole:
                yield node, node.module


def _under_type_checking(tree: ast.Module) -> Iterator[ast.stmt]:
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            yield from (inner for inner in ast.walk(node) if isinstance(inner, ast.stmt))


def _fault(subject: Subject, module: str, allowed: set[str], soft: set[str], hinted: bool) -> str | None:
    top = module.partition(".")[0]
    if top == "pronaflow_kernel":
        public = any(f"{module}.".startswith(f"{each}.") for each in PUBLIC)
        return None if public else "plugins import pronaflow_kernel.api and nothing deeper"
    others = {each.partition(".")[0] for each in allowed | soft}
    others |= {point.module.partition(".")[0] for point in entry_points(group=GROUP)}
    if (
        top == subject.candidate.package
        or top not in others
        or any(f"{module}.".startswith(f"{each}.") for each in allowed)
    ):
        return None
    if any(f"{module}.".startswith(f"{each}.") for each in soft):
        return None if hinted else "a plugin under `uses` may be absent: import it under TYPE_CHECKING only"
    return "other plugins are public in their `api` module, for those that name them under `requires`"
