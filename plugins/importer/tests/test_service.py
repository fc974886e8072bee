"""Importing into projects: what a rule refuses is an error of its rows, whatever the state of the project."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pronaflow_importer.mapping import read_mapping
from pronaflow_importer.people import acting_as
from pronaflow_importer.report import Report
from pronaflow_importer.service import CsvImport, ImportRefused
from pronaflow_kernel.api import Conflict
from pronaflow_kernel.testing import Person, World

MAPPING = """
source = "s"
id = "Id"
keep = ["Kept"]
[project]
key = "{Key}"
name = "Project {Key}"
[fields.title]
column = "Title"
"""
ROWS = "Id,Key,Title,Kept\n1,OLD,a,\n2,NEW,b,\n3,OLD,c,\n"


@pytest.fixture
def job(world: World, ann: Person, tmp_path: Path) -> Callable[..., CsvImport]:
    """An import of `text` into ann's workspace."""

    def job(text: str = ROWS, **options: Any) -> CsvImport:
        (tmp_path / "f.csv").write_text(text, newline="")
        (tmp_path / "m.toml").write_text(MAPPING)
        ctx = world.kernel.contexts["importer"]
        scope = acting_as(ctx, ann.username, ann.workspace_id)
        return CsvImport(ctx, scope, tmp_path / "f.csv", read_mapping(tmp_path / "m.toml"), **options)

    return job


@pytest.fixture
def old(ann: Person) -> str:
    """Id of a project with the key OLD."""
    return str(ann.post("/api/v1/projects", {"name": "Old", "key": "OLD"}).data["id"])


def titles(person: Person) -> list[str]:
    return sorted(row["title"] for row in person.get("/api/v1/tasks", workspace_id=person.workspace_id).data)


def faults(report: Report) -> list[tuple[int, str, str]]:
    return [(note.line, note.id, note.field) for note in report.errors]


def test_nul_in_an_id_or_a_kept_cell_stops_nothing(job: Callable[..., CsvImport], ann: Person) -> None:
    text = 'Id,Key,Title,Kept\n"1\x00",NEW,a,"k\x00"\n2,NEW,b,\n'
    report = job(text).run()
    assert (report.created, report.errors) == (2, [])
    assert {note.field for note in report.notes} == {"Id", "Kept"}
    assert job(text).run().existing == 2


@pytest.mark.parametrize("state", ["trashed", "on_hold"])
def test_a_project_that_takes_no_tasks_is_a_fault_of_its_rows(
    job: Callable[..., CsvImport], ann: Person, old: str, state: str
) -> None:
    if state == "trashed":
        ann.delete(f"/api/v1/projects/{old}")
    else:
        ann.patch(f"/api/v1/projects/{old}", {"status": "on_hold"})
    with pytest.raises(ImportRefused, match="nothing was imported") as refusal:
        job().run()
    assert faults(refusal.value.report) == [(2, "1", "project"), (4, "3", "project")]
    assert titles(ann) == []
    report = job(skip_errors=True).run()
    assert faults(report) == [(2, "1", "project"), (4, "3", "project")]
    assert (report.created, report.projects, titles(ann)) == (1, ["NEW"], ["b"])


def test_a_trashed_project_s_fault_says_what_to_do(
    job: Callable[..., CsvImport], ann: Person, old: str
) -> None:
    ann.delete(f"/api/v1/projects/{old}")
    with pytest.raises(ImportRefused) as refusal:
        job(dry_run=True).run()
    assert refusal.value.report.errors[0].message.endswith("in the trash, restore it")


def test_rows_that_a_plugin_objects_to_are_named(
    job: Callable[..., CsvImport], ann: Person, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def objecting(uow: Any, resource: str, row: Any, changes: Any) -> None:
        if resource == "task" and changes["title"] == "c":
            raise Conflict("No c, please")

    monkeypatch.setattr(world.kernel.hooks, "check_change", objecting)
    with pytest.raises(ImportRefused) as refusal:
        job().run()
    assert [(note.line, note.message) for note in refusal.value.report.errors] == [(4, "No c, please")]
    assert titles(ann) == []
    report = job(skip_errors=True).run()
    assert (faults(report), report.created, titles(ann)) == ([(4, "3", "")], 2, ["a", "b"])


def test_progress_counts_bytes_while_checking_and_rows_while_writing(
    job: Callable[..., CsvImport], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pronaflow_importer.service.PORTION", 2)
    text = ROWS + "4,NEW,,\n"
    started = job(text, skip_errors=True)
    read: list[int] = []
    written: list[int] = []
    assert started.check(read.append) == 3
    assert sum(read) == len(text)
    started.write(written.append)
    assert written == [2, 1]


def test_a_refused_dry_run_claims_no_task(
    job: Callable[..., CsvImport], ann: Person, old: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pronaflow_importer.service.PORTION", 1)
    ann.patch(f"/api/v1/projects/{old}", {"status": "on_hold"})
    text = "Id,Key,Title,Kept\n1,NEW,a,\n2,OLD,b,\n"
    with pytest.raises(ImportRefused, match="nothing was imported"):
        job(text, dry_run=True).run()
    with pytest.raises(ImportRefused, match="the 1 tasks before"):
        job(text).run()
