"""The plugins that docs/reference/hooks.md shows, and how it takes its examples from them.

`stickers_plugin` implements every hook of the kernel; `censor_plugin` implements the one that it publishes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pronaflow_kernel.plugins.specs import PREFIXES

EXAMPLES = Path(__file__).parent
"""Where the packages lie."""

STICKERS, CENSOR = EXAMPLES / "stickers_plugin", EXAMPLES / "censor_plugin"

DATA = {"provide_permissions": "permissions.toml"}
"""Files that an example reads."""

_FILES = ("api.py", "commands.py", "plugin.py")


def examples() -> dict[str, str]:
    """The example of every hook that the plugin implements, by its name."""
    return {name: example(name) for name in _methods()}


def example(hook: str) -> str:
    """The method that implements a hook, behind the statements and base classes that it names."""
    plugin, method = _methods()[hook]
    named = {each.id for part in method.body for each in ast.walk(part) if isinstance(each, ast.Name)}
    told = [_text(_source(file), node) for file, node in _statements() if named & set(_about(node))]
    body = _text(_source("plugin.py"), method)
    return "\n\n\n".join([*told, f"class {plugin.name}(api.Plugin):\n    ...\n\n{body}"])


@cache
def _methods() -> dict[str, tuple[ast.ClassDef, ast.FunctionDef]]:
    [plugin] = [
        node
        for node in ast.parse(_source("plugin.py")).body
        if isinstance(node, ast.ClassDef) and node.name.endswith("Plugin")
    ]
    return {
        node.name: (plugin, node)
        for node in plugin.body
        if isinstance(node, ast.FunctionDef) and node.name.partition("_")[0] in PREFIXES
    }


@cache
def _statements() -> list[tuple[str, ast.stmt]]:
    """All that stands at the top of the modules, with the name of the file."""
    return [(file, node) for file in _FILES for node in ast.parse(_source(file)).body]


def _about(node: ast.stmt) -> Iterator[str]:
    """The names that a statement defines, and those of the classes that it is based on."""
    if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
        yield node.name
    if isinstance(node, ast.ClassDef):
        yield from (base.id for base in node.bases if isinstance(base, ast.Name))
    if isinstance(node, ast.Assign):
        yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _text(source: str, node: ast.stmt) -> str:
    """The lines of a statement with its decorators."""
    first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
    return "\n".join(source.splitlines()[first - 1 : node.end_lineno])


def _source(file: str) -> str:
    return (STICKERS / file).read_text(encoding="utf-8")
