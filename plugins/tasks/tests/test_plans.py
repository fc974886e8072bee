"""No list reads a whole table of tasks (stack.md 3.5): the plan of each list statement, on data.

Each statement is caught as the driver gets it and explained with the very values it ran with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from pronaflow_kernel.api import Scope, new_id
from pronaflow_kernel.testing import Person, World
from pronaflow_tasks.models import Task, TaskList

NEIGHBOURS, EACH = 12, 400
"""How many other workspaces share the table, and how many tasks each has."""


@pytest.fixture(scope="module")
def place(world: World) -> Any:
    """A project with tasks among many workspaces with as many."""
    ann = world.person("ann")
    project = ann.post("/api/v1/projects", {"name": "Website", "key": "WEB"}).data
    ann.post("/api/v1/tasks", {"project_id": project["id"], "title": "One", "tags": ["ui"]})
    task_list = ann.get("/api/v1/tasks/lists", project_id=project["id"]).data[0]
    _fill(world, ann.workspace_id, project["id"], task_list["id"], ann.id)
    for _ in range(NEIGHBOURS):
        other = world.person()
        theirs = other.post("/api/v1/projects", {"name": "Theirs", "key": "XYZ"}).data["id"]
        with world.kernel.db.write(Scope.system(other.workspace_id)) as uow:
            row = uow.insert(TaskList, {"project_id": theirs, "name": "General"})
        _fill(world, other.workspace_id, theirs, row["id"], other.id)
    if world.database_url.startswith("postgresql"):
        with world.kernel.db.engines.write.connect() as connection:
            raw = connection.connection.driver_connection
            raw.autocommit = True
            raw.execute("ANALYZE")
            raw.autocommit = False
    return {"ann": ann, "project_id": project["id"], "task_list_id": task_list["id"]}


def _fill(world: World, workspace_id: str, project_id: str, list_id: str, user_id: str) -> None:
    rows = [
        {
            "project_id": project_id,
            "task_list_id": list_id,
            "number": number,
            "key": f"KEY-{number}",
            "title": f"Task {number}",
            "assigned_to": user_id if number % 20 == 0 else new_id(),
            "created_by": new_id(),
            "priority": "high" if number % 10 == 0 else "low",
        }
        for number in range(2, EACH)
    ]
    with world.kernel.db.write(Scope.system(workspace_id)) as uow:
        uow.insert_many(Task, rows)


SORTS = ("created_at", "updated_at", "title", "due_date", "priority", "status", "key", "position")
FILTERS: dict[str, str] = {
    "status": "todo,in_progress",
    "priority": "high",
    "assigned_to": "me",
    "created_by": "me",
    "due_date_from": "2026-01-01",
    "due_date_to": "2026-12-31",
    "overdue": "true",
    "is_milestone": "true",
    "tag": "ui",
    "search": "task one*",
}


@pytest.mark.parametrize("scope", ["project_id", "task_list_id", None])
def test_no_list_of_tasks_scans_the_table(world: World, place: Any, scope: str | None) -> None:
    ann, where = place["ann"], {scope: place[scope]} if scope else {}
    queries = [{"sort": sign + sort} for sort in SORTS for sign in ("", "-")]
    queries += [{name: value} for name, value in FILTERS.items()] + [dict(FILTERS)]
    for query in queries:
        for plan in _plans(world, ann, "/api/v1/tasks", {**where, **query, "page_size": 5}):
            assert not _scanned(plan), f"{query}:\n" + "\n".join(plan)


def test_the_next_page_by_cursor_scans_nothing_either(world: World, place: Any) -> None:
    ann, query = place["ann"], {"project_id": place["project_id"], "page_size": 5}
    cursor = ann.get("/api/v1/tasks", **query).json["pagination"]["next_cursor"]
    for plan in _plans(world, ann, "/api/v1/tasks", {**query, "cursor": cursor}):
        assert not _scanned(plan), "\n".join(plan)


def test_lists_and_comments_scan_nothing(world: World, place: Any) -> None:
    ann = place["ann"]
    task = ann.get("/api/v1/tasks", project_id=place["project_id"]).data[0]
    for path, query in (
        ("/api/v1/tasks/lists", {"project_id": place["project_id"]}),
        (f"/api/v1/tasks/{task['id']}", {}),
        (f"/api/v1/tasks/{task['id']}/comments", {}),
    ):
        for plan in _plans(world, ann, path, query):
            assert not _scanned(plan), "\n".join(plan)


def test_the_tags_of_a_page_are_looked_up_task_by_task(world: World, place: Any) -> None:
    plans = _plans(world, place["ann"], "/api/v1/tasks", {"project_id": place["project_id"]})
    searches = [line for plan in plans for line in plan if "SEARCH tasks__task_tag" in line]
    assert all("task_id=?" in line for line in searches)
    assert searches or world.database_url.startswith("postgresql")


@pytest.mark.parametrize(
    ("scope", "sort", "index"),
    [
        ("project_id", "-created_at", "ix_tasks__task_project"),
        ("project_id", "due_date", "ix_tasks__task_project_due"),
        ("project_id", "key", "uq_tasks__task_workspace_id_project_id_number"),
        ("task_list_id", "-created_at", "ix_tasks__task_list_created"),
    ],
)
def test_the_usual_orders_come_out_of_an_index(
    world: World, place: Any, scope: str, sort: str, index: str
) -> None:
    query = {scope: place[scope], "sort": sort, "page_size": 5}
    plan = " ".join(_plans(world, place["ann"], "/api/v1/tasks", query)[0])
    assert index in plan or "sqlite_autoindex" in plan
    assert "TEMP B-TREE" not in plan
    assert "->  Sort" not in plan


def _plans(world: World, person: Person, path: str, query: dict[str, Any]) -> list[list[str]]:
    with _caught(world) as seen:
        assert person.get(path, **query).status == 200
    explain = "EXPLAIN " if world.database_url.startswith("postgresql") else "EXPLAIN QUERY PLAN "
    plans = []
    with world.kernel.db.engines.read.connect() as connection:
        raw = connection.connection.driver_connection
        for statement, parameters in seen:
            rows = raw.execute(explain + statement, parameters).fetchall()
            plans.append([str(row[-1]) for row in rows])
    return plans


@contextmanager
def _caught(world: World) -> Iterator[list[tuple[str, Any]]]:
    """The statements on tasks that run inside the block, with their values."""
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "tasks__task" in statement:
            seen.append((statement, parameters))

    engine = world.kernel.db.engines.read
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _scanned(plan: list[str]) -> bool:
    """Whether a plan reads all tasks; PostgreSQL does well to scan the other, small tables.

    SQLite calls a look-up in the full-text index a SCAN of a VIRTUAL TABLE.
    """
    whole = r"SCAN tasks__(?!.*VIRTUAL TABLE INDEX \d+:M)|Seq Scan on tasks__task( |$)"
    return any(re.search(whole, line) for line in plan)
