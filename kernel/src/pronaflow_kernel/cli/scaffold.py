"""`pronaflow plugins new`: the complete distribution of a plugin, made from the templates in `scaffold/`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import click

from .failures import Failure
from .output import emit, json_option

PARTS = ("model", "routes", "events", "commands")
"""What a new plugin can bring; each part works with and without every other."""

LATER = {
    "jobs": "the kernel has no jobs yet, they come with the durable bus",
    "slot": "the kernel has no pages yet, slots come with them",
}
"""Parts that there will be, and why there are none so far."""

TEMPLATES = Path(__file__).parents[1] / "scaffold"


class Template(NamedTuple):
    """A file of the new distribution.

    Arguments:
        target: its path there.
        name: of the template, in the folder `scaffold`.
        needs: parts without which it is left out.
        unless: a part with which it is left out.
    """

    target: str
    name: str
    needs: str = ""
    unless: str = ""

    def wanted(self, parts: Collection[str]) -> bool:
        """Whether a plugin with these parts has the file."""
        return set(parts).issuperset(self.needs.split()) and self.unless not in parts


FILES = (
    Template("pyproject.toml", "pyproject.toml.jinja"),
    Template("README.md", "README.md.jinja"),
    Template("CHANGELOG.md", "CHANGELOG.md.jinja"),
    Template("LICENSE", "LICENSE"),
    Template(".gitignore", "gitignore.jinja"),
    Template(".github/workflows/test.yml", "test.yml.jinja"),
    Template("src/{package}/__init__.py", "package/empty"),
    Template("src/{package}/py.typed", "package/empty"),
    Template("src/{package}/plugin.toml", "package/plugin.toml.jinja"),
    Template("src/{package}/permissions.toml", "package/permissions.toml.jinja", "routes"),
    Template("src/{package}/plugin.py", "package/plugin.py.jinja"),
    Template("src/{package}/api.py", "package/api.py.jinja", "model"),
    Template("src/{package}/models.py", "package/models.py.jinja", "model"),
    Template("src/{package}/migrations/0001_initial.py", "package/migration.py.jinja", "model"),
    Template("src/{package}/queries.py", "package/queries.py.jinja", "model"),
    Template("src/{package}/service.py", "package/service.py.jinja", "model"),
    Template("src/{package}/personal.py", "package/personal.py.jinja", "model"),
    Template("src/{package}/schemas.py", "package/schemas.py.jinja", "model routes"),
    Template("src/{package}/routes.py", "package/routes.py.jinja", "model routes"),
    Template("src/{package}/routes.py", "package/greeting.py.jinja", "routes", "model"),
    Template("src/{package}/events.py", "package/events.py.jinja", "events"),
    Template("src/{package}/commands.py", "package/commands.py.jinja", "commands"),
    Template("tests/conftest.py", "tests/conftest.py.jinja", "model"),
    Template("tests/test_plugin.py", "tests/test_plugin.py.jinja"),
    Template("tests/test_notes.py", "tests/test_notes.py.jinja", "model routes"),
    Template("tests/test_service.py", "tests/test_service.py.jinja", "model", "routes"),
    Template("tests/test_personal.py", "tests/test_personal.py.jinja", "model"),
    Template("tests/test_greeting.py", "tests/test_greeting.py.jinja", "routes", "model"),
    Template("tests/test_events.py", "tests/test_events.py.jinja", "events"),
    Template("tests/test_commands.py", "tests/test_commands.py.jinja", "commands"),
)
"""Everything that a new distribution can consist of."""


@click.command()
@click.argument("name")
@click.option(
    "--with",
    "wanted",
    default="routes",
    show_default=True,
    metavar="PARTS",
    help=f"What it brings, any of {','.join(PARTS)}; '' for nothing.",
)
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    default=Path(),
    metavar="DIR",
    help="Folder to write the distribution's folder into; by default the current one.",
)
@json_option
def new(name: str, wanted: str, into: Path, as_json: bool) -> None:
    """Write the distribution of a new plugin called NAME, with tests that pass.

    Its folder is pronaflow-NAME. Needs no settings and no database.
    """
    parts = [part for part in re.split(r"[,\s]+", wanted) if part]
    folder = into / f"pronaflow-{name.replace('_', '-')}"
    faults = [*_id_faults(name), *_part_faults(name, parts), *_place_faults(into, folder)]
    if faults:
        many = [f"{len(faults)} things speak against it:"] if len(faults) > 1 else []
        raise Failure("Nothing was written. " + "\n".join([*many, *faults]))
    files = render(name, parts)
    write(folder, files)
    steps = _steps(name, folder)
    data = {"id": name, "folder": str(folder), "files": sorted(files), "next": steps}
    emit(data, as_json, f"{folder} has {len(files)} files. Next:\n\n" + "\n".join(f"  {s}" for s in steps))


def render(plugin_id: str, parts: Collection[str]) -> dict[str, str]:
    """The files of a new distribution: path to text.

    Arguments:
        plugin_id: a valid id.
        parts: some of `PARTS`.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    names = _names(plugin_id, parts)
    return {
        file.target.format(**names): templates.get_template(file.name).render(names)
        for file in FILES
        if file.wanted(parts)
    }


def _names(plugin_id: str, parts: Collection[str]) -> dict[str, Any]:
    """What the templates call things."""
    from ..hookspecs import API_VERSION

    words = plugin_id.split("_")
    return {
        "id": plugin_id,
        "parts": sorted(parts),
        **{part: part in parts for part in PARTS},
        "package": f"pronaflow_{plugin_id}",
        "distribution": f"pronaflow-{'-'.join(words)}",
        "prefix": "".join(word.capitalize() for word in words),
        "title": " ".join(words).capitalize(),
        "summary": next(summary for part, summary in _SUMMARIES.items() if part in parts or not part),
        "path": "-".join(words),
        "command": "-".join(words),
        "resource": f"{plugin_id}_note",
        "kernel_range": _kernel_range(),
        "api_range": f">={API_VERSION},<{int(API_VERSION.partition('.')[0]) + 1}",
    }


_SUMMARIES = {
    "model": "Keeps notes",
    "routes": "Greets people",
    "events": "Notices who joins a workspace",
    "commands": "Greets people on the command line",
    "": "Does nothing yet",
}
"""What the first part of a new plugin makes it do."""


def _kernel_range() -> str:
    """The versions of the kernel that promise to be as this one."""
    from importlib.metadata import version

    from packaging.version import Version

    major, minor = Version(version("pronaflow-kernel")).release[:2]
    return f">={major}.{minor},<{major + 1}" if major else f">=0.{minor},<0.{minor + 1}"


def _id_faults(name: str) -> Iterator[str]:
    from keyword import iskeyword

    from ..plugins.discovery import RESERVED, discover

    if not re.fullmatch(r"(?=.{2,40}$)[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        rule = "2 to 40 lower-case letters and digits, in words with one underscore between them"
        near = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_").removeprefix("pronaflow_")[:40].strip("_")
        hint = f"; {near!r} would do" if re.match(r"[a-z].", near) else ""
        yield f"{name!r} is no plugin id, which is {rule}{hint}"
    if name in RESERVED:
        yield f"the id {name!r} is a name of the kernel; choose another"
    if iskeyword(name):
        yield f"the id {name!r} is a word of Python's own; choose another"
    for found in discover():
        if found.id == name:
            yield f"a plugin {name!r} is installed already, by {found.distribution} {found.version}"


def _part_faults(name: str, parts: Collection[str]) -> Iterator[str]:
    from difflib import get_close_matches

    there_are = f"there are {', '.join(PARTS)}"
    for part in dict.fromkeys(parts):
        if part in LATER:
            yield f"--with {part}: {LATER[part]}; {there_are}"
        elif part not in PARTS:
            near = get_close_matches(part, PARTS, n=1)
            meant = f", did you mean {near[0]}?" if near else ";"
            yield f"--with {part}: there is no such part{meant} {there_are}"
    command = name.replace("_", "-")
    if "commands" in parts and _command_exists(command):
        yield f"--with commands: there is a command `pronaflow {command}` already; choose another id"


def _command_exists(name: str) -> bool:
    from .main import main

    return main.get_command(click.get_current_context(), name) is not None


def _place_faults(into: Path, folder: Path) -> Iterator[str]:
    if not into.is_dir():
        yield f"--into {into}: there is no such folder"
    elif folder.exists():
        yield f"{folder} exists already"


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write a distribution: all files or none, since they are written beside the folder and then renamed.

    Arguments:
        folder: must not exist yet.
        files: path to text, from `render`.
    """
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as temporary:
        draft = Path(temporary, folder.name)
        for name, text in files.items():
            target = draft / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="\n")
        draft.rename(folder)


def _steps(name: str, folder: Path) -> list[str]:
    """What to type next, into the environment in which this runs."""
    from shlex import quote

    return [
        f"cd {quote(str(folder))}",
        "pip install -e '.[test]'",
        "pytest",
        f"pytest --pronaflow-contract {name}",
        "pronaflow quickstart",
    ]
