"""What holds when several link tasks at the same time, and how a large graph is searched."""

from __future__ import annotations

from contextlib import suppress
from threading import Barrier, BrokenBarrierError, Thread
from typing import Any

import pytest

from pronaflow_kernel.api import UnitOfWork
from pronaflow_kernel.testing import Person, World
from pronaflow_tasks.dependencies import graph
from pronaflow_tasks.dependencies.models import Dependency
from pronaflow_tasks.models import Task

TASKS = "/api/v1/tasks"


def again(world: World, person: Person) -> Person:
    """The same person at another device, for another thread."""
    return Person(
        world.app.test_client(), person.token, person.id, person.username, person.email, person.workspace_id
    )


@pytest.mark.parametrize("length", [2, 3])
def test_nobody_closes_a_circle_together(
    world: World, ann: Person, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    """Each links a task of a project to one of the next; all of them together would be a circle."""
    projects = [ann.post("/api/v1/projects", {"name": key, "key": key}).data for key in ("AA", "BB", "CC")]
    tasks = [ann.post(TASKS, {"project_id": projects[n % 3]["id"], "title": "x"}).data for n in range(length)]
    found, together = graph.circle, Barrier(length)

    def find_together(uow: UnitOfWork, task_id: str, depends_on: str) -> Any:
        circle = found(uow, task_id, depends_on)
        if uow.dialect == "postgresql":  # SQLite lets one after the other begin
            with suppress(BrokenBarrierError):
                together.wait(1)
        return circle

    monkeypatch.setattr(graph, "circle", find_together)
    replies: list[Any] = []

    def link(number: int) -> None:
        body = {"depends_on_task_id": tasks[(number + 1) % length]["id"]}
        replies.append(again(world, ann).post(f"{TASKS}/{tasks[number]['id']}/dependencies", body))

    threads = [Thread(target=link, args=(number,)) for number in range(length)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(reply.status for reply in replies) == [201] * (length - 1) + [409]
    (refused,) = (reply for reply in replies if reply.status == 409)
    assert refused.error["details"]["reason"] == "circular_dependency"
    assert len(refused.error["details"]["path"]) == length + 1


def test_twenty_thousand_links_take_as_many_statements_as_two(
    world: World, ann: Person, project: Any, acting: Any
) -> None:
    """A chain of 10,000 tasks in which each waits for the two before it."""
    first = ann.post(TASKS, {"project_id": project["id"], "title": "First"}).data
    second = ann.post(TASKS, {"project_id": project["id"], "title": "Second"}).data
    free = ann.post(TASKS, {"project_id": project["id"], "title": "Free"}).data
    body = {"depends_on_task_id": first["id"]}
    with world.statements() as few:
        assert ann.post(f"{TASKS}/{second['id']}/dependencies", body).status == 201
    with acting(ann) as uow:
        row = uow.get(Task, second["id"])
        chain = [first, second]
        rows = [{**row, "number": n, "key": f"WEB-{n}"} for n in range(4, 10_002)]
        for new in rows:
            del new["id"]
        chain += uow.insert_many(Task, rows)
        ids = [task["id"] for task in chain]
        links = [
            {"project_id": project["id"], "task_id": ids[n], "depends_on_task_id": ids[n - back]}
            for n in range(2, len(ids))
            for back in (1, 2)
        ]
        uow.insert_many(Dependency, links)
    last = ids[-1]
    with world.statements() as many:
        url = f"{TASKS}/{free['id']}/dependencies"
        assert ann.post(url, {"depends_on_task_id": last}).status == 201
    assert len(many) == len(few)
    reply = ann.post(f"{TASKS}/{ids[0]}/dependencies", {"depends_on_task_id": last})
    assert reply.error["details"]["reason"] == "circular_dependency"
    path = reply.error["details"]["path"]
    assert (path[0], path[-1]) == ("WEB-1", "WEB-1") and len(path) <= 52
