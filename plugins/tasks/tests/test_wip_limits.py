"""Limits on how many tasks are in a status at once (modules.md 4.4, rule 6)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pronaflow_kernel.api import Scope
from pronaflow_kernel.testing import Person, World
from pronaflow_tasks.api import Tasks

TASKS = "/api/v1/tasks"
FULL = {"status": "in_progress", "limit": 1, "count": 1}


@pytest.fixture
def limited(ann: Person, project: Any) -> Any:
    """The project, with room for one task in progress, and one there."""
    settings = {"wip_limits": {"doing": 1}}
    assert ann.patch(f"/api/v1/projects/{project['id']}/settings", settings).status == 200
    _make(ann, project, status="doing")
    return project


@pytest.fixture
def strict(ann: Person, limited: Any) -> Any:
    """The same in strict mode."""
    body = {"governance_mode": "strict"}
    assert ann.patch(f"/api/v1/projects/{limited['id']}", body).status == 200
    return limited


def _make(person: Person, project: Any, **values: Any) -> Any:
    reply = person.post(TASKS, {"project_id": project["id"], "title": "x", **values})
    assert reply.status == 201, reply.json
    return reply.data


def _ways(person: Person, project: Any) -> dict[str, tuple[str, str, Any]]:
    """All ways into the status: method, path, body."""
    task, gone = _make(person, project), _make(person, project, status="doing", override_wip=True)
    person.delete(f"{TASKS}/{gone['id']}")
    other = person.post("/api/v1/projects", {"name": "Other"}).data
    there = _make(person, other, status="doing")
    doing = {"status": "in_progress"}
    return {
        "create": ("POST", TASKS, {"project_id": project["id"], "title": "x", **doing}),
        "edit": ("PATCH", f"{TASKS}/{task['id']}", doing),
        "status": ("PATCH", f"{TASKS}/{task['id']}/status", doing),
        "move": ("POST", f"{TASKS}/{task['id']}/move", {**doing, "position": 0}),
        "restore": ("POST", f"{TASKS}/{gone['id']}/restore", {}),
        "immigrate": ("POST", f"{TASKS}/{there['id']}/move", {"project_id": project["id"]}),
    }


WAYS = ("create", "edit", "status", "move", "restore", "immigrate")


@pytest.mark.parametrize("way", WAYS)
def test_a_simple_project_warns(ann: Person, limited: Any, way: str) -> None:
    reply = ann.request(*_ways(ann, limited)[way])
    [warning] = reply.data["warnings"]
    assert warning == "At most 1 tasks are to be in_progress at once, and 1 are already."
    assert reply.data["status"] == "in_progress"


@pytest.mark.parametrize("way", WAYS)
def test_a_strict_project_refuses(ann: Person, strict: Any, counted: Any, way: str) -> None:
    reply = ann.request(*_ways(ann, strict)[way])
    assert (reply.status, reply.error["details"]) == (409, FULL)
    kept, anew = counted(strict["id"])
    assert kept == anew


@pytest.mark.parametrize("way", [way for way in WAYS if way != "restore"])
def test_who_manages_overrides(ann: Person, strict: Any, colleague: Any, way: str) -> None:
    method, path, body = _ways(ann, strict)[way]
    manager, planner = colleague(strict["id"], "manager"), colleague(strict["id"], "planner")
    body = {**body, "override_wip": True}
    if way != "immigrate":
        assert planner.request(method, path, body).status == 403
        assert manager.request(method, path, body).status in (200, 201)
    else:
        assert ann.request(method, path, body).status == 200


def test_staying_is_not_entering(ann: Person, strict: Any) -> None:
    [task] = ann.get(TASKS, project_id=strict["id"], status="doing").data
    assert ann.patch(f"{TASKS}/{task['id']}", {"status": "doing", "title": "y"}).status == 200
    assert ann.post(f"{TASKS}/{task['id']}/move", {"status": "doing", "position": 0}).status == 200


def test_of_many_as_many_enter_as_there_is_room(ann: Person, project: Any) -> None:
    ann.patch(f"/api/v1/projects/{project['id']}/settings", {"wip_limits": {"todo": 2}})
    ann.patch(f"/api/v1/projects/{project['id']}", {"governance_mode": "strict"})
    body = {"action": "create", "project_id": project["id"], "items": [{"title": "x"}] * 3}
    results = ann.post(f"{TASKS}/bulk", body).data["results"]
    assert [row["task"] and row["task"]["key"] for row in results] == ["WEB-1", "WEB-2", None]
    assert results[2]["error"]["details"] == {"status": "todo", "limit": 2, "count": 2}
    more = ann.post(f"{TASKS}/bulk", {**body, "override_wip": True}).data["results"]
    assert [row["task"]["key"] for row in more] == ["WEB-3", "WEB-4", "WEB-5"], (
        "what was refused took no number"
    )
    ids = [row["id"] for row in results[:2]]
    body = {"action": "update", "ids": ids, "data": {"status": "done"}}
    assert ann.post(f"{TASKS}/bulk", body).data["success_count"] == 2
    back = ann.post(f"{TASKS}/bulk", {**body, "data": {"status": "todo"}}).data
    assert back["failed_count"] == 2
    back = ann.post(f"{TASKS}/bulk", {**body, "data": {"status": "todo"}, "override_wip": True}).data
    assert back["success_count"] == 2


def test_what_nobody_asked_for_enters(world: World, ann: Person, strict: Any, tasks: Tasks) -> None:
    with world.kernel.db.write(Scope.system(ann.workspace_id)) as uow:
        tasks.create(uow, {"project_id": strict["id"], "title": "x", "status": "in_progress"})
    assert len(ann.get(TASKS, project_id=strict["id"], status="doing").data) == 2


def test_without_a_limit_nothing_is_counted(world: World, ann: Person, project: Any, task: Any) -> None:
    with world.statements() as seen:
        ann.patch(f"{TASKS}/{task['id']}/status", {"status": "doing"})
    assert not [text for text in seen if "GROUP BY tasks__task.status" in text]


def test_the_last_place_is_taken_once(world: World, ann: Person, strict: Any) -> None:
    [task] = ann.get(TASKS, project_id=strict["id"], status="doing").data
    waiting = [_make(ann, strict)["id"] for _ in range(4)]
    ann.patch(f"{TASKS}/{task['id']}/status", {"status": "done"})

    def enter(task_id: str) -> int:
        own = Person(world.app.test_client(), ann.token)
        return own.patch(f"{TASKS}/{task_id}/status", {"status": "doing"}).status

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(enter, waiting)) == [200, 409, 409, 409]
    assert len(ann.get(TASKS, project_id=strict["id"], status="doing").data) == 1
