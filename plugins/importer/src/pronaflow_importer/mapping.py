"""Mapping files: which column of a CSV file becomes which field of a task, and what its words mean.

source = "hadoop"                     # external ids are remembered under this name
id = "Issue id"                       # the column with the id there

[project]
key = "HADOOP"                        # may contain {columns}
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

import string
import tomllib
from collections.abc import Mapping
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
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


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


def _faults(data: Mapping[str, Any]) -> Any:
    for name in ("source", "id"):
        if not isinstance(data.get(name), str) or not data[name]:
            yield f"`{name}` is missing"
    for name in data.keys() - {"source", "id", "project", "fields", "keep"}:
        yield f"unknown key `{name}`"
    project = data.get("project", {})
    if not isinstance(project, dict) or set(project) != {"key", "name"}:
        yield "[project] needs `key` and `name` and nothing else"
    rules = data.get("fields", {})
    if "title" not in rules:
        yield "[fields.title] is missing"
    for name, entry in rules.items():
        if name not in TARGETS:
            yield f"[fields.{name}] is no field of a task: {', '.join(sorted(TARGETS))}"
        for key in entry.keys() - set(Field.__dataclass_fields__):
            yield f"[fields.{name}] has an unknown key `{key}`"
        if not entry.get("column") and entry.get("constant") is None:
            yield f"[fields.{name}] needs `column` or `constant`"
