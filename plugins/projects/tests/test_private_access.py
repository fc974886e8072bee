"""An owner of the workspace may enter private projects, and leaves a trace (modules.md 2.4 and 3.4)."""

from __future__ import annotations

from typing import Any

import pytest

from pronaflow_kernel.testing import Person, World

URL = "/api/v1/projects"
DAY = 86_400


@pytest.fixture
def secret(world: World, ann: Person, bob: Person) -> Any:
    """A private project of bob's in ann's workspace."""
    world.join(ann.workspace_id, bob, "member")
    body = {"name": "Secret", "workspace_id": ann.workspace_id, "visibility": "private"}
    return bob.post(URL, body).data


def traces(world: World, workspace_id: str) -> list[tuple[str, str]]:
    """Who entered which project, as the ledger has it."""
    return [
        (event["user_id"], event["aggregate_id"])
        for event in world.events(workspace_id)
        if event["type"] == "project.private_access"
    ]


def test_the_first_access_of_a_day_is_written_down(world: World, ann: Person, secret: Any) -> None:
    url = f"{URL}/{secret['id']}"
    for _ in range(2):
        assert ann.get(url).data["role"] == "owner"
        assert ann.get(f"{url}/members").status == 200
        assert ann.patch(url, {"description": "x"}).status == 200
        assert ann.get("/api/v1/tasks", project_id=secret["id"]).status == 200
    assert traces(world, ann.workspace_id) == [(ann.id, secret["id"])]
    world.clock.advance(DAY)
    assert ann.get(url).status == 200
    assert traces(world, ann.workspace_id) == [(ann.id, secret["id"])] * 2


def test_it_leaves_the_server_by_no_public_event(world: World, ann: Person, secret: Any) -> None:
    ann.get(f"{URL}/{secret['id']}")
    [event] = [each for each in world.events(ann.workspace_id) if each["type"] == "project.private_access"]
    assert (event["public"], event["container_id"]) == (False, secret["id"])


def test_members_and_readers_of_public_projects_leave_no_trace(
    world: World, ann: Person, bob: Person, secret: Any
) -> None:
    bob.get(f"{URL}/{secret['id']}")
    own = ann.post(URL, {"name": "Own", "visibility": "private"}).data["id"]
    ann.get(f"{URL}/{own}")
    shown = bob.post(URL, {"name": "Open", "workspace_id": ann.workspace_id}).data["id"]
    ann.get(f"{URL}/{shown}")
    assert traces(world, ann.workspace_id) == []


def test_a_write_that_reaches_a_private_project_is_an_access_too(
    world: World, ann: Person, secret: Any
) -> None:
    own = ann.post(URL, {"name": "Own"}).data["id"]
    task = ann.post("/api/v1/tasks", {"project_id": own, "title": "Task"}).data["id"]
    assert ann.post(f"/api/v1/tasks/{task}/move", {"project_id": secret["id"]}).status == 200
    assert traces(world, ann.workspace_id) == [(ann.id, secret["id"])]


def test_nothing_in_a_private_project_is_read_in_passing(ann: Person, bob: Person, secret: Any) -> None:
    bob.post("/api/v1/tasks", {"project_id": secret["id"], "title": "Hush"})
    where = {"workspace_id": ann.workspace_id}
    assert [row["id"] for row in ann.get(URL, **where).data] == [secret["id"]], "there is a door to enter by"
    assert ann.get("/api/v1/tasks", **where).data == []
    assert ann.get("/api/v1/tasks", project_id=secret["id"]).data[0]["title"] == "Hush"


def test_an_owner_who_wants_to_stay_is_added_not_joined(ann: Person, secret: Any) -> None:
    url = f"{URL}/{secret['id']}"
    assert ann.post(f"{url}/join").status == 403
    assert ann.post(f"{url}/members", {"user_id": ann.id, "role": "manager"}).status == 201
