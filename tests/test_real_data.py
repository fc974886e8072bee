"""Two real data sets, imported through the services and read back through the API.

2,503 bug reports of the Hadoop project and 4,123 tasks of two teams (tests/data, with licence and source).
"""

from __future__ import annotations

import csv
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pronaflow_importer.mapping import read_mapping, shipped
from pronaflow_importer.people import acting_as
from pronaflow_importer.report import Report
from pronaflow_importer.service import CsvImport
from pronaflow_kernel.testing import Person, World

DATA = Path(__file__).parent / "data"
HADOOP = DATA / "hadoop-bugs" / "hadoop_bugs.csv"
TEAMS = DATA / "jira-tasks" / "jira.csv"
BACKWARDS = 1662
"""Rows of the second set that finish before they were created, counted by its README."""


@dataclass(frozen=True)
class Imported:
    """A server that holds both sets."""

    world: World
    owner: Person
    hadoop: Report
    teams: Report

    def run(self, path: Path, mapping: str, **options: Any) -> Report:
        """Import once more."""
        return run(self.world, self.owner, path, mapping, **options)

    def project(self, key: str) -> str:
        """Id of an imported project."""
        rows = self.owner.get("/api/v1/projects", workspace_id=self.owner.workspace_id).data
        return str(next(row["id"] for row in rows if row["key"] == key))


def run(world: World, owner: Person, path: Path, mapping: str, **options: Any) -> Report:
    ctx, rules = world.kernel.contexts["importer"], shipped(mapping)
    assert rules is not None
    scope = acting_as(ctx, owner.username, owner.workspace_id)
    return CsvImport(ctx, scope, path, read_mapping(rules), **options).run()


@pytest.fixture(scope="module")
def imported(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Imported]:
    world = World(new_database(), tmp_path_factory.mktemp("data"))
    owner = world.person("owner")
    yield Imported(
        world,
        owner,
        run(world, owner, HADOOP, "hadoop-bugs"),
        run(world, owner, TEAMS, "jira-tasks"),
    )
    world.close()


@pytest.fixture(scope="module")
def source() -> list[dict[str, str]]:
    csv.field_size_limit(10**8)
    with HADOOP.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def by_page(person: Person, **query: Any) -> list[Any]:
    rows: list[Any] = []
    page = 1
    while True:
        reply = person.get("/api/v1/tasks", **query, page=page, page_size=100)
        rows += reply.data
        if not reply.json["pagination"]["has_next"]:
            assert reply.json["pagination"]["total"] == len(rows)
            return rows
        page += 1


def by_cursor(person: Person, **query: Any) -> list[Any]:
    rows: list[Any] = []
    more: dict[str, Any] = {}
    while True:
        reply = person.get("/api/v1/tasks", **query, **more, page_size=100)
        rows += reply.data
        cursor = reply.json["pagination"]["next_cursor"]
        if cursor is None:
            return rows
        more = {"cursor": cursor}


def test_everything_arrived(imported: Imported) -> None:
    assert (imported.hadoop.rows, imported.hadoop.created, len(imported.hadoop.errors)) == (2503, 2503, 0)
    assert (imported.teams.rows, imported.teams.created, len(imported.teams.errors)) == (4123, 4123, 0)
    assert imported.hadoop.projects == ["HADOOP"] and imported.teams.projects == ["TEAM0", "TEAM1"]


@pytest.mark.parametrize(("keys", "number"), [(["HADOOP"], 2503), (["TEAM0", "TEAM1"], 4123)])
@pytest.mark.parametrize("sort", ["-created_at", "title", "priority"])
def test_pages_and_cursors_lose_and_double_nothing(
    imported: Imported, keys: list[str], number: int, sort: str
) -> None:
    paged: list[str] = []
    walked: list[str] = []
    for key in keys:
        query = {"project_id": imported.project(key), "sort": sort}
        paged += [row["id"] for row in by_page(imported.owner, **query)]
        walked += [row["id"] for row in by_cursor(imported.owner, **query)]
    assert len(set(paged)) == len(paged) == number
    assert walked == paged


def test_the_workspace_s_list_holds_both_sets(imported: Imported) -> None:
    rows = by_cursor(imported.owner, workspace_id=imported.owner.workspace_id)
    assert len({row["id"] for row in rows}) == len(rows) == 2503 + 4123


def test_fifty_words_are_found_exactly_where_they_stand(
    imported: Imported, source: list[dict[str, str]]
) -> None:
    held = [set(re.findall(r"\w+", f"{row['Summary']} {row['Description']}".casefold())) for row in source]
    vocabulary = sorted(set().union(*held))
    words = random.Random(2026).sample(vocabulary, 50)
    project = imported.project("HADOOP")
    for word in words:
        expected = {row["Issue id"] for row, tokens in zip(source, held, strict=True) if word in tokens}
        found = by_cursor(imported.owner, project_id=project, search=word)
        assert {row["title"] for row in found} == {
            row["Summary"].strip() for row in source if row["Issue id"] in expected
        }, word
        assert len(found) == len(expected), word


def test_common_words_are_found_exactly_too(imported: Imported, source: list[dict[str, str]]) -> None:
    project = imported.project("HADOOP")
    for word in ("namenode", "the", "hdfs"):
        expected = sum(
            word in re.findall(r"\w+", f"{row['Summary']} {row['Description']}".casefold()) for row in source
        )
        assert len(by_page(imported.owner, project_id=project, search=word)) == expected


def test_fields_filters_and_dates_are_those_of_the_source(
    imported: Imported, source: list[dict[str, str]]
) -> None:
    project = imported.project("HADOOP")
    statuses = Counter(row["status"] for row in by_cursor(imported.owner, project_id=project))
    assert statuses == {"completed": 1733, "todo": 684 + 15, "in_review": 41, "in_progress": 30}
    critical = by_page(imported.owner, project_id=project, priority="critical")
    assert len(critical) == 86 + 76
    assert len(by_page(imported.owner, project_id=project, status="todo,in_review")) == 684 + 15 + 41
    tagged = [
        row for row in source if "3.3.6" in [part.strip() for part in row["Affects Version/s"].split(",")]
    ]
    assert len(by_page(imported.owner, project_id=project, tag="version:3.3.6")) == len(tagged)
    row = source[0]
    (task,) = by_page(imported.owner, project_id=project, search="JAR timestamp AM conflict check")
    shown = imported.owner.get(f"/api/v1/tasks/{task['id']}").data
    assert shown["created_at"] == instant(row["Created"])
    assert shown["completed_at"] == instant(row["Resolved"])
    assert shown["description"] == row["Description"].strip()
    assert shown["tags"] == ["version:2.9.2"]


def instant(text: str) -> str:
    return datetime.strptime(text, "%d/%b/%y %H:%M").replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")


def test_impossible_dates_are_kept_flagged_and_counted(imported: Imported) -> None:
    flags = [note for note in imported.teams.notes if note.kind == "flag"]
    assert len(flags) == BACKWARDS
    found = 0
    for key in ("TEAM0", "TEAM1"):
        rows = by_cursor(imported.owner, project_id=imported.project(key), tag="finished-before-created")
        assert all(row["completed_at"] < row["created_at"] for row in rows)
        found += len(rows)
    assert found == BACKWARDS


def test_running_it_twice_changes_nothing(imported: Imported) -> None:
    project = imported.project("HADOOP")
    before = by_cursor(imported.owner, project_id=project)
    again = imported.run(HADOOP, "hadoop-bugs")
    assert (again.created, again.existing, again.projects) == (0, 2503, [])
    assert by_cursor(imported.owner, project_id=project) == before


def test_the_ledger_tells_the_source_s_times_and_notifies_nobody(imported: Imported) -> None:
    from sqlalchemy import func, select

    from pronaflow_kernel.events.models import EventRow
    from pronaflow_kernel.persistence.scope import SCOPE_WORKSPACE, Scope

    counts = (
        select(
            EventRow.type,
            EventRow.origin,
            func.count().label("n"),
            func.min(EventRow.occurred_at).label("first"),
        )
        .where(EventRow.workspace_id == SCOPE_WORKSPACE, EventRow.aggregate_type == "Task")
        .group_by(EventRow.type, EventRow.origin)
    )
    with imported.world.kernel.db.read(Scope.system(imported.owner.workspace_id)) as reader:
        rows = {(row["type"], row["origin"]): row for row in reader.all(counts)}
    assert rows[("task.created", "import")]["n"] == 2503 + 4123
    assert rows[("task.completed", "import")]["n"] == 1733 + 4123
    assert {origin for _, origin in rows} == {"import"}
    assert rows[("task.created", "import")]["first"].year < 2015
    imported.world.drain()
    assert imported.world.outbox.mails == []


def test_a_dry_run_keeps_nothing(imported: Imported, bob: Person, world: World) -> None:
    report = run(world, bob, TEAMS, "jira-tasks", dry_run=True)
    assert (report.created, report.projects) == (4123, ["TEAM0", "TEAM1"])
    assert bob.get("/api/v1/projects", workspace_id=bob.workspace_id).data == []
