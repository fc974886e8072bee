"""From a CSV row to the values of a task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
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

NUL = "\x00"

TRIMMED = "blanks around it were trimmed"

Told = Callable[[str, str], None]
"""Takes the name of a field or column, and what is to be said of it."""

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
    row_id = cells[mapping.id].replace(NUL, "").strip()
    before = len(report.notes)

    def refuse(name: str, message: str) -> None:
        report.note(line, row_id, name, "error", message)

    def changed(name: str, message: str) -> None:
        report.note(line, row_id, name, "changed", message)

    cells = _without_nul(cells, mapping, changed)
    if row_id != cells[mapping.id]:
        changed(mapping.id, TRIMMED)
    if not 0 < len(row_id) <= ID_LENGTH:
        refuse(mapping.id, f"the id is longer than {ID_LENGTH} characters" if row_id else "the id is empty")
    values: dict[str, Any] = {}
    for name, rule in mapping.fields.items():
        if _is_left_out(rule, cells):
            if rule.column and cells[rule.column].strip():
                report.note(line, row_id, name, "dropped", f"{rule.only_if} is empty")
            continue
        try:
            value = _value(name, rule, cells, changed)
        except ValueError as error:
            refuse(name, str(error))
            continue
        if value is not None:
            values[name] = value
    values = _held_to(_TASK, values, "", refuse, changed)
    project = {"key": filled(mapping.project_key, cells), "name": filled(mapping.project_name, cells)}
    project = _held_to(_PROJECT, project, "project.", refuse, changed)
    if any(note.kind == "error" for note in report.notes[before:]):
        return None
    _flag(line, row_id, values, report)
    data = {column: cells[column] for column in mapping.keep if cells[column]}
    return Item(line, row_id, project["key"], project["name"], values, data)


def _without_nul(cells: Mapping[str, str], mapping: CsvMapping, changed: Told) -> Mapping[str, str]:
    """The cells without NUL characters, which PostgreSQL cannot store."""
    if not any(NUL in cell for cell in cells.values()):
        return cells
    for column in sorted(mapping.columns):
        if NUL in cells[column]:
            changed(column, "NUL characters were taken out")
    return {column: cell.replace(NUL, "") for column, cell in cells.items()}


def _is_left_out(rule: Field, cells: Mapping[str, str]) -> bool:
    return bool(rule.only_if) and not cells[rule.only_if].strip()


def _held_to(
    schema: Schema, values: dict[str, Any], prefix: str, refuse: Told, changed: Told
) -> dict[str, Any]:
    """The values as a schema of the API loads them; business times, which no body has, stay as they are."""
    body = {name: value for name, value in values.items() if name not in _TIMES}
    try:
        loaded = load(schema, body)
    except ValidationFailed as refusal:
        for problem in refusal.problems:
            refuse(f"{prefix}{problem.field}", problem.message)
        return values
    for name, value in body.items():
        if (message := _difference(value, loaded[name])) is not None:
            changed(f"{prefix}{name}", message)
    return {**values, **loaded}


def _difference(given: Any, loaded: Any) -> str | None:
    """What the API made of a value, in words; None where it is the same."""
    if isinstance(loaded, float):
        return None if float(given) == loaded else "rounded to the decimal places that are stored"
    if not isinstance(loaded, str) or given == loaded:
        return None
    return TRIMMED if given.strip() == loaded else f"{given!r} became {loaded!r}"


def _flag(line: int, row_id: str, values: dict[str, Any], report: Report) -> None:
    created, finished = values.get("created_at"), values.get("completed_at")
    if created is not None and finished is not None and finished < created:
        values["tags"] = [*values.get("tags", ()), BACKWARDS]
        report.note(line, row_id, "completed_at", "flag", "finished before it was created; kept and tagged")


def _value(name: str, rule: Field, cells: Mapping[str, str], changed: Told) -> Any:
    """What a body of the API would hold for a field; None for nothing."""
    raw = cells[rule.column] if rule.constant is None else filled(rule.constant, cells)
    text = raw.strip()
    parts = text.split(rule.split) if name == "tags" and rule.split else [text]
    if text != raw or any(part != part.strip() for part in parts):
        changed(name, TRIMMED)
    if not text:
        if rule.default is None:
            return None
        text = rule.default
        changed(name, f"it was empty and became the default {text!r}")
    if text in rule.words:
        meant = rule.words[text]
        if meant != text:
            changed(name, f"{text!r} became {meant!r}")
        text = meant
    if name in WORDS and text.lower() not in WORDS[name]:
        raise ValueError(f"{text!r} is no {name}; give it a meaning under [fields.{name}.words]")
    if name == "tags":
        parts = text.split(rule.split) if rule.split else [text]
        return [rule.format.replace("{}", part.strip()) for part in parts if part.strip()]
    if name in DATES:
        moment = _instant(text, rule.dates)
        return _day(name, moment, changed) if name in _DAYS else _in_utc(text, moment)
    return rule.format.replace("{}", text)


def _instant(text: str, formats: tuple[str, ...]) -> datetime:
    """An instant or a day; without a zone it is in UTC.

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
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _day(name: str, moment: datetime, changed: Told) -> str:
    if moment.time() != time.min:
        changed(name, "the time of day was left out")
    return moment.date().isoformat()


def _in_utc(text: str, moment: datetime) -> datetime:
    """The instant in UTC, as it is stored.

    Raises:
        ValueError: there it lies outside of the years that can be stored.
    """
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text!r} lies outside of the years 1 to 9999 in UTC") from None
