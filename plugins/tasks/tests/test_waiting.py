"""A task that waits for others does not begin, or not without a warning (modules.md 4.5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pronaflow_kernel.testing import Person, World

TASKS = "/api/v1/tasks"
Pair = Callable[..., tuple[Any, Any]]


@pytest.fixture
def pair(ann: Person) -> Pair:
    """Two linked tasks: `predecessor, successor = pair("strict", dependency_type="SS")`."""

    def made(mode: str = "strict", **link: Any) -> tuple[Any, Any]:
        body = {"name": mode, "key": "AA", "governance_mode": mode}
        project = ann.post("/api/v1/projects", body).data["id"]
        one, two = (ann.post(TASKS, {"project_id": project, "title": str(n)}).data for n in (1, 2))
        link = {"depends_on_task_id": one["id"], **link}
        assert ann.post(f"{TASKS}/{two['id']}/dependencies", link).status == 201
        return one, two

    return made


def put(person: Person, task: Any, status: str) -> Any:
    """The reply to a change of status."""
    return person.patch(f"{TASKS}/{task['id']}/status", {"status": status})


GOES = [
    # type, the predecessor is, the successor goes along, ends with
    ("FS", ["todo"], ["in_progress"], 409),
    ("FS", ["in_progress"], ["in_progress"], 409),
    ("FS", ["in_review"], ["completed"], 409),
    ("FS", ["completed"], ["in_progress", "completed"], 200),
    ("FS", ["cancelled"], ["in_progress", "completed"], 200),
    ("FS", ["completed", "todo"], ["in_progress"], 409),
    ("FS", ["todo"], ["blocked"], 200),
    ("FS", ["todo"], ["cancelled"], 200),
    ("SS", ["todo"], ["in_progress"], 409),
    ("SS", ["blocked"], ["in_progress"], 409),
    ("SS", ["todo"], ["completed"], 409),
    ("SS", ["in_progress"], ["in_progress", "completed"], 200),
    ("SS", ["in_progress", "todo"], ["in_progress"], 200),
    ("FF", ["todo"], ["in_progress"], 200),
    ("FF", ["in_progress"], ["in_progress", "completed"], 409),
    ("FF", ["completed"], ["completed"], 200),
    ("SF", ["todo"], ["in_progress"], 200),
    ("SF", ["todo"], ["in_progress", "completed"], 409),
    ("SF", ["in_progress"], ["in_progress", "completed"], 200),
]


@pytest.mark.parametrize(
    ("kind", "before", "way", "status"),
    GOES,
    ids=lambda value: "+".join(value) if isinstance(value, list) else None,
)
def test_what_waits_for_what(
    ann: Person, pair: Pair, kind: str, before: list[str], way: list[str], status: int
) -> None:
    one, two = pair(dependency_type=kind)
    for step in before:
        put(ann, one, step)
    assert [put(ann, two, step).status for step in way] == [200] * (len(way) - 1) + [status]


def test_who_is_held_back_learns_by_what(ann: Person, pair: Pair) -> None:
    one, two = pair()
    reply = put(ann, two, "in_progress")
    blocking = [{"task_id": one["id"], "key": "AA-1", "status": "todo"}]
    assert (reply.error["code"], reply.error["details"]) == (
        "CONFLICT",
        {"blocking": blocking, "blocking_count": 1},
    )
    assert reply.error["message"] == "The task waits for others. AA-1 is not finished."
    assert ann.get(f"{TASKS}/{two['id']}").data["status"] == "todo"
    assert ann.patch(f"{TASKS}/{two['id']}", {"status": "done"}).status == 409


def test_simple_mode_warns(ann: Person, pair: Pair) -> None:
    _, two = pair("simple")
    for reply in (put(ann, two, "in_progress"), ann.patch(f"{TASKS}/{two['id']}", {"status": "done"})):
        assert (reply.status, reply.data["warnings"]) == (200, ["AA-1 is not finished."])
    assert "warnings" not in put(ann, two, "done").data


@pytest.mark.parametrize(("mode", "setting", "status"), [("simple", "block", 409), ("strict", "warn", 200)])
def test_a_project_may_decide_otherwise(
    ann: Person, pair: Pair, mode: str, setting: str, status: int
) -> None:
    _, two = pair(mode)
    url = f"/api/v1/projects/{two['project_id']}/settings"
    assert ann.put(url, {"dependency_mode": setting}).status == 200
    assert put(ann, two, "in_progress").status == status


def test_what_is_in_the_trash_holds_up_nothing(ann: Person, pair: Pair) -> None:
    one, two = pair()
    ann.delete(f"{TASKS}/{one['id']}")
    assert put(ann, two, "in_progress").status == 200
    ann.post(f"{TASKS}/{one['id']}/restore", {})
    assert put(ann, two, "done").status == 409


def test_a_task_that_one_does_not_see_holds_up_without_a_name(
    ann: Person, pair: Pair, colleague: Any
) -> None:
    one, two = pair()
    put(ann, one, "done")
    hidden = ann.post("/api/v1/projects", {"name": "H", "key": "HID", "visibility": "private"}).data["id"]
    secret = ann.post(TASKS, {"project_id": hidden, "title": "Secret"}).data
    ann.post(f"{TASKS}/{two['id']}/dependencies", {"depends_on_task_id": secret["id"]})
    reply = put(colleague(two["project_id"], "member"), two, "in_progress")
    assert (reply.status, reply.error["details"]) == (409, {"blocking": [], "blocking_count": 1})
    assert "HID" not in str(reply.json) and secret["id"] not in str(reply.json)


def test_only_a_gated_status_asks_the_database(world: World, ann: Person, pair: Pair) -> None:
    _, two = pair("simple")

    def asked(status: str) -> int:
        with world.statements() as seen:
            put(ann, two, status)
        return sum("tasks__dependency" in each and not each.startswith("SELECT tasks__task") for each in seen)

    assert [asked(status) for status in ("blocked", "in_progress", "in_progress", "in_review")] == [
        0,
        1,
        0,
        0,
    ]
