"""Checklists: order, ticks, the bar of their task (modules.md 4.4, rules 1 to 3)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from flask import Flask

from pronaflow_kernel.testing import Person, ResourceSuite, World
from pronaflow_tasks.api import Tasks
from pronaflow_tasks.checklists.rules import MOST
from pronaflow_tasks.words import STATUSES

TASKS = "/api/v1/tasks"

_TASKS: dict[str, str] = {}


class TestSubtasks(ResourceSuite):
    path = f"{TASKS}/subtasks"
    patch: ClassVar[dict[str, Any]] = {"title": "Other", "is_completed": True}
    clears: ClassVar[dict[str, Any]] = {"description": "Words"}

    def collection(self, owner: Person) -> str:
        if owner.id not in _TASKS:
            project = owner.post("/api/v1/projects", {"name": "Website", "key": "WEB"}).data["id"]
            _TASKS[owner.id] = owner.post(TASKS, {"project_id": project, "title": "Talk"}).data["id"]
        return f"{TASKS}/{_TASKS[owner.id]}/subtasks"

    def body(self, owner: Person, number: int = 1) -> dict[str, Any]:
        return {"title": f"Step {number}", "description": "How"}

    def list_query(self, owner: Person) -> dict[str, Any]:
        return {}


@pytest.fixture
def url(task: Any) -> str:
    """The address of ann's task."""
    return f"{TASKS}/{task['id']}"


@pytest.fixture
def add(ann: Person, url: str) -> Callable[..., Any]:
    """Adds an item: `add("Wash")`."""
    return lambda title="Step", **values: ann.post(f"{url}/subtasks", {"title": title, **values}).data


def tick(person: Person, item: Any, done: bool = True) -> Any:
    """Tick an item, or take its tick back."""
    return person.patch(f"{TASKS}/subtasks/{item['id']}", {"is_completed": done}).data


def bar(person: Person, url: str) -> tuple[str, int, int, int]:
    """Status, progress, items and completed items of a task."""
    task = person.get(url).data
    return task["status"], task["progress"], task["subtasks_count"], task["subtasks_completed"]


def test_an_item_is_shown_whole(ann: Person, task: Any, url: str, project: Any, colleague: Any) -> None:
    member = colleague(project["id"])
    reply = ann.post(f"{url}/subtasks", {"title": "Wash", "assigned_to": member.id})
    expected = {
        "task_id": task["id"],
        "project_id": project["id"],
        "title": "Wash",
        "description": None,
        "status": "todo",
        "is_completed": False,
        "assigned_to": member.id,
        "position": 0,
        "created_by": ann.id,
        "completed_at": None,
    }
    assert reply.status == 201
    assert {name: reply.data[name] for name in expected} == expected
    assert reply.data["subtask_id"] == reply.data["id"]
    assert ann.get(f"{url}/subtasks").data == [reply.data]


def test_ticks_fill_the_bar_and_finish_nothing(ann: Person, url: str, add: Callable[..., Any]) -> None:
    items = [add(str(number)) for number in range(3)]
    assert bar(ann, url) == ("todo", 0, 3, 0)
    for item, expected in zip(items, (33, 66, 100), strict=True):
        tick(ann, item)
        assert bar(ann, url)[:2] == ("todo", expected)
    tick(ann, items[0], done=False)
    assert bar(ann, url) == ("todo", 66, 3, 2)
    add("more", status="done")
    assert bar(ann, url) == ("todo", 75, 4, 3)
    ann.delete(f"{TASKS}/subtasks/{items[0]['id']}")
    assert bar(ann, url) == ("todo", 100, 3, 3)
    listed = ann.get(TASKS, project_id=ann.get(url).data["project_id"]).data[0]
    assert (listed["subtasks_count"], listed["subtasks_completed"]) == (3, 3)


def test_a_completed_task_has_a_full_bar_and_falls_back_to_what_is_done(
    ann: Person, url: str, add: Callable[..., Any]
) -> None:
    item, _ = add("one"), add("two")
    tick(ann, item)
    ann.patch(url, {"status": "completed"})
    assert bar(ann, url) == ("completed", 100, 2, 1)
    add("afterthought")
    assert bar(ann, url) == ("completed", 100, 3, 1)
    ann.patch(url, {"status": "in_review"})
    assert bar(ann, url) == ("in_review", 33, 3, 1)


def test_what_is_reopened_reopens_its_task(
    ann: Person,
    task: Any,
    url: str,
    add: Callable[..., Any],
    events: Callable[[str], list[Any]],
    counted: Any,
) -> None:
    item = tick(ann, add())
    ann.patch(url, {"status": "completed"})
    tick(ann, item, done=False)
    assert bar(ann, url) == ("in_progress", 0, 1, 0)
    shown = ann.get(url).data
    assert shown["completed_at"] is None and shown["started_at"] is not None
    kept, anew = counted(task["project_id"])
    assert kept == anew
    told = [row["changes"] for row in events(task["id"]) if row["type"] == "task.updated"]
    assert any(change.get("status") == {"old": "completed", "new": "in_progress"} for change in told)


@pytest.mark.parametrize("status", [status for status in STATUSES if status != "completed"])
def test_an_open_task_keeps_its_status(ann: Person, url: str, add: Callable[..., Any], status: str) -> None:
    item = tick(ann, add())
    ann.patch(url, {"status": status})
    tick(ann, item, done=False)
    assert bar(ann, url)[0] == status


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ("todo", {"is_completed": True}, "completed"),
        ("in_progress", {"is_completed": True}, "completed"),
        ("in_progress", {"is_completed": False}, "in_progress"),
        ("completed", {"is_completed": False}, "todo"),
        ("completed", {"is_completed": True}, "completed"),
        ("completed", {"status": "doing"}, "in_progress"),
        ("todo", {"status": "done"}, "completed"),
        ("todo", {"status": "done", "is_completed": True}, "completed"),
        ("completed", {"status": "cancelled", "is_completed": False}, "cancelled"),
        ("todo", {"status": "done", "is_completed": False}, None),
        ("todo", {"status": "todo", "is_completed": True}, None),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else None,
)
def test_status_and_tick_are_one(
    ann: Person, add: Callable[..., Any], before: str, change: dict[str, Any], after: str | None
) -> None:
    url = f"{TASKS}/subtasks/{add(status=before)['id']}"
    reply = ann.patch(url, change)
    if after is None:
        assert reply.faults == {"is_completed"}
        return
    shown = ann.get(url).data
    assert (shown["status"], shown["is_completed"]) == (after, after == "completed")
    assert (shown["completed_at"] is not None) == (after == "completed")


class TestOrder:
    """Positions count from 0 without gaps."""

    def titles(self, ann: Person, url: str) -> str:
        items = ann.get(f"{url}/subtasks").data
        assert [item["position"] for item in items] == list(range(len(items)))
        return "".join(item["title"] for item in items)

    @pytest.mark.parametrize(
        ("title", "position", "expected"),
        [
            ("a", 0, "abcd"),
            ("a", 1, "bacd"),
            ("a", 3, "bcda"),
            ("d", 0, "dabc"),
            ("c", 1, "acbd"),
            ("b", 99, "acdb"),
        ],
    )
    def test_an_item_takes_a_place(
        self, ann: Person, url: str, add: Callable[..., Any], title: str, position: int, expected: str
    ) -> None:
        items = {letter: add(letter) for letter in "abcd"}
        path = f"{TASKS}/subtasks/{items[title]['id']}"
        moved = ann.patch(path, {"position": position}).data
        assert self.titles(ann, url) == expected
        assert ann.patch(path, {"order": position}).data["version"] == moved["version"]

    def test_a_gap_is_closed(self, ann: Person, url: str, add: Callable[..., Any]) -> None:
        items = [add(letter) for letter in "abcd"]
        for item, expected in ((items[1], "acd"), (items[3], "ac")):
            ann.delete(f"{TASKS}/subtasks/{item['id']}")
            assert self.titles(ann, url) == expected
        add("e")
        assert self.titles(ann, url) == "ace"


class TestAtTheSameTime:
    """Whoever is slower waits, and nobody's change is lost."""

    def at_once(
        self, world: World, ann: Person, action: Callable[[Person, int], int], count: int
    ) -> list[int]:
        def act(number: int) -> int:
            return action(replace(ann, client=Flask.test_client(world.app)), number)

        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(act, range(count)))

    def test_all_ticks_count(self, world: World, ann: Person, url: str, add: Callable[..., Any]) -> None:
        items = [add(str(number)) for number in range(4)]

        def act(person: Person, number: int) -> int:
            path = f"{TASKS}/subtasks/{items[number]['id']}"
            return person.patch(path, {"is_completed": True}).status

        assert self.at_once(world, ann, act, 4) == [200] * 4
        assert bar(ann, url) == ("todo", 100, 4, 4)

    def test_all_new_items_have_a_place(self, world: World, ann: Person, url: str) -> None:
        def act(person: Person, number: int) -> int:
            return person.post(f"{url}/subtasks", {"title": str(number)}).status

        assert self.at_once(world, ann, act, 4) == [201] * 4
        assert [item["position"] for item in ann.get(f"{url}/subtasks").data] == [0, 1, 2, 3]
        assert bar(ann, url) == ("todo", 0, 4, 0)

    def test_moves_leave_no_gap(self, world: World, ann: Person, url: str, add: Callable[..., Any]) -> None:
        items = [add(str(number)) for number in range(4)]

        def act(person: Person, number: int) -> int:
            return person.patch(f"{TASKS}/subtasks/{items[number]['id']}", {"position": 3 - number}).status

        assert self.at_once(world, ann, act, 4) == [200] * 4
        assert [item["position"] for item in ann.get(f"{url}/subtasks").data] == [0, 1, 2, 3]

    def test_of_completing_and_reopening_both_count(
        self, world: World, ann: Person, url: str, add: Callable[..., Any]
    ) -> None:
        item, _ = tick(ann, add("a")), add("b")
        changes = [
            (url, {"status": "completed"}),
            (f"{TASKS}/subtasks/{item['id']}", {"is_completed": False}),
        ]

        def act(person: Person, number: int) -> int:
            return person.patch(*changes[number]).status

        assert self.at_once(world, ann, act, 2) == [200, 200]
        status, progress, count, done = bar(ann, url)
        assert (count, done) == (2, 0)
        assert (status, progress) in {("completed", 100), ("in_progress", 0)}


class TestMilestones:
    """A milestone has no subtasks."""

    def test_none_is_added(self, ann: Person, url: str) -> None:
        ann.patch(url, {"is_milestone": True})
        reply = ann.post(f"{url}/subtasks", {"title": "Step"})
        assert (reply.status, reply.error["details"]) == (409, {"reason": "milestone"})

    def test_and_none_is_there(self, ann: Person, url: str, add: Callable[..., Any]) -> None:
        item = add()
        assert ann.patch(url, {"is_milestone": True}).faults == {"is_milestone"}
        ann.delete(f"{TASKS}/subtasks/{item['id']}")
        assert ann.patch(url, {"is_milestone": True}).data["is_milestone"] is True


def test_every_write_is_told(
    ann: Person, url: str, add: Callable[..., Any], events: Callable[[str], list[Any]]
) -> None:
    item = add("Wash", description="With soap")
    path = f"{TASKS}/subtasks/{item['id']}"
    ann.patch(path, {})
    ann.patch(path, {"description": "Without soap"})
    tick(ann, item)
    ann.delete(path)
    told = events(item["id"])
    names = ["created", "updated", "updated", "completed", "deleted"]
    assert [row["type"] for row in told] == [f"subtask.{name}" for name in names]
    assert "soap" not in str(told), "the ledger is never erased"
    assert told[2]["changes"]["status"] == {"old": "todo", "new": "completed"}


def test_a_checklist_is_short(ann: Person, task: Any, url: str, acting: Any, tasks: Tasks) -> None:
    checklist = [{"title": str(number)} for number in range(MOST)]
    with acting(ann) as uow:
        made = tasks.create(uow, {"project_id": task["project_id"], "title": "Long", "checklist": checklist})
    reply = ann.post(f"{TASKS}/{made['id']}/subtasks", {"title": "One more"})
    assert (reply.status, reply.error["details"]) == (409, {"limit": MOST})
    assert ann.get(f"{TASKS}/{made['id']}").data["subtasks_count"] == MOST


def test_only_members_are_given_items(
    ann: Person, bob: Person, url: str, add: Callable[..., Any], colleague: Any
) -> None:
    outsider, item = colleague(), add()
    for person in (bob, outsider):
        assert ann.post(f"{url}/subtasks", {"title": "x", "assigned_to": person.id}).faults == {"assigned_to"}
        body = {"assigned_to": person.id}
        assert ann.patch(f"{TASKS}/subtasks/{item['id']}", body).faults == {"assigned_to"}


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({"title": ""}, {"title"}),
        ({"title": "x" * 256}, {"title"}),
        ({"title": None, "status": "finished"}, {"title", "status"}),
        ({"title": "x", "is_completed": "maybe", "nonsense": 1}, {"is_completed", "nonsense"}),
    ],
)
def test_bad_items_are_refused(ann: Person, url: str, body: dict[str, Any], faults: set[str]) -> None:
    assert ann.post(f"{url}/subtasks", body).faults == faults


def test_the_checklist_of_a_trashed_task_is_gone_with_it(
    ann: Person, url: str, add: Callable[..., Any]
) -> None:
    item = add()
    ann.delete(url)
    path = f"{TASKS}/subtasks/{item['id']}"
    for reply in (
        ann.get(path),
        ann.patch(path, {"title": "x"}),
        ann.delete(path),
        ann.get(f"{url}/subtasks"),
    ):
        assert reply.status == 404
    ann.post(f"{url}/restore")
    assert ann.get(path).status == 200


@pytest.mark.parametrize("status", ["on_hold", "completed"])
def test_a_project_that_takes_no_changes_keeps_its_checklists(
    ann: Person, project: Any, url: str, add: Callable[..., Any], status: str
) -> None:
    item = add()
    ann.patch(f"/api/v1/projects/{project['id']}/status", {"status": status})
    path = f"{TASKS}/subtasks/{item['id']}"
    for reply in (
        ann.post(f"{url}/subtasks", {"title": "x"}),
        ann.patch(path, {"title": "x"}),
        ann.delete(path),
    ):
        assert (reply.status, reply.error["details"]) == (409, {"project_status": status})
