"""From a CSV row to the values of a task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pronaflow_kernel.api import Schema, ValidationFailed, load
from pronaflow_projects.api import ProjectCreate
from pronaflow_tasks.api import PRIORITIES, PRIORITY_ALIASES, STATUS_ALIASES, STATUSES, TaskCreate

from .mapping import DATES, CsvMapping, Field, filled
from .report import Report

BACKWARDS = "finished-before-created"
"""Tag of a task that its source says was finished before it was created; kept as it is."""

WORDS = {"status": {*STATUSES, *STATUS_ALIASES}, "priority": {*PRIORITIES, *PRIORITY_ALIASES}}
"""Words that tasks understands without a mapping."""

ID_LENGTH = 200
"""Longest external id, as tasks stores it."""

_DAYS = frozenset({"start_date", "due_date"})
_TIMES = DATES - _DAYS
_TASK = TaskCreate()
_PROJECT = ProjectCreate(only=("key", "name"))


@dataclass(frozen=True, slots=True)
class Item:
    """A task to be.

    Arguments:
        line: of the file; id: in its source.
        project_key, project_name: where it belongs.
        values: for the service of tasks, without project and external id.
        data: what is kept of the source beside the fields.
    """

    line: int
    id: str
    project_key: str
    project_name: str
    values: dict[str, Any]
    data: dict[str, Any]


def convert(line: int, cells: Mapping[str, str], mapping: CsvMapping, report: Report) -> Item | None:
    """Make an item of a row; None where it cannot be one, with the reasons in the report.

    What the API would refuse in a body is refused here, field by field and in the same words.
    """
    row_id = cells[mapping.id].strip()
    before = len(report.errors)

    def refuse(name: str, message: str) -> None:
        report.note(line, row_id, name, "error", message)

    if not 0 < len(row_id) <= ID_LENGTH:
        refuse(mapping.id, f"the id is longer than {ID_LENGTH} characters" if row_id else "the id is empty")
    values: dict[str, Any] = {}
    for name, rule in mapping.fields.items():
        try:
            value = _value(
                name, rule, cells, lambda text, n=name: report.note(line, row_id, n, "changed", text)
            )
        except ValueError as error:
            refuse(name, str(error))
            continue
        if value is not None:
            values[name] = value
    values = _held_to(_TASK, values, "", refuse)
    project = {"key": filled(mapping.project_key, cells), "name": filled(mapping.project_name, cells)}
    project = _held_to(_PROJECT, project, "project.", refuse)
    if len(report.errors) > before:
        return None
    _flag(line, row_id, values, report)
    data = {column: cells[column] for column in mapping.keep if cells[column]}
    return Item(line, row_id, project["key"], project["name"], values, data)


def _held_to(schema: Schema, values: dict[str, Any], prefix: str, refuse: Callable[[str, str], None]) -> Any:
    """The values as a schema of the API loads them; business times, which no body has, stay as they are."""
    body = {name: value for name, value in values.items() if name not in _TIMES}
    try:
        return {**values, **load(schema, body)}
    except ValidationFailed as refusal:
        for problem in refusal.problems:
            refuse(f"{prefix}{problem.field}", problem.message)
        return values


def _flag(line: int, row_id: str, values: dict[str, Any], report: Report) -> None:
    created, finished = values.get("created_at"), values.get("completed_at")
    if created is not None and finished is not None and finished < created:
        values["tags"] = [*values.get("tags", ()), BACKWARDS]
        report.note(line, row_id, "completed_at", "flag", "finished before it was created; kept and tagged")


def _value(name: str, rule: Field, cells: Mapping[str, str], changed: Any) -> Any:
    """What a body of the API would hold for a field; None for nothing."""
    if rule.only_if and not cells[rule.only_if].strip():
        return None
    raw = cells[rule.column] if rule.constant is None else filled(rule.constant, cells)
    text = raw.strip()
    if "\x00" in text:
        text = text.replace("\x00", "")
        changed("NUL characters were taken out")
    if not text:
        if rule.default is None:
            return None
        text = rule.default
    if text in rule.words:
        meant = rule.words[text]
        if meant.lower() != text.lower():
            changed(f"{text!r} became {meant!r}")
        text = meant
    if name in WORDS and text.lower() not in WORDS[name]:
        raise ValueError(f"{text!r} is no {name}; give it a meaning under [fields.{name}.words]")
    if name == "tags":
        parts = text.split(rule.split) if rule.split else [text]
        return [rule.format.replace("{}", part.strip()) for part in parts if part.strip()]
    if name in DATES:
        return _instant(name, text, rule.dates)
    return rule.format.replace("{}", text)


def _instant(name: str, text: str, formats: tuple[str, ...]) -> datetime | str:
    """An instant, without a zone in UTC, or a day in ISO 8601.

    Raises:
        ValueError: no format fits.
    """
    for form in formats:
        try:
            moment = datetime.strptime(text, form)
            break
        except ValueError:
            continue
    else:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(f"{text!r} is no date in a format that the mapping names") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.date().isoformat() if name in _DAYS else moment
