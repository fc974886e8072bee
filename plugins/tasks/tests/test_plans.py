"""No list reads a whole table of tasks (stack.md 3.5): the plan of each list statement, on data.

Each statement is caught as the driver gets it and explained with the very values it ran with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from pronaflow_kernel.api import SCOPE_WORKSPACE, Scope, new_id
from pronaflow_kernel.testing import Person, World
from pronaflow_tasks.custom_fields.models import CustomField, CustomValue
from pronaflow_tasks.models import Task, TaskList
from pronaflow_tasks.people.models import TaskAssignee
from pronaflow_tasks.timekeeping.models import TimeEntry

NEIGHBOURS, EACH = 12, 400
"""How many other workspaces share the table, and how many tasks each has."""


@pytest.fixture(scope="module")
def place(world: World) -> Any:
    """A project with tasks among many workspaces with as many."""
    ann = world.person("ann")
    project = ann.post("/api/v1/projects", {"name": "Website", "key": "WEB"}).data
    ann.post("/api/v1/tasks", {"project_id": project["id"], "title": "One", "tags": ["ui"]})
    task_list = ann.get("/api/v1/tasks/lists", project_id=project["id"]).data[0]
    _fill(world, ann.workspace_id, project["id"], task_list["id"], ann.id, assigned=20)
    fields = _more(world, ann.workspace_id, project["id"], ann.id)
    for _ in range(NEIGHBOURS):
        other = world.person()
        theirs = other.post("/api/v1/projects", {"name": "Theirs", "key": "XYZ"}).data["id"]
        with world.kernel.db.write(Scope.system(other.workspace_id)) as uow:
            row = uow.insert(TaskList, {"project_id": theirs, "name": "General"})
        _fill(world, other.workspace_id, theirs, row["id"], other.id)
        _more(world, other.workspace_id, theirs, other.id)
    if world.database_url.startswith("postgresql"):
        with world.kernel.db.engines.write.connect() as connection:
            raw = connection.connection.driver_connection
            raw.autocommit = True
            raw.execute("ANALYZE")
            raw.autocommit = False
    where = {"project_id": project["id"], "task_list_id": task_list["id"]}
    return {"ann": ann, **where, "fields": fields}


def _fill(
    world: World, workspace_id: str, project_id: str, list_id: str, user_id: str, assigned: int = EACH
) -> None:
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
        made = uow.insert_many(Task, rows)
        uow.insert_many(TaskAssignee, [{"task_id": row["id"], "user_id": user_id} for row in made[:assigned]])


def _more(world: World, workspace_id: str, project_id: str, user_id: str) -> dict[str, str]:
    """Values of custom fields for two tasks in three, and time spent on each; the fields' ids by kind."""
    fields = {"text": new_id(), "number": new_id(), "date": new_id()}
    with world.kernel.db.write(Scope.system(workspace_id)) as uow:
        shared = {"project_id": project_id, "options": []}
        uow.insert_many(
            CustomField,
            [
                {"id": fields[kind], "name": kind, "name_norm": kind, "type": kind, **shared}
                for kind in fields
            ],
        )
        tasks = uow.all(IDS)
        values, entries = [], []
        for number, task in enumerate(tasks):
            day = date(2026, 1, 1) + timedelta(days=number % 300)
            cell = {"task_id": task["id"], "choice": "", "data": "0"}
            if number % 3:
                values.append({**cell, "field_id": fields["text"], "text_key": f"word {number}"})
                values.append({**cell, "field_id": fields["number"], "number": float(number)})
                values.append({**cell, "field_id": fields["date"], "day": day})
            whose = user_id if number % 20 == 0 else new_id()
            spent = {"task_id": task["id"], "project_id": project_id, "user_id": whose}
            entries.append({**spent, "date": day, "seconds": 60, "billable": False})
        uow.insert_many(CustomValue, values)
        uow.insert_many(TimeEntry, entries)
    return fields


IDS = select(Task.id).where(Task.workspace_id == SCOPE_WORKSPACE)
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


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", "word 4"),
        ("text", "word 4,word 5"),
        ("number", "4"),
        ("number", "4..9"),
        ("number", "390.."),
        ("date", "2026-01-05"),
        ("date", "2026-01-05..2026-01-07"),
        ("text", "none"),
    ],
)
def test_filters_by_custom_fields_are_looked_up(world: World, place: Any, kind: str, value: str) -> None:
    query = {"project_id": place["project_id"], f"custom_fields[{place['fields'][kind]}]": value}
    for plan in _plans(world, place["ann"], "/api/v1/tasks", {**query, "page_size": 5}):
        assert not _scanned(plan) and not _scanned(plan, "custom_value"), "\n".join(plan)
    plan = " ".join(_plans(world, place["ann"], "/api/v1/tasks", query)[0])
    index = "custom_value_" + {"text": "text", "number": "number", "date": "day"}[kind]
    assert index in plan or value == "none"


@pytest.mark.parametrize("kind", ["text", "number", "date"])
@pytest.mark.parametrize("sign", ["", "-"])
def test_orders_by_custom_fields_scan_nothing(world: World, place: Any, kind: str, sign: str) -> None:
    sort = f"{sign}custom_fields[{place['fields'][kind]}]"
    query = {"project_id": place["project_id"], "sort": sort, "page_size": 5}
    cursor = place["ann"].get("/api/v1/tasks", **query).json["pagination"]["next_cursor"]
    following: list[dict[str, str]] = [{}, {"cursor": cursor}]
    for more in following:
        for plan in _plans(world, place["ann"], "/api/v1/tasks", {**query, **more}):
            assert not _scanned(plan) and not _scanned(plan, "custom_value"), "\n".join(plan)


def test_sheets_of_time_scan_nothing(world: World, place: Any) -> None:
    ann, project = place["ann"], place["project_id"]
    task = ann.get("/api/v1/tasks", project_id=project).data[0]["id"]
    dates = {"from": "2026-01-05", "to": "2026-01-11"}
    asked: list[tuple[str, dict[str, str]]] = [
        ("/api/v1/time-entries", {}),
        ("/api/v1/time-entries", dates),
        ("/api/v1/time-entries", {"project_id": project, **dates}),
        (f"/api/v1/tasks/{task}/time-entries", {}),
        ("/api/v1/time-tracking/timer", {}),
    ]
    for path, query in asked:
        for plan in _plans(world, ann, path, query):
            assert not _scanned(plan) and not _scanned(plan, "time_entry"), f"{path}:\n" + "\n".join(plan)


@pytest.mark.parametrize("scope", ["project_id", None])
def test_who_is_assigned_is_looked_up(world: World, place: Any, scope: str | None) -> None:
    where = {scope: place[scope]} if scope else {}
    for sort in ("-created_at", "due_date"):
        query = {**where, "assigned_to": "me", "sort": sort, "page_size": 5}
        plans = _plans(world, place["ann"], "/api/v1/tasks", query)
        lines = [line for plan in plans for line in plan if "tasks__assignee" in line]
        assert lines and not [line for line in lines if re.search(r"SCAN|Seq Scan", line)], plans


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


def _scanned(plan: list[str], table: str = "task") -> bool:
    """Whether a plan reads a whole table; PostgreSQL does well to scan the other, small tables.

    SQLite calls a look-up in the full-text index a SCAN of a VIRTUAL TABLE.
    """
    whole = rf"SCAN tasks__(?!.*VIRTUAL TABLE INDEX \d+:M)|Seq Scan on tasks__{table}( |$)"
    return any(re.search(whole, line) for line in plan)
