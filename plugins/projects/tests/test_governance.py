"""What strict mode asks of a project, and what simple mode does not (modules.md 3.3, 3.5)."""

from __future__ import annotations

from typing import Any

import pytest

from pronaflow_kernel.testing import Person, Reply, World

URL = "/api/v1/projects"
LISTS = "/api/v1/tasks/lists"

STATUSES = ("not_started", "active", "in_review", "on_hold", "completed", "cancelled")

MOVES = """
    not_started active      both
    not_started on_hold     both
    not_started cancelled   both
    active      in_review   both
    active      on_hold     both
    active      completed   simple
    active      cancelled   both
    on_hold     active      both
    on_hold     cancelled   both
    in_review   completed   both
    in_review   active      both
    in_review   cancelled   both
    completed   active      both
    cancelled   active      both
"""
"""Every move there is, by hand from modules.md 3.3, and the modes that know it."""

ALLOWED = {
    (mode, start, to)
    for start, to, modes in (line.split() for line in MOVES.strip().splitlines())
    for mode in ("simple", "strict")
    if modes in ("both", mode)
}

WAYS = {
    "not_started": [],
    "active": ["active"],
    "in_review": ["active", "in_review"],
    "on_hold": ["on_hold"],
    "completed": ["active", "in_review", "completed"],
    "cancelled": ["cancelled"],
}
"""How a project that is not started comes to each status."""


def new(person: Person, mode: str = "strict", **values: Any) -> Any:
    """A project."""
    body = {"name": "Bridge", "governance_mode": mode, **values}
    return person.post(URL, body).data


def move(person: Person, project: Any, status: str, **values: Any) -> Reply:
    """A move, with the reason that a cancellation needs."""
    reason = {"cancellation_reason": "Over"} if status == "cancelled" else {}
    return person.patch(f"{URL}/{project['id']}/status", {"status": status, **reason, **values})


@pytest.mark.parametrize("mode", ["simple", "strict"])
@pytest.mark.parametrize("start", STATUSES)
def test_every_move_of_the_machine(ann: Person, mode: str, start: str) -> None:
    for wanted in STATUSES:
        project = new(ann, mode, status="not_started")
        for step in WAYS[start]:
            assert move(ann, project, step).status == 200
        reply = move(ann, project, wanted)
        if (mode, start, wanted) in ALLOWED:
            assert (reply.status, reply.data["status"]) == (200, wanted)
        elif start == wanted:
            assert reply.status == 200, "nothing moves"
        else:
            assert (reply.status, reply.error["code"]) == (400, "INVALID_REQUEST"), wanted
            allowed = sorted(to for m, frm, to in ALLOWED if (m, frm) == (mode, start))
            assert reply.error["details"]["allowed"] == allowed
            assert ann.get(f"{URL}/{project['id']}").data["status"] == start


def test_a_strict_project_is_planned_before_it_starts(ann: Person) -> None:
    assert new(ann)["status"] == "not_started"
    assert new(ann, "simple")["status"] == "active"
    assert new(ann, "standard")["governance_mode"] == "simple"
    assert new(ann, status="active")["status"] == "active"


def test_the_dates_of_a_started_strict_project_need_a_change_request(ann: Person) -> None:
    project = new(ann, start_date="2026-01-01")
    url = f"{URL}/{project['id']}"
    assert ann.patch(url, {"end_date": "2026-05-01"}).status == 200, "it is being planned"
    move(ann, project, "active")
    for values in ({"end_date": "2026-06-01"}, {"start_date": None, "name": "x"}):
        reply = ann.patch(url, values)
        assert (reply.status, reply.error["details"]["governance_mode"]) == (409, "strict")
        assert reply.error["details"]["fields"] == sorted(set(values) - {"name"})
    assert ann.patch(url, {"end_date": "2026-05-01", "name": "Dam"}).data["name"] == "Dam"
    sneaky = ann.patch(url, {"end_date": "2026-06-01", "governance_mode": "simple"})
    assert sneaky.status == 409


def test_lists_of_a_started_strict_project_need_a_change_request(world: World, ann: Person) -> None:
    project = new(ann)
    assert ann.post(LISTS, {"project_id": project["id"], "name": "Plan"}).status == 201
    move(ann, project, "active")
    reply = ann.post(LISTS, {"project_id": project["id"], "name": "Build"})
    assert (reply.status, reply.error["details"]["field"]) == (409, "new_task_lists")
    world.join(ann.workspace_id, cid := world.person("cid"), "member")
    ann.post(f"{URL}/{project['id']}/members", {"user_id": cid.id, "role": "planner"})
    requests = f"{URL}/{project['id']}/change-requests"
    wishes = {"new_task_lists": ["Build", "Paint"], "end_date": "2026-05-01"}
    request = cid.post(requests, {"title": "Two phases", "requested_changes": wishes}).data
    assert ann.patch(f"{requests}/{request['id']}/approve", {"approved": True}).status == 200
    names = [each["name"] for each in ann.get(LISTS, project_id=project["id"]).data]
    assert names == ["Plan", "Build", "Paint"]
    assert ann.get(f"{URL}/{project['id']}").data["end_date"] == "2026-05-01"


def test_an_approval_does_all_or_nothing(world: World, ann: Person) -> None:
    project = new(ann)
    move(ann, project, "active")
    world.join(ann.workspace_id, cid := world.person("cid"), "member")
    ann.post(f"{URL}/{project['id']}/members", {"user_id": cid.id, "role": "planner"})
    requests = f"{URL}/{project['id']}/change-requests"
    wishes = {"new_task_lists": ["Build"], "name": "Dam"}
    request = cid.post(requests, {"title": "x", "requested_changes": wishes}).data
    move(ann, project, "on_hold")
    reply = ann.patch(f"{requests}/{request['id']}/approve", {"approved": True})
    assert (reply.status, reply.error["details"]) == (409, {"project_status": "on_hold"})
    assert ann.get(f"{URL}/{project['id']}").data["name"] == "Bridge"
    assert ann.get(f"{requests}/{request['id']}").data["status"] == "pending"


def test_who_leaves_strict_mode_asks_nobody_any_more(ann: Person) -> None:
    project = new(ann, status="active")
    requests = f"{URL}/{project['id']}/change-requests"
    made = {
        status: ann.post(requests, {"title": "x", "status": status}).data["id"]
        for status in ("draft", "pending")
    }
    assert ann.patch(f"{URL}/{project['id']}", {"governance_mode": "simple"}).status == 200
    told = [event["type"] for event in ann.get(f"{URL}/{project['id']}/activity", page_size=2).data]
    assert told == ["change_request.cancelled", "project.updated"]
    now = {status: ann.get(f"{requests}/{made[status]}").data["status"] for status in made}
    assert now == {"draft": "draft", "pending": "cancelled"}
    assert ann.patch(f"{URL}/{project['id']}", {"governance_mode": "strict"}).status == 200


@pytest.mark.parametrize("mode", ["simple", "strict"])
def test_the_done_gate(ann: Person, mode: str) -> None:
    project = new(ann, mode, status="active")
    task = ann.post("/api/v1/tasks", {"project_id": project["id"], "title": "Dig"}).data
    move(ann, project, "in_review")
    reply = move(ann, project, "completed")
    if mode == "simple":
        assert (reply.status, reply.data["warnings"]) == (200, ["Completed with open tasks: 1"])
        return
    assert reply.status == 409
    assert [open_["task_id"] for open_ in reply.error["details"]["open_tasks"]] == [task["id"]]
    assert move(ann, project, "completed", open_tasks="cancel").data["status"] == "completed"
    assert ann.get(f"/api/v1/tasks/{task['id']}").data["status"] == "cancelled"
