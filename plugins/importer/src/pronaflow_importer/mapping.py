"""Mapping files: which column of a CSV file becomes which field of a task, and what its words mean.

source = "hadoop"                     # external ids are remembered under this name
id = "Issue id"                       # the column with the id there

[project]
key = "HADOOP"                        # may contain {columns}: "TEAM{Team}"
name = "Hadoop"

[fields.title]
column = "Summary"

[fields.status]
column = "Status"
words = { "Open" = "todo", "Resolved" = "completed" }

[fields.tags]
column = "Affects Version/s"
split = ","
format = "version:{}"

[fields.created_at]
column = "Created"
dates = ["%d/%b/%y %H:%M"]
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TARGETS = frozenset(
    {
        "title",
        "description",
        "status",
        "priority",
        "tags",
        "start_date",
        "due_date",
        "estimated_hours",
        "story_points",
        "created_at",
        "started_at",
        "completed_at",
    }
)
"""Fields of a task that a mapping can fill; anything else goes to `keep`."""

DATES = frozenset({"start_date", "due_date", "created_at", "started_at", "completed_at"})

SOURCE_LENGTH = 50
"""Longest name of a source, as tasks stores it."""

_COLUMN = re.compile(r"\{([^{}]+)\}")


class MappingError(ValueError):
    """A mapping file is wrong; the message names every fault."""


@dataclass(frozen=True, slots=True)
class Field:
    """How one field of a task is made.

    Arguments:
        column: taken from here; empty where `constant` says all.
        words: what words of the column mean; a word that is not here stays as it is.
        default: where the column is empty.
        constant: the same for every row; may contain `{columns}`.
        dates: formats of `strptime`, tried in order; without any, ISO 8601.
        split: separates several values (tags).
        format: wraps each value, `{}` stands for it.
        only_if: a column that must not be empty for the field to be set.
    """

    column: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    default: str | None = None
    constant: str | None = None
    dates: tuple[str, ...] = ()
    split: str | None = None
    format: str = "{}"
    only_if: str = ""


@dataclass(frozen=True, slots=True)
class CsvMapping:
    """A whole mapping file.

    Arguments:
        source: name under which external ids are remembered.
        id: column with the id.
        project_key, project_name: templates with `{columns}`.
        fields: by name of the task's field.
        keep: columns kept with the task as data of the source, not shown as fields.
    """

    source: str
    id: str
    project_key: str
    project_name: str
    fields: Mapping[str, Field]
    keep: tuple[str, ...] = ()

    @property
    def columns(self) -> set[str]:
        """All columns that the mapping looks at."""
        found = {self.id, *self.keep}
        for rule in self.fields.values():
            found |= {rule.column, rule.only_if} - {""}
            found |= names_in(rule.constant or "")
        return found | names_in(self.project_key) | names_in(self.project_name)


def shipped(name: str) -> Path | None:
    """The mapping of that name that comes with the plugin (`hadoop-bugs`, `jira-tasks`), or None."""
    path = Path(__file__).parent / "mappings" / f"{name}.toml"
    return path if path.is_file() else None


def names_in(template: str) -> set[str]:
    """The columns that a template mentions."""
    return set(_COLUMN.findall(template))


def filled(template: str, cells: Mapping[str, str]) -> str:
    """A template with the cells of a row in the places of their `{columns}`."""
    return _COLUMN.sub(lambda found: cells[found[1]], template)


def read_mapping(path: Path) -> CsvMapping:
    """Read and check a mapping file.

    Raises:
        MappingError: with every fault.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise MappingError(f"{path}: {error}") from None
    faults = list(_faults(data))
    if faults:
        raise MappingError(f"{path}: {'; '.join(faults)}")
    rules = {
        name: Field(**{**entry, "dates": tuple(entry.get("dates", ()))})
        for name, entry in data["fields"].items()
    }
    project = data["project"]
    return CsvMapping(
        data["source"], data["id"], project["key"], project["name"], rules, tuple(data.get("keep", ()))
    )


def _faults(data: Mapping[str, Any]) -> Iterator[str]:
    for name in ("source", "id"):
        if not isinstance(data.get(name), str) or not data[name]:
            yield f"`{name}` is missing"
    if len(str(data.get("source", ""))) > SOURCE_LENGTH:
        yield f"`source` is longer than {SOURCE_LENGTH} characters"
    if not _is_list_of_text(data.get("keep", [])):
        yield "`keep` must be a list of columns"
    for name in data.keys() - {"source", "id", "project", "fields", "keep"}:
        yield f"unknown key `{name}`"
    project = data.get("project", {})
    if not isinstance(project, dict) or set(project) != {"key", "name"}:
        yield "[project] needs `key` and `name` and nothing else"
    else:
        yield from (
            f"[project] `{key}` {fault}" for key in project if (fault := _template_fault(project[key]))
        )
    rules = data.get("fields", {})
    if not isinstance(rules, dict):
        yield "[fields] must be a table"
        return
    if "title" not in rules:
        yield "[fields.title] is missing"
    yield from (fault for name, entry in rules.items() for fault in _field_faults(name, entry))


def _field_faults(name: str, entry: Any) -> Iterator[str]:
    if name not in TARGETS:
        yield f"[fields.{name}] is no field of a task: {', '.join(sorted(TARGETS))}"
    if not isinstance(entry, dict):
        yield f"[fields.{name}] must be a table with `column` or `constant`"
        return
    for key, value in entry.items():
        if key not in Field.__dataclass_fields__:
            yield f"[fields.{name}] has an unknown key `{key}`"
        elif (fault := _value_fault(key, value)) is not None:
            yield f"[fields.{name}] `{key}` {fault}"
    if not entry.get("column") and entry.get("constant") is None:
        yield f"[fields.{name}] needs `column` or `constant`"


def _value_fault(key: str, value: Any) -> str | None:
    if key == "dates":
        return None if _is_list_of_text(value) else "must be a list of formats"
    if key == "words":
        good = isinstance(value, dict) and all(isinstance(word, str) for word in value.values())
        return None if good else "must be a table of words"
    if key == "constant":
        return _template_fault(value)
    if not isinstance(value, str):
        return "must be text"
    if key == "split" and not value:
        return "must not be empty"
    return "must hold {}, which stands for the value" if key == "format" and "{}" not in value else None


def _template_fault(template: Any) -> str | None:
    if not isinstance(template, str):
        return "must be text"
    return "has a brace that encloses no column" if set("{}") & set(_COLUMN.sub("", template)) else None


def _is_list_of_text(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
