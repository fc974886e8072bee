"""Whoever moves a task to the trash does what a DELETE does: rules, counters, events."""

from __future__ import annotations

from typing import Any

import pytest

from pronaflow_kernel.api import Conflict, Scope
from pronaflow_kernel.testing import Person, World

TASKS = "/api/v1/tasks"


@pytest.fixture
def project(ann: Person) -> Any:
    return ann.post("/api/v1/projects", {"name": "Website"}).data


@pytest.fixture
def task(ann: Person, project: Any) -> Any:
    return ann.post(TASKS, {"project_id": project["id"], "title": "x"}).data


def count(ann: Person, project: Any) -> int:
    shown: int = ann.get(f"/api/v1/projects/{project['id']}").data["tasks_count"]
    return shown


def test_a_task_and_back(world: World, ann: Person, project: Any, task: Any) -> None:
    scope = Scope.system(ann.workspace_id)
    with world.kernel.db.write(scope) as uow:
        world.kernel.trash.discard(uow, "task", task["id"])
    assert ann.get(f"{TASKS}/{task['id']}").status == 404
    assert count(ann, project) == 0
    with world.kernel.db.write(scope) as uow:
        world.kernel.trash.recover(uow, "task", task["id"])
    assert count(ann, project) == 1
    types = [event["type"] for event in world.events(ann.workspace_id)]
    assert types[-2:] == ["task.deleted", "task.restored"]


def test_a_list_with_its_tasks(world: World, ann: Person, project: Any, task: Any) -> None:
    with world.kernel.db.write(Scope.system(ann.workspace_id)) as uow:
        world.kernel.trash.discard(uow, "task_list", task["task_list_id"])
    assert ann.get(f"{TASKS}/{task['id']}").status == 404
    assert count(ann, project) == 0


def test_a_comment_leaves_a_tombstone_and_cannot_come_back(world: World, ann: Person, task: Any) -> None:
    made = ann.post(f"{TASKS}/{task['id']}/comments", {"content": "secret"}).data
    with world.kernel.db.write(Scope.system(ann.workspace_id)) as uow:
        world.kernel.trash.discard(uow, "comment", made["id"])
    assert "secret" not in ann.get(f"{TASKS}/{task['id']}/comments").body.decode()
    with (
        pytest.raises(Conflict, match="A deleted comment cannot be brought back"),
        world.kernel.db.write(Scope.system(ann.workspace_id)) as uow,
    ):
        world.kernel.trash.recover(uow, "comment", made["id"])
