"""Who is told of requests that wait for a decision, of decisions, and of files; never who did it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pronaflow_kernel.testing import Person, World

from .conftest import URL, clear, told

Make = Callable[..., Any]


class Requests:
    """Change requests of a project, each step with all that follows from it."""

    def __init__(self, world: World, project: Any) -> None:
        self._world, self._project = world, project

    def ask(self, person: Person, **values: Any) -> Any:
        """A request of a person."""
        made = person.post(self._path(), {"title": "More time", **values}).data
        self._world.drain()
        return made

    def decide(self, person: Person, request: Any, approved: bool) -> None:
        """A person's decision."""
        answer = person.patch(self._path(request["id"], "approve"), {"approved": approved})
        assert answer.status == 200, answer.json
        self._world.drain()

    def submit(self, person: Person, request: Any) -> None:
        """No draft any more."""
        assert person.patch(self._path(request["id"]), {"status": "pending"}).status == 200
        self._world.drain()

    def _path(self, *parts: str) -> str:
        return "/".join([f"/api/v1/projects/{self._project['id']}/change-requests", *parts])


@pytest.fixture
def requests(world: World, project: Any) -> Requests:
    """Change requests of ann's project."""
    return Requests(world, project)


@pytest.fixture
def bob(colleague: Make, project: Any) -> Person:
    """A member of the project."""
    found: Person = colleague(project["id"])
    return found


@pytest.fixture
def manager(colleague: Make, project: Any) -> Person:
    """A manager of the project, who decides as its owner does."""
    found: Person = colleague(project["id"], "manager")
    return found


def test_a_request_is_told_to_whoever_decides_and_to_nobody_else(
    ann: Person, bob: Person, manager: Person, colleague: Make, project: Any, requests: Requests
) -> None:
    other = colleague(project["id"])
    clear(ann)
    made = requests.ask(bob)
    for decider in (ann, manager):
        [row] = decider.get(URL).data
        assert (row["type"], row["priority"], row["reasons"]) == (
            "approval_requested",
            "medium",
            ["approver"],
        )
        assert row["message"] == "Member asks you to decide on 'More time'"
        assert row["action_url"] == f"/projects/{project['id']}/change-requests/{made['id']}"
    assert (told(bob), told(other)) == ([], [])


def test_whoever_decides_is_not_asked_by_themselves(ann: Person, manager: Person, requests: Requests) -> None:
    clear(ann)
    requests.ask(manager)
    assert (told(manager), told(ann)) == ([], ["approval_requested"])


def test_a_draft_is_told_once_it_is_submitted(ann: Person, bob: Person, requests: Requests) -> None:
    clear(ann)
    draft = requests.ask(bob, status="draft")
    assert told(ann) == []
    requests.submit(bob, draft)
    assert (told(ann), told(bob)) == (["approval_requested"], [])


@pytest.mark.parametrize(
    ("approved", "message"), [(True, "Ann approved 'More time'"), (False, "Ann rejected 'More time'")]
)
def test_a_decision_is_told_to_whoever_asked_alone(
    ann: Person, bob: Person, manager: Person, requests: Requests, approved: bool, message: str
) -> None:
    made = requests.ask(bob)
    clear(ann), clear(manager)
    requests.decide(ann, made, approved)
    [row] = bob.get(URL).data
    assert (row["type"], row["message"], row["reasons"]) == ("approval_decision", message, ["requester"])
    assert (told(ann), told(manager)) == ([], [])


def test_who_decides_on_their_own_request_is_not_told(ann: Person, requests: Requests) -> None:
    clear(ann)
    requests.decide(ann, requests.ask(ann), True)
    assert told(ann) == []


def test_in_a_strict_project_approvers_are_asked(
    world: World, ann: Person, colleague: Make, requests: Requests, project: Any
) -> None:
    values = {"name": "Bridge", "key": "BRI", "governance_mode": "strict"}
    strict = ann.post("/api/v1/projects", values).data
    asking, manager, approver = (colleague() for _ in range(3))
    for person, role, approves in (
        (asking, "member", False),
        (manager, "manager", False),
        (approver, "member", True),
    ):
        body = {"user_id": person.id, "role": role, "is_approver": approves}
        assert ann.post(f"/api/v1/projects/{strict['id']}/members", body).status == 201
    world.drain()
    for person in (ann, asking, manager, approver):
        clear(person)
    Requests(world, strict).ask(asking)
    assert (told(approver), told(ann)) == (["approval_requested"], ["approval_requested"])
    assert (told(manager), told(asking)) == ([], [])


def test_a_file_is_told_to_whoever_watches_the_task_but_not_to_who_brought_it(
    world: World, ann: Person, bob: Person, colleague: Make, project: Any, task: Make
) -> None:
    other = colleague(project["id"])
    made = task(project, assigned_to=bob.id)
    clear(bob), clear(ann)
    files = f"/api/v1/tasks/{made['id']}/files"
    assert bob.upload(files, "plan.pdf", b"first").status == 201
    world.drain()
    [row] = ann.get(URL).data
    assert (row["type"], row["priority"], row["action_url"]) == (
        "file_uploaded",
        "low",
        f"/tasks/{made['id']}",
    )
    assert row["message"] == "Member added a file to task 'Design UI'"
    assert "plan.pdf" not in str(row)
    assert (told(bob), told(other)) == ([], [])
    assert ann.upload(files, "more.pdf", b"second").status == 201
    world.drain()
    assert (told(bob), told(ann)) == (["file_uploaded"], ["file_uploaded"])
