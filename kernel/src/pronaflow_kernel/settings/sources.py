"""Where settings come from: a TOML file, environment variables, flags.

Each source yields entries `(section, key) -> Entry`; the section is `""` at the top level. Nothing is judged
here but what cannot be read at all.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from .problems import Problem

PREFIX = "PRONAFLOW_"
CONFIG_VARIABLE = "PRONAFLOW_CONFIG"
_TEST_PREFIX = "PRONAFLOW_TEST_"
_SECTION_ITSELF = ""


class Text(str):
    """A value that had no way to say its type, as everything in the environment."""


@dataclass(frozen=True)
class Entry:
    """One value somebody wrote.

    Arguments:
        value: as written: TOML's type, a flag's, or `Text`.
        where: place for people, e.g. `pronaflow.toml:12` or `PRONAFLOW_SERVER__PORT`.
        origin: the kind of place.
    """

    value: Any
    where: str
    origin: Literal["file", "environment", "flag"]


Name = tuple[str, str]
Entries = dict[Name, Entry]


def dotted(name: Name) -> str:
    """`("server", "port")` as `server.port`."""
    return ".".join(part for part in name if part)


def variable(name: Name) -> str:
    """`("server", "port")` as `PRONAFLOW_SERVER__PORT`."""
    return PREFIX + "__".join(part for part in name if part).upper()


def from_file(path: Path, problems: list[Problem]) -> Entries:
    """The entries of a TOML file; what cannot be read goes to `problems`."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        tree = tomllib.loads(text)
    except OSError as error:
        problems.append(Problem(str(path), "", f"cannot be read: {error.strerror}"))
        return {}
    except UnicodeDecodeError:
        problems.append(Problem(str(path), "", "is not UTF-8 text"))
        return {}
    except tomllib.TOMLDecodeError as error:
        problems.append(_syntax_problem(path, str(error)))
        return {}
    lines = dict(_lines(text))
    return {
        name: Entry(value, _place(path, name, lines), "file")
        for section, content in tree.items()
        for name, value in _flat(section, content)
    }


def _flat(section: str, content: Any) -> Iterator[tuple[Name, Any]]:
    if not isinstance(content, dict):
        yield ("", section), content
    elif not content:
        yield (section, _SECTION_ITSELF), content
    else:
        yield from (((section, key), value) for key, value in content.items())


def _syntax_problem(path: Path, message: str) -> Problem:
    found = re.search(r"\s*\(at line (\d+), column \d+\)", message)
    if found is None:
        return Problem(str(path), "", f"is not valid TOML: {message}")
    return Problem(f"{path}:{found[1]}", "", f"is not valid TOML: {message.replace(found[0], '')}")


def _place(path: Path, name: Name, lines: Mapping[Name, int]) -> str:
    section, key = name
    line = lines.get(name) or lines.get((section or key, _SECTION_ITSELF))
    return f"{path}:{line}" if line else str(path)


def _lines(text: str) -> Iterator[tuple[Name, int]]:
    """The first line of every section and key.

    tomllib tells no positions. A TOML statement ends where a line ends, so a statement is the shortest run of
    lines that parses alone; parsed alone it tells its own name.
    """
    section: str | None = ""
    start, statement = 1, ""
    for number, line in enumerate(text.split("\n"), start=1):
        statement += line + "\n"
        try:
            parsed = tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            continue
        if line.lstrip().startswith("[") and start == number:
            section, name = _header(parsed)
            yield name, number
        else:
            yield from ((name, start) for name in _named(section, parsed))
        start, statement = number + 1, ""


def _header(parsed: dict[str, Any]) -> tuple[str | None, Name]:
    """The section that a header opens, None for one inside a section, and the name that the header gives."""
    (section, content), *_ = parsed.items()
    if isinstance(content, dict) and content:
        return None, (section, next(iter(content)))
    return section, (section, _SECTION_ITSELF)


def _named(section: str | None, parsed: dict[str, Any]) -> Iterator[Name]:
    if section:
        yield from ((section, key) for key in parsed)
    elif section is not None:
        yield from (name for key, content in parsed.items() for name, _ in _flat(key, content))


def from_environment(env: Mapping[str, str], secrets: set[Name], problems: list[Problem]) -> Entries:
    """The entries of all variables `PRONAFLOW_[SECTION__]KEY`.

    Arguments:
        secrets: the settings that `..._FILE` may give; their value is that file's content.
    """
    entries: Entries = {}
    for given in sorted(env):
        if not given.startswith(PREFIX) or given == CONFIG_VARIABLE or given.startswith(_TEST_PREFIX):
            continue
        section, separator, key = given.removeprefix(PREFIX).lower().partition("__")
        name = (section, key) if separator else ("", section)
        of_file = (name[0], name[1].removesuffix("_file"))
        if name[1].endswith("_file") and of_file in secrets:
            if variable(of_file) in env:
                message = f"is also given by {variable(of_file)}; keep one"
                problems.append(Problem(given, dotted(of_file), message))
            else:
                entries.update(_content(given, of_file, Path(env[given]), problems))
        else:
            entries[name] = Entry(Text(env[given]), given, "environment")
    return entries


def _content(given: str, name: Name, path: Path, problems: list[Problem]) -> Entries:
    try:
        return {name: Entry(Text(path.read_text(encoding="utf-8").strip()), given, "environment")}
    except OSError as error:
        problems.append(Problem(given, dotted(name), f"cannot be read from {path}: {error.strerror}"))
    except UnicodeDecodeError:
        problems.append(Problem(given, dotted(name), f"cannot be read from {path}: not UTF-8 text"))
    return {}


def from_flags(overrides: Mapping[str, Any]) -> Entries:
    """The entries of flags by dotted name; None means that the flag was not given."""
    entries: Entries = {}
    for given, value in overrides.items():
        section, _, key = given.rpartition(".")
        if value is not None:
            entries[(section, key)] = Entry(Text(value) if isinstance(value, str) else value, "flag", "flag")
    return entries
