"""What an animal is: a plugin that is broken in one way, written to disk when a test wants to meet it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint
from inspect import signature
from pathlib import Path
from textwrap import dedent, indent
from typing import TYPE_CHECKING

from ... import hookspecs
from ...plugins.discovery import GROUP, Candidate, discover

if TYPE_CHECKING:
    from ..people import Person
    from ..world import World

    Poke = Callable[[World, Person], str]

_HEAD = """\
manifest = 1
id = "{id}"
name = "{id}"
summary = "{wrong}"
api = ">=1.0,<2"
scope = "system"
"""

HEALTHY = """\
from pronaflow_kernel import api


class Plugin(api.Plugin):
    pass
"""
"""Source of a plugin that does nothing."""


@dataclass(frozen=True, slots=True)
class Animal:
    """A plugin that is broken in one way.

    Arguments:
        id: the plugin's id.
        wrong: what is wrong with it, in one sentence.
        state: where it must stand after the start; `ready` for those that break at run time.
        words: what its reason must hold, culprit and cause; what the log must hold for those at run time.
        traced: whether its code raised, so that a traceback must be kept.
        plugin: source of `plugin.py`, whose class is called `Plugin`.
        declares: lines of `plugin.toml` after the ones that every manifest has.
        files: further files of the package, path to text; they win over all others.
        companions: plugins that it cannot be met without, e.g. the other half of a circle.
        pending: whether it stands at `pending` where the server does not migrate by itself.
        poke: provokes it at run time, as a signed-in person; answers what the caller got, in words.
        sees: what that must be, e.g. `503 PLUGIN_FAILED`.
        ends: where it must stand when poked often.
        package: name of the package; `zoo_<id>` by default.
    """

    id: str
    wrong: str
    state: str = "failed"
    words: tuple[str, ...] = ()
    traced: bool = False
    plugin: str = HEALTHY
    declares: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    companions: tuple[Animal, ...] = ()
    pending: bool = False
    poke: Poke | None = None
    sees: str = ""
    ends: str = "ready"
    package: str = ""

    def __str__(self) -> str:
        return self.id

    @property
    def entry_point(self) -> EntryPoint:
        """As its distribution would declare it."""
        return EntryPoint(self.id, f"{self.package or f'zoo_{self.id}'}.plugin:Plugin", GROUP)

    def written(self) -> dict[str, str]:
        """The files of its package, path to text."""
        manifest = _HEAD.format(id=self.id, wrong=self.wrong) + dedent(self.declares)
        return {"__init__.py": "", "plugin.toml": manifest, "plugin.py": self.plugin, **self.files}


def settle(animals: Iterable[Animal], folder: Path) -> list[Candidate]:
    """Write animals and their companions as packages and answer what discovery makes of them.

    Arguments:
        animals: one of them or many; each package is written once a folder.
        folder: must be on `sys.path`.
    """
    points = []
    for animal in animals:
        for one in (animal, *animal.companions):
            points.append(one.entry_point)
            package = folder / one.entry_point.module.partition(".")[0]
            for path, text in one.written().items() if not package.exists() else ():
                (package / path).parent.mkdir(parents=True, exist_ok=True)
                (package / path).write_text(text, encoding="utf-8")
    importlib.invalidate_caches()
    return discover(points)


def dependant(animal: Animal) -> Animal:
    """A healthy plugin that requires an animal, and is blocked where that cannot start."""
    return Animal(
        f"on_{animal.id}",
        f"Nothing: it requires {animal.id}.",
        state="ready" if animal.state == "ready" else "blocked",
        words=(f"requires {animal.id}, which is {animal.state}",),
        declares=f'requires = {{ {animal.id} = ">=0" }}',
    )


def source(*members: str, head: str = "") -> str:
    """Source of a `plugin.py` whose class has these members, after the lines of `head`."""
    body = "\n\n".join(indent(dedent(member).strip("\n"), "    ") for member in members)
    return f"from pronaflow_kernel import api\n{dedent(head)}\n\nclass Plugin(api.Plugin):\n{body}\n"


def implements(hook: str, body: str) -> str:
    """Source of a hook implementation, with the arguments of its spec."""
    arguments = ", ".join(["self", *arguments_of(hook)])
    return f"@api.hookimpl\ndef {hook}({arguments}):\n{indent(dedent(body).strip(chr(10)), '    ')}\n"


def arguments_of(hook: str) -> list[str]:
    """Names of what one of the kernel's hooks is called with."""
    return list(signature(getattr(hookspecs, hook)).parameters)
