"""Mapping files: what a column becomes, and what is said of a wrong file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pronaflow_importer.mapping import MappingError, read_mapping, shipped
from pronaflow_importer.report import Report
from pronaflow_importer.rows import BACKWARDS, convert

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
"""


def item(tmp_path: Path, **cells: str) -> tuple[Any, Report]:
    path = tmp_path / "m.toml"
    path.write_text(GOOD)
    report = Report()
    row = {"Id": "7", "Team": "1", "Title": "T", "State": "", "Labels": "", "Born": "", "Died": "", **cells}
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
    }
    assert [(note.kind, note.field, note.message) for note in report.notes] == [
        ("changed", "status", "'Closed' became 'completed'")
    ]


def test_every_fault_of_a_row_is_named(tmp_path: Path) -> None:
    made, report = item(tmp_path, Id=" ", State="Sleeping", Born="31.02.2026")
    assert made is None
    assert {note.field for note in report.errors} == {"Id", "status", "created_at"}
    assert {note.line for note in report.errors} == {2}


def test_finished_before_created_is_kept_and_flagged(tmp_path: Path) -> None:
    made, report = item(tmp_path, Born="02.03.2026", Died="2026-03-01")
    assert made.values["tags"] == [BACKWARDS]
    assert [note.kind for note in report.notes] == ["flag"]


def test_nul_characters_are_taken_out_and_reported(tmp_path: Path) -> None:
    made, report = item(tmp_path, Title="a\x00b")
    assert made.values["title"] == "ab"
    assert [(note.kind, note.field) for note in report.notes] == [("changed", "title")]


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
    assert path is not None and read_mapping(path).fields["title"]
