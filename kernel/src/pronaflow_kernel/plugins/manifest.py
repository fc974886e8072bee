"""`plugin.toml`: what a plugin says of itself, read without importing any of its code."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any


class ManifestError(ValueError):
    """A manifest is missing or wrong; the message names every fault."""


UI_FOLDER = "ui"
"""The folder of a package that holds what browsers load: modules and what they need."""


@dataclass(frozen=True, slots=True)
class UiElement:
    """What fills a place in pages: a custom element (HTML Standard, 4.13).

    Arguments:
        element: its name, the same as in the `customElements.define` of the module.
        module: the JavaScript module that defines it, a path within the folder `ui` of the package.
        order: elements of one place stand in this order, those with the same number by plugin.
    """

    element: str
    module: str
    order: int = 100


@dataclass(frozen=True, slots=True)
class Manifest:
    """The content of `plugin.toml` (architecture.md 4).

    Arguments:
        id: of the plugin; also the prefix of its tables and permissions.
        name, summary, category, author, license, urls, icon: for people.
        api: range of the hook API it works with, e.g. `>=1.0,<2`.
        requires: plugins it needs, id to version range; uses: plugins it works with when they are there.
        scope: `system` is on everywhere, `workspace` waits for its installation in a workspace.
        critical: a failure aborts the start.
        hooks: it implements, of those asked while the server runs; `plugin_id:hook` for hooks of plugins.
        permissions: token scopes of its own permissions, and of the services that it uses.
        commands: names of the commands it adds, with one line of help each.
        emits, listens: events it publishes and hears.
        reads: foreign tables it reads.
        ui_slots: places in pages it fills, such as `task:editor`, and what with.
        network: hosts it calls: names, `*.example.com` for all under one, `*` for what users choose.
        config_schema: JSON schema of its configuration in a workspace.
    """

    id: str
    name: str
    summary: str
    api: str
    category: str = "other"
    author: str = ""
    license: str = ""
    urls: Mapping[str, str] = field(default_factory=dict)
    icon: str | None = None
    requires: Mapping[str, str] = field(default_factory=dict)
    uses: tuple[str, ...] = ()
    scope: str = "workspace"
    critical: bool = False
    hooks: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    commands: Mapping[str, str] = field(default_factory=dict)
    emits: tuple[str, ...] = ()
    listens: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    network: tuple[str, ...] = ()
    ui_slots: Mapping[str, UiElement] = field(default_factory=dict)
    config_schema: Mapping[str, Any] = field(default_factory=dict)


_LISTS = {"uses", "hooks", "permissions", "emits", "listens", "reads", "network"}
_TABLES = {"urls", "requires", "commands", "config_schema", "ui_slots"}
_TEXTS = {"urls", "commands"}  # what is wrong with a range in `requires` is told where they are compared
_REQUIRED = {"id", "name", "summary", "api"}
_HOSTS = re.compile(r"\*|(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:]+:[0-9A-Fa-f:.]*")

_PLACES = re.compile(r"[a-z][a-z0-9_]{0,39}:[a-z][a-z0-9_]{0,39}")
_ELEMENTS = re.compile(r"(?=.{3,80}$)[a-z][a-z0-9]*-[a-z0-9-]*[a-z0-9]")
_MODULES = re.compile(r"(?=.{4,200}$)(?!.*(?:\.\.|//|/\.))[A-Za-z0-9_][A-Za-z0-9_./-]*\.m?js")


def read_manifest(package: str, path: Sequence[str] | None = None) -> Manifest:
    """The manifest inside a top-level package, found without importing it.

    Arguments:
        path: folders to look in; those that Python imports from by default.

    Raises:
        ManifestError: there is none, or it is wrong.
    """
    spec = PathFinder.find_spec(package, path)
    if spec is None or not spec.submodule_search_locations:
        raise ManifestError(f"package {package} cannot be found")
    folder = Path(next(iter(spec.submodule_search_locations)))
    _check_empty(folder / "__init__.py")
    file = folder / "plugin.toml"
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ManifestError(f"{package} has no plugin.toml") from None
    except (OSError, ValueError, RecursionError) as error:
        # No TOML, no text, or beyond what Python takes: deeply nested tables, numbers of 5,000 digits.
        raise ManifestError(f"{file} cannot be read: {error}") from None
    manifest = parse_manifest(data, str(file))
    modules = {each.module for each in manifest.ui_slots.values()}
    if missing := [name for name in sorted(modules) if not (folder / UI_FOLDER / name).is_file()]:
        raise ManifestError(
            f"{file}: `ui_slots` names {missing[0]}, and {folder / UI_FOLDER} has no such file"
        )
    return manifest


def _check_empty(file: Path) -> None:
    """The package itself must do nothing, since finding a plugin may not run any of its code.

    Raises:
        ManifestError: the file holds more than comments and a docstring.
    """
    try:
        body = ast.parse(file.read_bytes()).body
    except FileNotFoundError:
        return
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError) as error:
        # Python runs out of its own stack over deeply nested code, in one way or the other.
        raise ManifestError(f"{file} cannot be read: {type(error).__name__} {error}".rstrip()) from None
    docstring = body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    if len(body) > (1 if docstring else 0):
        raise ManifestError(f"{file} must be empty but for a docstring: move its code into a module")


def parse_manifest(data: Mapping[str, Any], where: str) -> Manifest:
    """Check manifest data and make a `Manifest` of it.

    Raises:
        ManifestError: with every fault in one message.
    """
    values = dict(data)
    faults = []
    if values.pop("manifest", None) != 1:
        faults.append("`manifest = 1` is missing")
    events = values.pop("events", {})
    if not isinstance(events, dict) or events.keys() - {"emits", "listens"}:
        faults.append("`[events]` has `emits` and `listens` and nothing else")
    else:
        values |= events
    known = {f.name for f in fields(Manifest)}
    stray = data.keys() & {"emits", "listens"}
    faults += [f"`{key}` belongs under `[events]`" for key in sorted(stray)]
    faults += [f"unknown key `{key}`" for key in sorted(values.keys() - known)]
    faults += [f"`{key}` is missing" for key in sorted(_REQUIRED - values.keys())]
    for key, value in values.items():
        if (fault := _type_fault(key, value)) is not None:
            faults.append(fault)
    faults += _rule_faults(values)
    if faults:
        raise ManifestError(f"{where}: {'; '.join(faults)}")
    arguments: dict[str, Any] = {
        key: tuple(value) if key in _LISTS else value for key, value in values.items()
    }
    arguments["ui_slots"] = {slot: UiElement(**told) for slot, told in arguments.get("ui_slots", {}).items()}
    return Manifest(**arguments)


def _rule_faults(values: Mapping[str, Any]) -> Iterator[str]:
    # One underscore at a time: two end the id in the name of a table, `<id>__<name>`.
    if not re.fullmatch(r"(?=.{2,40}$)[a-z][a-z0-9]*(_[a-z0-9]+)*", str(values.get("id", "ok"))):
        yield "`id` must be 2 to 40 lower-case letters and digits, in words with one underscore between them"
    requires = values.get("requires")
    if isinstance(requires, dict) and values.get("id") in list(requires):
        yield "`requires` names the plugin itself"
    slots = values.get("ui_slots")
    if isinstance(slots, dict):
        for slot, told in slots.items():
            yield from _slot_faults(slot, told)
    if values.get("scope", "workspace") not in ("system", "workspace"):
        yield "`scope` must be system or workspace"


def _slot_faults(slot: str, told: Any) -> Iterator[str]:
    where = f"`ui_slots.{slot}`"
    if not _PLACES.fullmatch(slot):
        yield f"{where} is no place in pages, such as task:editor"
    if not isinstance(told, dict) or told.keys() - {"element", "module", "order"}:
        yield f"{where} has `element`, `module` and `order`, and nothing else"
        return
    if not _ELEMENTS.fullmatch(str(told.get("element"))):
        yield f"{where} needs the name of a custom element, such as rose-garden, as `element`"
    if not _MODULES.fullmatch(str(told.get("module"))):
        yield f"{where} needs the path of a module within {UI_FOLDER}, such as garden.js, as `module`"
    order = told.get("order", 0)
    if not isinstance(order, int) or isinstance(order, bool) or not 0 <= order <= 1000:
        yield f"{where} has an `order` that is no number from 0 to 1000"


def _type_fault(key: str, value: Any) -> str | None:
    if key in _LISTS:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            return f"`{key}` must be a list of strings"
        odd = [host for host in value if key == "network" and not _HOSTS.fullmatch(host)]
        return (
            f"`network` names hosts such as api.example.com or *.example.com, not {odd[0]!r}" if odd else None
        )
    if key in _TABLES:
        if not isinstance(value, dict):
            return f"`{key}` must be a table"
        odd = [name for name, text in value.items() if key in _TEXTS and not isinstance(text, str)]
        return f"`{key}.{odd[0]}` must be a string" if odd else None
    if key == "critical":
        return None if isinstance(value, bool) else "`critical` must be true or false"
    return None if isinstance(value, str) else f"`{key}` must be a string"
