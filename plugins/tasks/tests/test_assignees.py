"""Several people on one task: who is assigned, who of them is the primary one, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from flask import Flask

from pronaflow_kernel.api import new_id
from pronaflow_kernel.testing import Person, ResourceSuite, World
from pronaflow_tasks.people.rules import MOST, with_assignees

TASKS = "/api/v1/tasks"

_PROJECTS: dict[str, str] = {}


def _project(owner: Person) -> str:
    if owner.id not in _PROJECTS:
        made = owner.post("/api/v1/projects", {"name": "Website", "key": "WEB"})
        _PROJECTS[owner.id] = made.data["id"]
    return _PROJECTS[owner.id]


class TestAssignedTasks(ResourceSuite):
    """A task with its assignees is a resource like any other."""

    path = TASKS
    patch: ClassVar[dict[str, Any]] = {"title": "Other", "assignee_ids": []}

    def body(self, owner: Person, number: int = 1) -> dict[str, Any]:
        return {"project_id": _project(owner), "title": f"Task {number}", "assignee_ids": [owner.id]}


@pytest.mark.parametrize(
    ("changes", "primary", "everybody"),
    [
        ({}, "a", None),
        ({"assigned_to": "a"}, "a", None),
        ({"assigned_to": "x"}, "x", ["x", "b"]),
        ({"assigned_to": "b"}, "b", ["b"]),
        ({"assigned_to": None}, None, ["b"]),
        ({"assignee_ids": ["b", "a"]}, "a", ["a", "b"]),
        ({"assignee_ids": ["x", "b", "x"]}, "x", ["x", "b"]),
        ({"assignee_ids": []}, None, []),
        ({"assignee_ids": ["b"], "assigned_to": "x"}, "x", ["x", "b"]),
        ({"assignee_ids": ["a", "b"], "assigned_to": None}, None, ["a", "b"]),
    ],
    ids=lambda value: "-".join(f"{k}" for k in value) if isinstance(value, dict) else None,
)
def test_the_primary_one_and_all_go_together(
    changes: dict[str, Any], primary: str | None, everybody: list[str] | None
) -> None:
    found = with_assignees(["a", "b"], "a", changes)
    assert (found.get("assigned_to", "a"), found.get("assignee_ids")) == (primary, everybody)


@pytest.fixture
def team(project: Any, colleague: Callable[..., Person]) -> list[Person]:
    """Three members of the project."""
    return [colleague(project["id"], role) for role in ("member", "planner", "viewer")]


def people(task: Any) -> list[tuple[str, bool]]:
    """Who is assigned, as a task shows it."""
    assert task["assignee_ids"] == [person["user_id"] for person in task["assignees"]]
    shown = [(person["user_id"], person["is_primary"]) for person in task["assignees"]]
    primary = next((user_id for user_id, is_primary in shown if is_primary), None)
    assert task["assigned_to"] == primary
    assert (task["assignee"] or {"user_id": None})["user_id"] == primary
    return shown


def test_a_task_is_born_with_all_of_them(
    ann: Person, project: Any, team: list[Person], events: Callable[[str], list[Any]]
) -> None:
    one, two, _ = team
    body = {"project_id": project["id"], "title": "x", "assignee_ids": [two.id, one.id]}
    made = ann.post(TASKS, body).data
    assert people(made) == [(two.id, True), (one.id, False)]
    assert ann.get(f"{TASKS}/{made['id']}").data == made
    listed = ann.get(TASKS, project_id=project["id"]).data[0]
    assert people(listed) == people(made)
    assert made["assignees"][0] == {
        "user_id": two.id,
        "username": two.username,
        "full_name": "Planner",
        "is_primary": True,
    }
    told = [row for row in events(made["id"]) if row["type"] == "task.assigned"]
    assert [row["payload"]["user_id"] for row in told] == [two.id, one.id]
    assert {row["container_id"] for row in told} == {project["id"]}


def test_a_change_tells_who_is_new(
    ann: Person, task: Any, team: list[Person], events: Callable[[str], list[Any]]
) -> None:
    one, two, three = team
    url = f"{TASKS}/{task['id']}"
    assert people(ann.patch(url, {"assignee_ids": [one.id, two.id]}).data) == [
        (one.id, True),
        (two.id, False),
    ]
    changed = ann.patch(url, {"assigned_to": three.id}).data
    assert people(changed) == [(three.id, True), (two.id, False)]
    assert ann.patch(url, {"assignee_ids": [two.id, three.id]}).data["version"] == changed["version"]
    assert people(ann.patch(url, {"assigned_to": None}).data) == [(two.id, False)]
    told = events(task["id"])[1:]
    assert [row["payload"]["user_id"] for row in told if row["type"] == "task.assigned"] == [
        one.id,
        two.id,
        three.id,
    ]
    updates = [row["changes"] for row in told if row["type"] == "task.updated"]
    assert updates[1] == {
        "assigned_to": {"old": one.id, "new": three.id},
        "assignee_ids": {"old": sorted([one.id, two.id]), "new": [three.id, two.id]},
    }
    assert len(updates) == 3


def test_everybody_must_be_in_the_project_and_every_stranger_is_named(
    ann: Person, bob: Person, task: Any, team: list[Person], colleague: Callable[..., Person]
) -> None:
    url, outsider = f"{TASKS}/{task['id']}", colleague()
    named = {"assignee_ids": [team[0].id, outsider.id, bob.id, new_id()]}
    expected = {"assignee_ids.1", "assignee_ids.2", "assignee_ids.3"}
    assert ann.patch(url, named).faults == expected
    assert ann.post(TASKS, {"project_id": task["project_id"], "title": "x", **named}).faults == expected
    assert ann.patch(url, {"assigned_to": outsider.id}).faults == {"assigned_to"}
    assert ann.patch(url, {"assignee_ids": [new_id() for _ in range(MOST + 1)]}).faults == {"assignee_ids"}
    assert people(ann.get(url).data) == []


def test_who_left_stays_until_taken_out_and_holds_up_nothing(
    ann: Person, project: Any, task: Any, team: list[Person], world: World
) -> None:
    ann.patch(f"/api/v1/workspaces/{ann.workspace_id}/settings", {"on_member_removed": "keep"})
    one, two, _ = team
    url = f"{TASKS}/{task['id']}"
    ann.patch(url, {"assignee_ids": [one.id]})
    assert ann.delete(f"/api/v1/projects/{project['id']}/members/{one.id}").status == 200
    world.drain()
    assert people(ann.patch(url, {"assignee_ids": [one.id, two.id]}).data) == [
        (one.id, True),
        (two.id, False),
    ]


class TestOneByOne:
    """`/tasks/{id}/assignees`."""

    def test_the_first_is_primary_and_others_come_beside(
        self, ann: Person, task: Any, team: list[Person]
    ) -> None:
        one, two, three = team
        url = f"{TASKS}/{task['id']}/assignees"
        first = ann.post(url, {"user_id": one.id})
        assert (first.status, people(first.data)) == (201, [(one.id, True)])
        ann.post(url, {"user_id": two.id})
        assert people(ann.get(f"{TASKS}/{task['id']}").data) == [(one.id, True), (two.id, False)]
        promoted = ann.post(url, {"user_id": two.id, "is_primary": True}).data
        assert people(promoted) == [(two.id, True), (one.id, False)]
        ann.post(url, {"user_id": three.id, "is_primary": False})
        assert len(ann.get(url).data) == 3

    def test_nobody_is_promoted_when_the_primary_one_goes(
        self, ann: Person, task: Any, team: list[Person]
    ) -> None:
        one, two, _ = team
        url = f"{TASKS}/{task['id']}"
        ann.patch(url, {"assignee_ids": [one.id, two.id]})
        assert ann.delete(f"{url}/assignees/{one.id}").json["message"] == "Assignee removed"
        assert people(ann.get(url).data) == [(two.id, False)]
        assert ann.delete(f"{url}/assignees/{one.id}").status == 404
        assert ann.delete(f"{url}/assignees/{two.id}").status == 200
        assert ann.get(f"{url}/assignees").data == []

    def test_strangers_are_refused(self, ann: Person, bob: Person, task: Any) -> None:
        url = f"{TASKS}/{task['id']}/assignees"
        assert ann.post(url, {"user_id": bob.id}).faults == {"assignee_ids.0"}
        assert ann.post(url, {}).faults == {"user_id"}
        assert bob.get(url).status == bob.post(url, {"user_id": bob.id}).status == 404

    def test_all_who_are_added_at_once_are_assigned(
        self, world: World, ann: Person, task: Any, team: list[Person]
    ) -> None:
        url = f"{TASKS}/{task['id']}/assignees"

        def add(person: Person) -> int:
            device = replace(ann, client=Flask.test_client(world.app))
            return device.post(url, {"user_id": person.id}).status

        with ThreadPoolExecutor(3) as pool:
            assert list(pool.map(add, team)) == [201, 201, 201]
        shown = people(ann.get(f"{TASKS}/{task['id']}").data)
        assert {user_id for user_id, _ in shown} == {person.id for person in team}
        assert [is_primary for _, is_primary in shown] == [True, False, False]


def test_the_list_finds_any_assignee(ann: Person, project: Any, team: list[Person]) -> None:
    one, two, three = team
    where = {"project_id": project["id"]}
    both = ann.post(TASKS, {**where, "title": "Both", "assignee_ids": [one.id, two.id]}).data["id"]
    alone = ann.post(TASKS, {**where, "title": "Alone", "assigned_to": two.id}).data["id"]

    def found(person: Person, **query: Any) -> set[str]:
        return {row["id"] for row in person.get(TASKS, **query).data}

    assert found(ann, **where, assigned_to=two.id) == {both, alone}
    assert found(one, **where, assigned_to="me") == found(one, assigned_to="me") == {both}
    assert found(ann, **where, assigned_to=three.id) == set()


class TestDepartures:
    """Who leaves is taken out of open work, if the workspace has it so."""

    @pytest.fixture
    def url(self, ann: Person, task: Any, team: list[Person]) -> str:
        url = f"{TASKS}/{task['id']}"
        ann.patch(url, {"assignee_ids": [team[0].id, team[1].id]})
        ann.post(f"{url}/subtasks", {"title": "Step", "assigned_to": team[0].id})
        return url

    def leave_project(self, world: World, ann: Person, project: Any, person: Person) -> None:
        assert ann.delete(f"/api/v1/projects/{project['id']}/members/{person.id}").status == 200
        world.drain()

    def test_out_of_a_project(
        self, world: World, ann: Person, project: Any, url: str, team: list[Person]
    ) -> None:
        self.leave_project(world, ann, project, team[0])
        assert people(ann.get(url).data) == [(team[1].id, False)]
        assert [row["assigned_to"] for row in ann.get(f"{url}/subtasks").data] == [None]

    def test_or_is_kept(self, world: World, ann: Person, project: Any, url: str, team: list[Person]) -> None:
        ann.patch(f"/api/v1/workspaces/{ann.workspace_id}/settings", {"on_member_removed": "keep"})
        self.leave_project(world, ann, project, team[0])
        assert people(ann.get(url).data) == [(team[0].id, True), (team[1].id, False)]

    def test_who_is_back_before_it_is_heard_of_keeps_everything(
        self, world: World, ann: Person, project: Any, url: str, team: list[Person]
    ) -> None:
        members = f"/api/v1/projects/{project['id']}/members"
        ann.delete(f"{members}/{team[0].id}")
        ann.post(members, {"user_id": team[0].id, "role": "member"})
        world.drain()
        assert people(ann.get(url).data)[0] == (team[0].id, True)

    @pytest.mark.parametrize("seat", [0, 1])
    def test_an_heir_takes_exactly_the_place(
        self, world: World, ann: Person, url: str, team: list[Person], seat: int
    ) -> None:
        heir = team[2]
        path = f"/api/v1/workspaces/{ann.workspace_id}/members/{team[seat].id}"
        assert ann.delete(path, reassign_to=heir.id).status == 200
        world.drain()
        expected = (
            [(heir.id, True), (team[1].id, False)] if seat == 0 else [(team[0].id, True), (heir.id, False)]
        )
        assert people(ann.get(url).data) == expected
        (step,) = ann.get(f"{url}/subtasks").data
        assert step["assigned_to"] == (heir.id if seat == 0 else team[0].id)


def test_only_members_go_along_to_another_project(
    ann: Person, task: Any, team: list[Person], events: Callable[[str], list[Any]]
) -> None:
    one, two, three = team
    url = f"{TASKS}/{task['id']}"
    ann.patch(url, {"assignee_ids": [one.id, two.id, three.id]})
    ann.post(f"{url}/subtasks", {"title": "Step", "assigned_to": two.id})
    there = ann.post("/api/v1/projects", {"name": "There", "key": "THR"}).data["id"]
    ann.post(f"/api/v1/projects/{there}/members", {"user_id": three.id, "role": "member"})
    moved = ann.post(f"{url}/move", {"project_id": there}).data
    assert people(moved) == [(three.id, False)]
    assert moved["warnings"] == ["2 assignees are not members of the project, and not assigned any more."]
    (step,) = ann.get(f"{url}/subtasks").data
    assert (step["assigned_to"], step["project_id"]) == (None, there)
