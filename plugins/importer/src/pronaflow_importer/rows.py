"""From a CSV row to the values of a task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from pronaflow_tasks.api import PRIORITIES, PRIORITY_ALIASES, STATUS_ALIASES, STATUSES

from .mapping import DATES, CsvMapping, Field
from .report import Report

BACKWARDS = "finished-before-created"
"""Tag of a task that its source says was finished before it was created; kept as it is."""

WORDS = {"status": {*STATUSES, *STATUS_ALIASES}, "priority": {*PRIORITIES, *PRIORITY_ALIASES}}
"""Words that tasks understands without a mapping."""

_DAYS = frozenset({"start_date", "due_date"})


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
    """Make an item of a row; None where it cannot be one, with the reasons in the report."""
    row_id = cells[mapping.id].strip()
    before = len(report.errors)
    if not row_id:
        report.note(line, "", mapping.id, "error", "the id is empty")
    values: dict[str, Any] = {}
    for name, rule in mapping.fields.items():
        try:
            value = _value(
                name, rule, cells, lambda text, n=name: report.note(line, row_id, n, "changed", text)
            )
        except ValueError as error:
            report.note(line, row_id, name, "error", str(error))
            continue
        if value is not None:
            values[name] = value
    _flag(line, row_id, values, report)
    if len(report.errors) > before:
        return None
    data = {column: cells[column] for column in mapping.keep if cells[column]}
    return Item(
        line,
        row_id,
        mapping.project_key.format_map(cells),
        mapping.project_name.format_map(cells),
        values,
        data,
    )


def _flag(line: int, row_id: str, values: dict[str, Any], report: Report) -> None:
    created, finished = values.get("created_at"), values.get("completed_at")
    if created is not None and finished is not None and finished < created:
        values["tags"] = [*values.get("tags", ()), BACKWARDS]
        report.note(line, row_id, "completed_at", "flag", "finished before it was created; kept and tagged")


def _value(name: str, rule: Field, cells: Mapping[str, str], changed: Any) -> Any:
    if rule.only_if and not cells[rule.only_if].strip():
        return None
    if rule.constant is not None:
        return rule.constant.format_map(cells)
    raw = cells[rule.column]
    text = raw.strip()
    if "\x00" in text:
        text = text.replace("\x00", "")
        changed("NUL characters were taken out")
    if not text:
        return rule.default
    if text in rule.words:
        meant = rule.words[text]
        if meant.lower() != text.lower():
            changed(f"{text!r} became {meant!r}")
        text = meant
    if name in WORDS and text.lower() not in WORDS[name]:
        raise ValueError(f"{text!r} is no {name}; give it a meaning under [fields.{name}.words]")
    if name == "tags":
        parts = text.split(rule.split) if rule.split else [text]
        return [rule.format.format(part.strip()) for part in parts if part.strip()]
    if name in DATES:
        return _instant(name, text, rule.dates)
    if name in ("estimated_hours", "story_points"):
        return float(text)
    return rule.format.format(text)


def _instant(name: str, text: str, formats: tuple[str, ...]) -> datetime | date:
    """A date or an instant; without a zone it is UTC.

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
    return moment.date() if name in _DAYS else moment
