"""Mapping files: what a column becomes, and what is said of a wrong file."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pronaflow_importer.mapping import MappingError, read_mapping, shipped
from pronaflow_importer.report import Report
from pronaflow_importer.rows import BACKWARDS, TRIMMED, convert

GOOD = """
source = "s"
id = "Id"
keep = ["Team"]
[project]
key = "P{Team}"
name = "Team {Team}"
[fields.title]
column = "Title"
[fields.status]
column = "State"
words = { Closed = "completed" }
[fields.tags]
column = "Labels"
split = ";"
format = "l:{}"
[fields.created_at]
column = "Born"
dates = ["%d.%m.%Y"]
[fields.completed_at]
column = "Died"
[fields.estimated_hours]
column = "Est. [h]"
default = "1"
[fields.start_date]
column = "Start"
only_if = "Month"
[fields.due_date]
constant = "2026-{Month}-01"
only_if = "Month"
"""
HEAD = GOOD.partition("[fields.title]")[0]
BLANK = dict.fromkeys(("State", "Labels", "Born", "Died", "Est. [h]", "Month", "Start"), "")


def item(tmp_path: Path, **cells: str) -> tuple[Any, Report]:
    path = tmp_path / "m.toml"
    path.write_text(GOOD)
    report = Report()
    row = {"Id": "7", "Team": "1", "Title": "T", **BLANK, **cells}
    return convert(2, row, read_mapping(path), report), report


def test_columns_become_fields(tmp_path: Path) -> None:
    made, report = item(
        tmp_path, State="Closed", Labels="a; b;", Born="02.03.2026", Died="2026-03-04T05:06:07+02:00"
    )
    assert (made.project_key, made.project_name, made.data) == ("P1", "Team 1", {"Team": "1"})
    assert made.values == {
        "title": "T",
        "status": "completed",
        "tags": ["l:a", "l:b"],
        "created_at": datetime(2026, 3, 2, tzinfo=UTC),
        "completed_at": datetime.fromisoformat("2026-03-04T05:06:07+02:00"),
        "estimated_hours": 1.0,
    }
    assert [(note.kind, note.field, note.message) for note in report.notes] == [
        ("changed", "status", "'Closed' became 'completed'"),
        ("changed", "tags", TRIMMED),
        ("changed", "estimated_hours", "it was empty and became the default '1'"),
    ]


def test_every_fault_of_a_row_is_named(tmp_path: Path) -> None:
    made, report = item(tmp_path, Id=" ", State="Sleeping", Born="31.02.2026")
    assert made is None
    assert {note.field for note in report.errors} == {"Id", "status", "created_at"}
    assert {note.line for note in report.errors} == {2}


@pytest.mark.parametrize(
    ("column", "cell", "fault"),
    [
        ("Id", "x" * 201, ("Id", "the id is longer than 200 characters")),
        ("Title", "", ("title", "Missing data for required field.")),
        ("Title", "x" * 256, ("title", "Length must be between 1 and 255.")),
        ("Labels", "x" * 51, ("tags.0", "Length must be between 1 and 50.")),
        (
            "Est. [h]",
            "nan",
            ("estimated_hours", "Special numeric values (nan or infinity) are not permitted."),
        ),
        (
            "Est. [h]",
            "1e400",
            ("estimated_hours", "Special numeric values (nan or infinity) are not permitted."),
        ),
        (
            "Est. [h]",
            "-1",
            ("estimated_hours", "Must be greater than or equal to 0 and less than or equal to 100000."),
        ),
        ("Est. [h]", "1,5", ("estimated_hours", "Not a valid number.")),
        ("Month", "13", ("due_date", "'2026-13-01' is no date in a format that the mapping names")),
        ("Team", "a", ("project.key", "2 to 6 capital letters or digits.")),
        ("Team", "x" * 200, ("project.name", "Length must be between 1 and 150.")),
    ],
)
def test_what_the_api_refuses_is_refused(
    tmp_path: Path, column: str, cell: str, fault: tuple[str, str]
) -> None:
    made, report = item(tmp_path, **{column: cell})
    assert made is None
    assert fault in [(note.field, note.message) for note in report.errors]
    assert report.rows_at_fault == 1


def test_constants_and_defaults_become_what_columns_become(tmp_path: Path) -> None:
    made, _ = item(tmp_path, Month="04")
    assert (made.values["due_date"], made.values["estimated_hours"]) == (date(2026, 4, 1), 1.0)


def test_a_cell_with_braces_is_only_text(tmp_path: Path) -> None:
    made, _ = item(tmp_path, Title="{Team} {0} {", Labels="{}")
    assert (made.values["title"], made.values["tags"]) == ("{Team} {0} {", ["l:{}"])


def test_finished_before_created_is_kept_and_flagged(tmp_path: Path) -> None:
    made, report = item(tmp_path, Born="02.03.2026", Died="2026-03-01")
    assert made.values["tags"] == [BACKWARDS]
    assert [note.field for note in report.notes if note.kind == "flag"] == ["completed_at"]


def notes(report: Report) -> set[tuple[str, str, str]]:
    """Notes about the row, without the default that every row of `item` takes."""
    return {(note.kind, note.field, note.message) for note in report.notes if "default" not in note.message}


def test_nul_characters_are_taken_out_of_every_cell_and_reported(tmp_path: Path) -> None:
    made, report = item(tmp_path, Title="a\x00b", Id="7\x00", Team="1\x00")
    assert (made.id, made.values["title"], made.data) == ("7", "ab", {"Team": "1"})
    assert (made.project_key, made.project_name) == ("P1", "Team 1")
    message = "NUL characters were taken out"
    assert notes(report) == {("changed", name, message) for name in ("Title", "Id", "Team")}


def test_an_id_of_nothing_but_nul_is_empty(tmp_path: Path) -> None:
    made, report = item(tmp_path, Id="\x00")
    assert made is None
    assert [note.message for note in report.errors] == ["the id is empty"]


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00-05:00"])
def test_a_time_that_utc_cannot_hold_is_a_fault_of_its_row(tmp_path: Path, text: str) -> None:
    made, report = item(tmp_path, Born="02.03.2026", Died=text)
    assert made is None
    assert [(note.line, note.field, note.message) for note in report.errors] == [
        (2, "completed_at", f"{text!r} lies outside of the years 1 to 9999 in UTC")
    ]


def test_times_are_stored_in_utc(tmp_path: Path) -> None:
    made, _ = item(tmp_path, Died="2026-03-04T05:06:07+02:00")
    assert made.values["completed_at"].isoformat() == "2026-03-04T03:06:07+00:00"


@pytest.mark.parametrize(
    ("column", "cell", "note"),
    [
        ("Title", "  T ", ("changed", "title", TRIMMED)),
        ("Id", " 7 ", ("changed", "Id", TRIMMED)),
        ("Labels", "a; b ;c", ("changed", "tags", TRIMMED)),
        ("State", "done", ("changed", "status", "'done' became 'completed'")),
        ("State", "TODO", ("changed", "status", "'TODO' became 'todo'")),
        (
            "Est. [h]",
            "1.23456",
            ("changed", "estimated_hours", "rounded to the decimal places that are stored"),
        ),
        ("Start", "2026-03-04", ("dropped", "start_date", "Month is empty")),
    ],
)
def test_whatever_becomes_different_is_noted_once(
    tmp_path: Path, column: str, cell: str, note: tuple[str, str, str]
) -> None:
    made, report = item(tmp_path, **{column: cell})
    assert made is not None
    assert notes(report) == {note}


def test_a_day_takes_no_time_of_day(tmp_path: Path) -> None:
    made, report = item(tmp_path, Start="2026-03-04T05:06", Month="04")
    assert made.values["start_date"] == date(2026, 3, 4)
    assert notes(report) == {("changed", "start_date", "the time of day was left out")}


def test_a_row_that_stays_as_it_is_has_no_note(tmp_path: Path) -> None:
    _, report = item(tmp_path, State="todo", Labels="a;b", Born="02.03.2026", **{"Est. [h]": "1.50"})
    assert report.notes == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = ", "Invalid value"),
        ("nonsense = 1", "`source` is missing; `id` is missing; unknown key `nonsense`"),
        (
            GOOD.replace("[fields.title]", "[fields.headline]"),
            r"\[fields.title\] is missing; \[fields.headline\] is no",
        ),
        (GOOD.replace('split = ";"', "splitt = 1"), "unknown key `splitt`"),
        (GOOD.replace('column = "Died"', ""), r"\[fields.completed_at\] needs `column` or `constant`"),
        (GOOD.replace('column = "Died"', "column = 3"), r"\[fields.completed_at\] `column` must be text"),
        (GOOD.replace('["%d.%m.%Y"]', '"%d.%m.%Y"'), "`dates` must be a list of formats"),
        (GOOD.replace('{ Closed = "completed" }', "{ Closed = 1 }"), "`words` must be a table of words"),
        (GOOD.replace('"l:{}"', '"l:"'), "`format` must hold {}"),
        (GOOD.replace('split = ";"', 'split = ""'), "`split` must not be empty"),
        (GOOD.replace('"P{Team}"', '"P{Team"'), r"\[project\] `key` has a brace that encloses no column"),
        (GOOD.replace('"Team {Team}"', "7"), r"\[project\] `name` must be text"),
        (GOOD.replace('source = "s"', f'source = "{"s" * 51}"'), "`source` is longer than 50 characters"),
        (GOOD.replace('["Team"]', '"Team"'), "`keep` must be a list of columns"),
        (f"{HEAD}[fields]\ntitle = 'Title'", r"\[fields.title\] must be a table with `column` or `constant`"),
        (HEAD.replace("[project]", "fields = 1\n[project]"), r"\[fields\] must be a table"),
    ],
)
def test_a_wrong_mapping_names_every_fault(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "m.toml"
    path.write_text(text)
    with pytest.raises(MappingError, match=words):
        read_mapping(path)


@pytest.mark.parametrize("name", ["hadoop-bugs", "jira-tasks"])
def test_the_shipped_mappings_are_right(name: str) -> None:
    path = shipped(name)
    assert path is not None and "title" in read_mapping(path).fields
