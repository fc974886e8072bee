"""What holds when several change a project, or make projects, at the same time."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, BrokenBarrierError, Thread
from typing import Any, cast

import pytest

from pronaflow_kernel.api import Principal, Scope, UnitOfWork
from pronaflow_kernel.testing import Person, Reply, World
from pronaflow_projects.api import Projects
from pronaflow_projects.models import Project
from pronaflow_projects.service import ProjectService

URL = "/api/v1/projects"


def new(person: Person, **values: Any) -> Any:
    """A project of a person's."""
    return person.post(URL, {"workspace_id": person.workspace_id, "name": "Website", **values}).data


def scope(person: Person) -> Scope:
    """The person in their own workspace."""
    return Scope(Principal("user", user_id=person.id), person.workspace_id, "owner")


def again(world: World, person: Person) -> Person:
    """The same person at another device, for another thread."""
    return Person(
        world.app.test_client(), person.token, person.id, person.username, person.email, person.workspace_id
    )


class Beside(Thread):
    """Runs an action beside the test; `answer` is None until it is through."""

    def __init__(self, action: Callable[[], Reply]) -> None:
        super().__init__()
        self.answer: Reply | None = None
        self._action = action
        self.start()
        self.join(0.5)  # long enough for whoever does not wait

    def run(self) -> None:
        """See `Thread`."""
        self.answer = self._action()

    def result(self) -> Reply:
        """The answer, once it is there."""
        self.join()
        assert self.answer is not None
        return self.answer


@pytest.mark.parametrize(("path", "body"), [("", {"key": "NEWK"}), ("/status", {"status": "completed"})])
def test_key_and_status_stay_while_work_is_added(
    world: World, ann: Person, path: str, body: dict[str, str]
) -> None:
    url, device = f"{URL}/{(project := new(ann))['id']}", again(world, ann)
    with world.kernel.db.write(scope(ann)) as uow:
        world.kernel.services.require(Projects).editable(uow, project["id"])
        change = Beside(lambda: device.patch(url + path, body))
        assert change.answer is None
    assert change.result().data | body == change.result().data


def test_work_waits_for_a_change_of_status(world: World, ann: Person) -> None:
    project, device = new(ann), again(world, ann)
    service = cast("ProjectService", world.kernel.contributions["projects"].services[Projects])
    with world.kernel.db.write(scope(ann)) as uow:
        service.set_status(uow, project["id"], {"status": "completed"})
        task = Beside(lambda: device.post("/api/v1/tasks", {"project_id": project["id"], "title": "late"}))
        assert task.answer is None
    assert (task.result().status, task.result().error["details"]) == (409, {"project_status": "completed"})


def test_work_is_added_side_by_side(world: World, ann: Person) -> None:
    project, device = new(ann), again(world, ann)
    with world.kernel.db.write(scope(ann)) as uow:
        world.kernel.services.require(Projects).editable(uow, project["id"])
        task = Beside(lambda: device.post("/api/v1/tasks", {"project_id": project["id"], "title": "too"}))
        if uow.dialect == "postgresql":
            assert task.answer is not None
    assert task.result().status == 201


def test_the_thousandth_project_of_a_name_gets_a_key(world: World, ann: Person) -> None:
    rows = [
        {"key": f"WEB{number}", "name": "x", "name_folded": "x", "owner_id": ann.id}
        for number in range(2, 1000)
    ]
    with world.kernel.db.write(scope(ann)) as uow:
        uow.insert_many(Project, rows)
    assert [new(ann)["key"] for _ in range(3)] == ["WEBS", "WE1000", "WE1001"]


def test_keys_can_run_out(world: World, ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pronaflow_projects.service._NUMBERS", ((3, range(2, 3)),))
    assert [new(ann)["key"] for _ in range(2)] == ["WEBS", "WEB2"]
    reply = ann.post(URL, {"workspace_id": ann.workspace_id, "name": "Website"})
    assert (reply.status, reply.error["details"]) == (409, {"field": "key"})


def test_two_who_find_the_same_key_get_two(
    world: World, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    together, find = Barrier(2), ProjectService._key

    def find_together(self: ProjectService, uow: UnitOfWork, *args: Any) -> str:
        key = find(self, uow, *args)
        if uow.dialect == "postgresql":  # SQLite lets one after the other begin
            try:
                together.wait(5)
            except BrokenBarrierError:
                pass
            else:
                together.abort()
        return key

    monkeypatch.setattr(ProjectService, "_key", find_together)
    keys: list[str] = []
    threads = [Thread(target=lambda: keys.append(new(again(world, ann))["key"])) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(keys) == ["WEB2", "WEBS"]
