"""The order of the tasks in a list, and of the lists in a project."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pronaflow_kernel.testing import Person, World
from pronaflow_tasks.ranks import STEP

TASKS = "/api/v1/tasks"
LISTS = f"{TASKS}/lists"


@pytest.fixture
def abcd(ann: Person, project: Any) -> dict[str, Any]:
    """Four tasks in one list, by title."""
    return {title: ann.post(TASKS, {"project_id": project["id"], "title": title}).data for title in "abcd"}


@pytest.fixture
def order(ann: Person, abcd: Any) -> Callable[[], str]:
    """The titles of the list in their order."""
    return lambda: "".join(
        row["title"]
        for row in ann.get(TASKS, task_list_id=abcd["a"]["task_list_id"], sort_by="position").data
    )


def _move(person: Person, task: Any, **where: Any) -> Any:
    return person.post(f"{TASKS}/{task['id']}/move", where)


@pytest.mark.parametrize(
    ("title", "position", "expected"),
    [
        ("a", 0, "abcd"),
        ("a", 1, "bacd"),
        ("a", 2, "bcad"),
        ("a", 3, "bcda"),
        ("a", 9, "bcda"),
        ("d", 0, "dabc"),
        ("d", 2, "abdc"),
        ("b", 2, "acbd"),
        ("c", 2, "abcd"),
    ],
)
def test_a_position_is_an_index(
    ann: Person, abcd: Any, order: Any, title: str, position: int, expected: str
) -> None:
    _move(ann, abcd[title], position=position)
    assert order() == expected


@pytest.mark.parametrize(
    ("title", "side", "other", "expected"),
    [
        ("d", "before", "a", "dabc"),
        ("d", "before", "b", "adbc"),
        ("a", "before", "d", "bcad"),
        ("a", "before", "b", "abcd"),
        ("a", "after", "b", "bacd"),
        ("a", "after", "d", "bcda"),
        ("d", "after", "c", "abcd"),
    ],
)
def test_beside_another_task(
    ann: Person, abcd: Any, order: Any, title: str, side: str, other: str, expected: str
) -> None:
    reply = _move(ann, abcd[title], **{f"{side}_task_id": abcd[other]["id"]})
    assert (reply.status, order()) == (200, expected)


def test_only_beside_a_task_of_the_list(ann: Person, project: Any, abcd: Any, order: Any) -> None:
    doing = ann.post(LISTS, {"project_id": project["id"], "name": "Doing"}).data["id"]
    for other in (abcd["a"]["id"], project["id"]):
        assert _move(ann, abcd["a"], after_task_id=other).faults == {"after_task_id"}
    where = {"task_list_id": doing, "before_task_id": abcd["b"]["id"]}
    assert _move(ann, abcd["a"], **where).faults == {"before_task_id"}
    ann.delete(f"{TASKS}/{abcd['b']['id']}")
    assert _move(ann, abcd["a"], after_task_id=abcd["b"]["id"]).faults == {"after_task_id"}
    two = {"position": 0, "before_task_id": abcd["c"]["id"]}
    assert _move(ann, abcd["a"], **two).faults == {"position"}
    assert order() == "acd"


def test_one_drag_is_one_request(ann: Person, project: Any, abcd: Any, events: Any) -> None:
    doing = ann.post(LISTS, {"project_id": project["id"], "name": "Doing"}).data["id"]
    moved = _move(ann, abcd["a"], task_list_id=doing, position=0, status="doing").data
    assert (moved["task_list_id"], moved["status"]) == (doing, "in_progress")
    assert moved["started_at"] is not None
    assert [row["type"] for row in events(abcd["a"]["id"])][1:] == ["task.moved", "task.updated"]


def test_to_another_project_with_a_status(ann: Person, abcd: Any, counted: Any, project: Any) -> None:
    other = ann.post("/api/v1/projects", {"name": "Other", "key": "OTH"}).data["id"]
    moved = _move(ann, abcd["a"], project_id=other, status="done").data
    assert (moved["key"], moved["status"]) == ("OTH-1", "completed")
    for place in (project["id"], other):
        kept, anew = counted(place)
        assert kept == anew


def test_staying_is_no_news(ann: Person, abcd: Any, events: Any) -> None:
    for where in (
        {"position": 1},
        {"after_task_id": abcd["a"]["id"]},
        {"before_task_id": abcd["c"]["id"]},
        {"task_list_id": abcd["b"]["task_list_id"]},
        {},
    ):
        assert _move(ann, abcd["b"], **where).data["version"] == abcd["b"]["version"]
    assert len(events(abcd["b"]["id"])) == 1


def test_a_move_writes_one_task(world: World, ann: Person, abcd: Any) -> None:
    _move(ann, abcd["d"], position=0)
    with world.statements() as seen:
        _move(ann, abcd["a"], position=2)
    assert sum(text.startswith("UPDATE tasks__task") for text in seen) == 1
    shown = {
        row["title"]: row["version"] for row in ann.get(TASKS, task_list_id=abcd["a"]["task_list_id"]).data
    }
    assert (shown["b"], shown["c"]) == (1, 1)


def test_where_no_rank_is_left_the_list_is_numbered_anew_once(
    world: World, ann: Person, abcd: Any, order: Any, events: Any
) -> None:
    _move(ann, abcd["d"], after_task_id=abcd["a"]["id"])
    with world.statements() as seen:
        for turn in range(60):
            _move(ann, abcd["cd"[turn % 2]], after_task_id=abcd["a"]["id"])
            assert order() == ("acdb", "adcb")[turn % 2]
    anew = [text for text in seen if "row_number" in text]
    assert 1 <= len(anew) <= 4
    assert len(events(abcd["b"]["id"])) == 1, "its rank changed, its place did not"
    ranks = [row["rank"] for row in ann.get(TASKS, task_list_id=abcd["a"]["task_list_id"]).data]
    assert max(map(abs, ranks)) <= 64 * STEP


def test_a_task_from_the_trash_comes_back_to_its_place(ann: Person, abcd: Any, order: Any) -> None:
    ann.delete(f"{TASKS}/{abcd['b']['id']}")
    for turn in range(50):
        _move(ann, abcd["cd"[turn % 2]], after_task_id=abcd["a"]["id"])
    ann.post(f"{TASKS}/{abcd['b']['id']}/restore")
    assert sorted(order()) == list("abcd")
    _move(ann, abcd["b"], position=1)
    assert order()[:2] == "ab"


def test_a_cursor_walks_by_rank(ann: Person, abcd: Any) -> None:
    for turn in range(3):
        _move(ann, abcd["bcd"[turn]], position=0)
    query = {"task_list_id": abcd["a"]["task_list_id"], "sort": "rank", "page_size": 1}
    seen, cursor = [], None
    for _ in range(4):
        page = ann.get(TASKS, **query, **({"cursor": cursor} if cursor else {}))
        seen += [row["title"] for row in page.data]
        cursor = page.json["pagination"]["next_cursor"]
    assert (seen, cursor) == (["d", "c", "b", "a"], None)


def test_a_list_that_gets_the_order_of_another_comes_before_it(ann: Person, project: Any) -> None:
    made = {
        name: ann.post(LISTS, {"project_id": project["id"], "name": name}).data for name in ("A", "B", "C")
    }
    ann.patch(f"{LISTS}/{made['C']['id']}", {"order": 0})
    shown = [(row["name"], row["order"]) for row in ann.get(LISTS, project_id=project["id"]).data]
    assert shown == [("C", 0), ("A", 1), ("B", 2)]
    ann.patch(f"{LISTS}/{made['C']['id']}", {"order": 9})
    shown = [(row["name"], row["order"]) for row in ann.get(LISTS, project_id=project["id"]).data]
    assert shown == [("A", 1), ("B", 2), ("C", 9)]
