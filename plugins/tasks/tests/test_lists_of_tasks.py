"""Filters, sorts, search and totals of GET /tasks."""

from __future__ import annotations

from typing import Any

import pytest

from pronaflow_kernel.testing import Person, World

TASKS = "/api/v1/tasks"


@pytest.fixture
def board(ann: Person, project: Any, colleague: Any) -> Any:
    """Six tasks that differ; titles are their names. Today is 2 March 2026."""
    member = colleague(project["id"])
    rows: list[dict[str, Any]] = [
        {"title": "apple", "status": "todo", "priority": "low", "due_date": "2026-03-01", "tags": ["UI"]},
        {"title": "Banana", "status": "in_progress", "priority": "critical", "assigned_to": member.id},
        {"title": "cherry", "status": "done", "priority": "high", "due_date": "2026-02-01"},
        {"title": "Date", "status": "blocked", "due_date": "2026-03-02T08:00:00Z", "tags": ["ui", "api"]},
        {"title": "elder", "status": "cancelled", "due_date": "2026-03-03", "assigned_to": ann.id},
        {"title": "Fig", "due_date": "2026-03-02", "is_milestone": True, "description": "A sweet fruit"},
    ]
    made = [ann.post(TASKS, {"project_id": project["id"], **row}).data for row in rows]
    return {"project_id": project["id"], "member": member, "made": made}


def _titles(person: Person, **query: Any) -> list[str]:
    reply = person.get(TASKS, **query)
    titles = [row["title"] for row in reply.data]
    assert reply.json["pagination"]["total"] == len(titles)
    return titles


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, {"apple", "Banana", "cherry", "Date", "elder", "Fig"}),
        ({"status": "todo"}, {"apple", "Fig"}),
        ({"status": "todo,blocked"}, {"apple", "Date", "Fig"}),
        ({"priority": "critical,high"}, {"Banana", "cherry"}),
        ({"priority": "urgent"}, {"Banana"}),
        ({"assigned_to": "me"}, {"elder"}),
        ({"created_by": "me", "status": "done"}, {"cherry"}),
        ({"due_date_from": "2026-03-02"}, {"Date", "elder", "Fig"}),
        ({"due_date_to": "2026-03-01"}, {"apple", "cherry"}),
        ({"due_date_from": "2026-03-01", "due_date_to": "2026-03-02T23:00:00Z"}, {"apple", "Date", "Fig"}),
        ({"overdue": "true"}, {"apple", "Date"}),
        ({"overdue": "false"}, {"Banana", "cherry", "elder", "Fig"}),
        ({"is_milestone": "true"}, {"Fig"}),
        ({"is_milestone": "false", "status": "todo"}, {"apple"}),
        ({"tag": "ui"}, {"apple", "Date"}),
        ({"tag": "UI", "status": "blocked"}, {"Date"}),
        ({"tag": "none"}, set()),
        ({"search": "SWEET fig"}, {"Fig"}),
        ({"search": "sweet apple"}, set()),
        ({"search": "ban*"}, {"Banana"}),
        ({"search": "ban"}, set()),
    ],
)
def test_filters(ann: Person, board: Any, query: dict[str, str], expected: set[str]) -> None:
    assert set(_titles(ann, project_id=board["project_id"], **query)) == expected
    assert set(_titles(ann, **query)) == expected


def test_filters_by_person_and_list(ann: Person, board: Any) -> None:
    member, made = board["member"], board["made"]
    assert _titles(ann, assigned_to=member.id) == ["Banana"]
    assert _titles(member, assigned_to="me") == ["Banana"]
    assert _titles(member, created_by="me") == []
    body = {"project_id": board["project_id"], "name": "Later"}
    later = ann.post(f"{TASKS}/lists", body).data["id"]
    ann.post(f"{TASKS}/{made[0]['id']}/move", {"task_list_id": later})
    assert _titles(ann, task_list_id=later) == ["apple"]
    assert _titles(ann, task_list_id=later, project_id=board["project_id"], tag="ui") == ["apple"]
    assert len(_titles(ann, task_list_id=made[0]["task_list_id"])) == 5


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("created_at", ["apple", "Banana", "cherry", "Date", "elder", "Fig"]),
        ("-created_at", ["Fig", "elder", "Date", "cherry", "Banana", "apple"]),
        ("title", ["apple", "Banana", "cherry", "Date", "elder", "Fig"]),
        ("priority", ["apple", "Date", "elder", "Fig", "cherry", "Banana"]),
        ("status", ["apple", "Fig", "Banana", "Date", "cherry", "elder"]),
        ("due_date", ["cherry", "apple", "Date", "Fig", "elder", "Banana"]),
        ("key", ["apple", "Banana", "cherry", "Date", "elder", "Fig"]),
        ("-position", ["Fig", "elder", "Date", "cherry", "Banana", "apple"]),
    ],
)
@pytest.mark.parametrize("scoped", [True, False])
def test_sorts(ann: Person, board: Any, sort: str, expected: list[str], scoped: bool) -> None:
    where = {"project_id": board["project_id"]} if scoped else {}
    assert _titles(ann, **where, sort=sort) == expected
    walked: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        reply = ann.get(TASKS, **where, sort=sort, page_size=4, **cursor)
        walked += [row["title"] for row in reply.data]
        following = reply.json["pagination"]["next_cursor"]
        if following is None:
            break
        cursor = {"cursor": following}
    assert walked == expected


def test_sorting_by_key_goes_by_project_then_by_number(ann: Person) -> None:
    for key in ("ZZ", "AB1", "AB"):
        project = ann.post("/api/v1/projects", {"name": key, "key": key}).data["id"]
        for _ in range(11):
            ann.post(TASKS, {"project_id": project, "title": "x"})
    keys = [row["key"] for row in ann.get(TASKS, sort="key", page_size=100).data]
    assert keys == [f"{key}-{number}" for key in ("AB", "AB1", "ZZ") for number in range(1, 12)]


def test_the_last_change_comes_first(world: World, ann: Person, board: Any) -> None:
    world.clock.advance(60)
    ann.patch(f"{TASKS}/{board['made'][2]['id']}", {"title": "CHERRY"})
    assert _titles(ann, sort_by="updated_at", sort_order="desc")[0] == "CHERRY"


def test_unfiltered_totals_come_from_counters(world: World, ann: Person, board: Any) -> None:
    for where in ({}, {"project_id": board["project_id"]}):
        with world.statements() as seen:
            assert ann.get(TASKS, **where, page_size=2).json["pagination"]["total"] == 6
        assert not [statement for statement in seen if "count(*)" in statement]


def test_a_search_needs_a_word(ann: Person) -> None:
    for search in ("", "  ", "***", "-"):
        assert ann.get(TASKS, search=search).faults == {"search"}


def test_a_search_knows_the_text_of_today(ann: Person, task: Any) -> None:
    url = f"{TASKS}/{task['id']}"
    ann.patch(url, {"description": "zebra crossing"})
    assert _titles(ann, search="zebra") == ["Design UI"]
    ann.patch(url, {"description": None, "title": "Paint"})
    assert _titles(ann, search="zebra") == []
    assert _titles(ann, search="paint") == ["Paint"]


def test_text_is_indexed_anew_only_when_it_changes(world: World, ann: Person, task: Any) -> None:
    with world.statements() as seen:
        ann.patch(f"{TASKS}/{task['id']}", {"priority": "high", "title": task["title"]})
    assert not [statement for statement in seen if "tasks__search" in statement]


def test_lists_of_tasks_show_tags_but_no_descriptions(ann: Person, board: Any) -> None:
    rows = {row["title"]: row for row in ann.get(TASKS, project_id=board["project_id"]).data}
    assert rows["Date"]["tags"] == ["api", "UI"]
    assert rows["Fig"]["tags"] == []
    assert "description" not in rows["Fig"]


def test_what_is_trashed_or_in_a_trashed_project_is_not_listed(ann: Person, board: Any) -> None:
    ann.delete(f"{TASKS}/{board['made'][0]['id']}")
    assert len(_titles(ann)) == 5
    ann.delete(f"/api/v1/projects/{board['project_id']}")
    assert _titles(ann) == []
    assert ann.get(TASKS, project_id=board["project_id"]).status == 404
