"""Who left the workspace has nothing in its projects, from the next request on, delivered event or not."""

from __future__ import annotations

from typing import Any

import pytest

from pronaflow_kernel.testing import Person, World

URL = "/api/v1/projects"
MEMBERS = "/api/v1/workspaces/{0}/members/{1}"


def new(person: Person, **values: Any) -> Any:
    """A project of a person's."""
    return person.post(URL, {"workspace_id": person.workspace_id, "name": "Website", **values}).data


@pytest.fixture
def secret(world: World, ann: Person, bob: Person) -> Any:
    """A private project of ann's, of which bob was a manager before he left the workspace and came back."""
    world.join(ann.workspace_id, bob, "member")
    project = new(ann, visibility="private")
    assert ann.post(f"{URL}/{project['id']}/members", {"user_id": bob.id, "role": "manager"}).status == 201
    come_back(world, ann, bob)
    return project


def come_back(world: World, ann: Person, bob: Person) -> None:
    """Bob leaves and comes back as a viewer; nobody has been told of it yet."""
    world.clock.advance(60)
    assert ann.delete(MEMBERS.format(ann.workspace_id, bob.id)).status == 200
    world.clock.advance(60)
    world.join(ann.workspace_id, bob, "member")


def listed(caller: Person, project_id: str) -> dict[str, str]:
    """The members of a project and their roles."""
    return {row["user_id"]: row["role"] for row in caller.get(f"{URL}/{project_id}/members").data}


def test_who_comes_back_has_no_role_of_before(ann: Person, bob: Person, secret: Any) -> None:
    url = f"{URL}/{secret['id']}"
    assert bob.get(url).status == 404
    assert bob.patch(url, {"name": "Mine"}).status == 404
    assert bob.get(URL, workspace_id=ann.workspace_id).data == []
    assert ann.patch(url, {"visibility": "public"}).data["members_count"] == 1
    assert bob.get(url).data["role"] == "viewer"
    assert listed(ann, secret["id"]) == {ann.id: "owner"}


def test_nor_can_work_be_given_to_them(ann: Person, bob: Person, secret: Any) -> None:
    url = f"{URL}/{secret['id']}/members/{bob.id}"
    assert ann.patch(url, {"role": "member"}).status == 404
    assert ann.delete(url).status == 404
    task = {"project_id": secret["id"], "title": "x", "assigned_to": bob.id}
    assert ann.post("/api/v1/tasks", task).faults == {"assigned_to"}


def test_what_they_are_given_since_then_stays(world: World, ann: Person, bob: Person, secret: Any) -> None:
    body = {"user_id": bob.id, "role": "planner"}
    assert ann.post(f"{URL}/{secret['id']}/members", body).data["role"] == "planner"
    world.drain()
    assert bob.get(f"{URL}/{secret['id']}").data["role"] == "planner"
    assert listed(ann, secret["id"]) == {ann.id: "owner", bob.id: "planner"}


def test_a_project_keeps_its_owner_until_it_has_another(world: World, ann: Person, bob: Person) -> None:
    world.join(ann.workspace_id, bob, "member")
    project = new(bob, visibility="private")
    come_back(world, ann, bob)
    assert bob.get(f"{URL}/{project['id']}").status == 404
    assert listed(ann, project["id"]) == {bob.id: "owner"}
    assert ann.post(f"{URL}/{project['id']}/members", {"user_id": bob.id}).status == 409
    world.drain()
    assert listed(ann, project["id"]) == {ann.id: "owner"}


def test_an_owner_who_came_back_can_be_made_the_owner_again(world: World, ann: Person, bob: Person) -> None:
    world.join(ann.workspace_id, bob, "member")
    project = new(bob, visibility="private")
    come_back(world, ann, bob)
    body = {"new_owner_id": bob.id, "reason": "is back"}
    assert ann.post(f"{URL}/{project['id']}/ownership/transfer", body).data["owner_id"] == bob.id
    world.drain()
    assert bob.get(f"{URL}/{project['id']}").data["role"] == "owner"
    assert listed(ann, project["id"]) == {bob.id: "owner"}


def test_an_heir_who_has_left_too_inherits_nothing(world: World, ann: Person, bob: Person) -> None:
    eve = world.person("eve")
    for person in (bob, eve):
        world.join(ann.workspace_id, person, "member")
    project = new(bob)
    ann.delete(MEMBERS.format(ann.workspace_id, bob.id), reassign_to=eve.id)
    ann.delete(MEMBERS.format(ann.workspace_id, eve.id))
    world.drain()
    assert listed(ann, project["id"]) == {ann.id: "owner"}
