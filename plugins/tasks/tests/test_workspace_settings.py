"""What the workspace decides for its tasks: the status of new ones, and the work of those who leave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pronaflow_kernel.testing import Person, World


def settings(person: Person, **values: Any) -> None:
    assert person.patch(f"/api/v1/workspaces/{person.workspace_id}/settings", values).status == 200


def test_a_task_without_a_status_gets_the_workspace_s(ann: Person, project: Any) -> None:
    settings(ann, default_task_status="in_progress")
    body = {"project_id": project["id"], "title": "x"}
    made = ann.post("/api/v1/tasks", body).data
    assert made["status"] == "in_progress"
    assert made["started_at"] == made["created_at"]
    assert ann.post("/api/v1/tasks", {**body, "status": "todo"}).data["status"] == "todo"


@pytest.fixture
def leaver(ann: Person, colleague: Callable[..., Person], project: Any) -> Person:
    return colleague(project["id"], "member")


def assigned(ann: Person, project: Any, person: Person, **values: Any) -> str:
    body = {"project_id": project["id"], "title": "x", "assigned_to": person.id, **values}
    return str(ann.post("/api/v1/tasks", body).data["id"])


def remove(world: World, ann: Person, person: Person, **query: Any) -> None:
    assert ann.delete(f"/api/v1/workspaces/{ann.workspace_id}/members/{person.id}", **query).status == 200
    world.drain()


def assignee(ann: Person, task_id: str) -> str | None:
    found: str | None = ann.get(f"/api/v1/tasks/{task_id}").data["assigned_to"]
    return found


def test_open_work_of_a_leaver_is_left_without_an_assignee(
    world: World, ann: Person, project: Any, leaver: Person
) -> None:
    open_task = assigned(ann, project, leaver)
    done = assigned(ann, project, leaver, status="completed")
    remove(world, ann, leaver)
    assert (assignee(ann, open_task), assignee(ann, done)) == (None, leaver.id)


def test_a_workspace_can_keep_it_as_it_is(world: World, ann: Person, project: Any, leaver: Person) -> None:
    settings(ann, on_member_removed="keep")
    task = assigned(ann, project, leaver)
    remove(world, ann, leaver)
    assert assignee(ann, task) == leaver.id


def test_an_heir_in_the_project_takes_it_over(
    world: World, ann: Person, project: Any, leaver: Person, colleague: Callable[..., Person]
) -> None:
    heir, outsider = colleague(project["id"], "member"), colleague()
    task = assigned(ann, project, leaver)
    remove(world, ann, leaver, reassign_to=heir.id)
    assert assignee(ann, task) == heir.id
    remove(world, ann, heir, reassign_to=outsider.id)
    assert assignee(ann, task) is None


def test_a_project_on_hold_keeps_its_tasks(world: World, ann: Person, project: Any, leaver: Person) -> None:
    task = assigned(ann, project, leaver)
    ann.patch(f"/api/v1/projects/{project['id']}/status", {"status": "on_hold"})
    remove(world, ann, leaver)
    assert assignee(ann, task) == leaver.id


def test_a_project_in_the_trash_holds_up_no_other(
    world: World, ann: Person, project: Any, leaver: Person
) -> None:
    task = assigned(ann, project, leaver)
    gone = ann.post("/api/v1/projects", {"name": "Gone", "key": "GON"}).data
    ann.post(f"/api/v1/projects/{gone['id']}/members", {"user_id": leaver.id, "role": "member"})
    assigned(ann, gone, leaver)
    ann.delete(f"/api/v1/projects/{gone['id']}")
    remove(world, ann, leaver)
    assert assignee(ann, task) is None
