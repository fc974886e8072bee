"""Who may do what (modules.md 3.4), as a table written by hand: it shares nothing with permissions.toml."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pronaflow_kernel.api import new_id
from pronaflow_kernel.testing import Person, World

TASKS = "/api/v1/tasks"

# Answers in the order of these roles. "admin" and "viewer" are the workspace's, outside the project.
ROLES = ("owner", "manager", "planner", "member", "viewer", "admin")
SIMPLE = {
    "read": (200, 200, 200, 200, 200, 200),
    "create": (201, 201, 201, 201, 403, 403),
    "edit another's": (200, 200, 200, 200, 403, 403),
    "change dates of another's": (200, 200, 200, 200, 403, 403),
    "status of another's": (200, 200, 200, 200, 403, 403),
    "move another's": (200, 200, 200, 200, 403, 403),
    "comment": (201, 201, 201, 201, 403, 403),
    "take away another's": (200, 200, 403, 403, 403, 403),
    "take away own": (200, 200, 200, 200, None, None),
    "delete another's": (200, 200, 403, 403, 403, 403),
    "delete own": (200, 200, 200, 200, None, None),
    "restore another's": (200, 200, 403, 403, 403, 403),
    "delete another's comment": (200, 200, 403, 403, 403, 403),
    "edit another's comment": (403, 403, 403, 403, 403, 403),
    "create list": (201, 201, 201, 201, 403, 403),
    "rename list": (200, 200, 200, 200, 403, 403),
    "delete list": (200, 200, 403, 403, 403, 403),
}
STRICT = {
    **SIMPLE,
    "edit another's": (200, 200, 200, 403, 403, 403),
    "change dates of another's": (200, 200, 200, 403, 403, 403),
    "edit own": (200, 200, 200, 200, None, None),
    "edit as assignee": (200, 200, 200, 200, None, None),
    "change dates of own": (200, 200, 200, 403, None, None),
    "make a milestone of own": (200, 200, 200, 403, None, None),
    "move another's": (200, 200, 200, 403, 403, 403),
    "list of another's": (200, 200, 200, 403, 403, 403),
    "move own": (200, 200, 200, 200, None, None),
    "create list": (201, 201, 201, 403, 403, 403),
    "rename list": (200, 200, 200, 403, 403, 403),
}
CASES = [
    pytest.param(mode, action, role, expected, id=f"{mode}-{role}-{action}")
    for mode, table in (("simple", SIMPLE), ("strict", STRICT))
    for action, row in table.items()
    for role, expected in zip(ROLES, row, strict=True)
    if expected is not None
]


@pytest.fixture(scope="module")
def stage(world: World) -> Any:
    """A project in each mode, with a person in each role."""
    boss = world.person("boss")
    people = {role: world.person(role) for role in ROLES if role != "owner"}
    for role, person in people.items():
        world.join(boss.workspace_id, person, "admin" if role == "admin" else "member")
    projects = {}
    for mode in ("simple", "strict"):
        body = {"name": mode, "key": mode[:3].upper(), "governance_mode": mode}
        project = boss.post("/api/v1/projects", body).data["id"]
        for role in ("manager", "planner", "member"):
            member = {"user_id": people[role].id, "role": role}
            assert boss.post(f"/api/v1/projects/{project}/members", member).status == 201
        projects[mode] = project
    # Another member, whose things are nobody's of the table.
    other = world.person("other")
    world.join(boss.workspace_id, other, "member")
    for project in projects.values():
        boss.post(f"/api/v1/projects/{project}/members", {"user_id": other.id, "role": "member"})
    return {"people": {**people, "owner": boss}, "projects": projects, "other": other}


@pytest.mark.parametrize(("mode", "action", "role", "expected"), CASES)
def test_the_table_of_roles(stage: Any, mode: str, action: str, role: str, expected: int) -> None:
    person, other, project = stage["people"][role], stage["other"], stage["projects"][mode]
    boss = stage["people"]["owner"]
    reply = ACTIONS[action](person, other, boss, project)
    assert reply.status == expected, reply.json


def _task(owner: Person, project: str, **values: Any) -> str:
    body = {"project_id": project, "title": "Task", **values}
    return f"{TASKS}/{owner.post(TASKS, body).data['id']}"


def _trashed(owner: Person, project: str) -> str:
    url = _task(owner, project)
    assert owner.delete(url).status == 200
    return url


def _comment(author: Person, project: str) -> str:
    made = author.post(f"{_task(author, project)}/comments", {"content": "Well"})
    return f"{TASKS}/comments/{made.data['id']}"


def _list(boss: Person, project: str) -> str:
    made = boss.post(f"{TASKS}/lists", {"project_id": project, "name": "Sprint"})
    return f"{TASKS}/lists/{made.data['id']}"


def _take_away(me: Person, boss: Person, task: str) -> Any:
    body = {"name": "Mine", "workspace_id": boss.workspace_id, "visibility": "private"}
    return me.post(f"{task}/move", {"project_id": me.post("/api/v1/projects", body).data["id"]})


DATES = {"due_date": "2026-05-01"}
TITLE = {"title": "Changed"}
ACTIONS: dict[str, Callable[[Person, Person, Person, str], Any]] = {
    "read": lambda me, other, boss, p: me.get(_task(other, p)),
    "create": lambda me, other, boss, p: me.post(TASKS, {"project_id": p, "title": "Mine"}),
    "edit another's": lambda me, other, boss, p: me.patch(_task(other, p), TITLE),
    "edit own": lambda me, other, boss, p: me.patch(_task(me, p), TITLE),
    "edit as assignee": lambda me, other, boss, p: me.patch(_task(other, p, assigned_to=me.id), TITLE),
    "change dates of another's": lambda me, other, boss, p: me.patch(_task(other, p), DATES),
    "change dates of own": lambda me, other, boss, p: me.patch(_task(me, p), DATES),
    "status of another's": lambda me, other, boss, p: me.patch(
        f"{_task(other, p)}/status", {"status": "done"}
    ),
    "move another's": lambda me, other, boss, p: me.post(f"{_task(other, p)}/move", {"position": 0}),
    "move own": lambda me, other, boss, p: me.post(f"{_task(me, p)}/move", {"position": 0}),
    "list of another's": lambda me, other, boss, p: me.post(
        f"{_task(other, p)}/move", {"task_list_id": _list(boss, p).rpartition("/")[2]}
    ),
    "take away another's": lambda me, other, boss, p: _take_away(me, boss, _task(other, p)),
    "take away own": lambda me, other, boss, p: _take_away(me, boss, _task(me, p)),
    "make a milestone of own": lambda me, other, boss, p: me.patch(
        _task(me, p, start_date="2026-03-05", due_date="2026-03-09"), {"is_milestone": True}
    ),
    "comment": lambda me, other, boss, p: me.post(f"{_task(other, p)}/comments", {"content": "Hm"}),
    "delete another's": lambda me, other, boss, p: me.delete(_task(other, p)),
    "delete own": lambda me, other, boss, p: me.delete(_task(me, p)),
    "restore another's": lambda me, other, boss, p: me.post(f"{_trashed(other, p)}/restore"),
    "delete another's comment": lambda me, other, boss, p: me.delete(_comment(other, p)),
    "edit another's comment": lambda me, other, boss, p: me.patch(_comment(other, p), {"content": "No"}),
    "create list": lambda me, other, boss, p: me.post(f"{TASKS}/lists", {"project_id": p, "name": "L"}),
    "rename list": lambda me, other, boss, p: me.patch(_list(boss, p), {"name": "L"}),
    "delete list": lambda me, other, boss, p: me.delete(_list(boss, p)),
}


def test_a_private_project_is_hidden_from_who_is_not_in_it(
    ann: Person, colleague: Callable[..., Person]
) -> None:
    outsider = colleague(workspace_role="admin")
    body = {"name": "Secret", "key": "SEC", "visibility": "private"}
    project = ann.post("/api/v1/projects", body).data["id"]
    task = ann.post(TASKS, {"project_id": project, "title": "Hush", "tags": ["x"]}).data
    comment = ann.post(f"{TASKS}/{task['id']}/comments", {"content": "psst"}).data
    for path, query in (
        (f"{TASKS}/{task['id']}", {}),
        (f"{TASKS}/{task['id']}/comments", {}),
        (f"{TASKS}/comments/{comment['id']}", {}),
        (f"{TASKS}/lists/{task['task_list_id']}", {}),
        (f"{TASKS}/lists", {"project_id": project}),
        (TASKS, {"project_id": project}),
        (TASKS, {"task_list_id": task["task_list_id"]}),
    ):
        assert outsider.get(path, **query).status == 404, path
    for query in ({}, {"search": "hush"}, {"tag": "x"}, {"created_by": ann.id}):
        reply = outsider.get(TASKS, workspace_id=ann.workspace_id, **query)
        assert (reply.data, reply.json["pagination"]["total"]) == ([], 0)
    mine = ann.post("/api/v1/projects", {"name": "Open", "key": "OPN"}).data["id"]
    own = ann.post(TASKS, {"project_id": mine, "title": "Here"}).data["id"]
    assert outsider.post(f"{TASKS}/{own}/move", {"project_id": project}).status == 403  # reads, no more


def test_nobody_moves_a_task_where_they_may_not_create_one(
    ann: Person, project: Any, colleague: Callable[..., Person]
) -> None:
    member = colleague(project["id"])
    elsewhere = ann.post("/api/v1/projects", {"name": "Else", "key": "ELS"}).data["id"]
    hidden = ann.post("/api/v1/projects", {"name": "Hid", "key": "HID", "visibility": "private"}).data["id"]
    task = member.post(TASKS, {"project_id": project["id"], "title": "One"}).data["id"]
    assert member.post(f"{TASKS}/{task}/move", {"project_id": elsewhere}).status == 403
    assert member.post(f"{TASKS}/{task}/move", {"project_id": hidden}).status == 404


def test_a_move_does_not_tell_what_is_hidden_from_what_does_not_exist(
    ann: Person, project: Any, colleague: Callable[..., Person]
) -> None:
    member = colleague(project["id"])
    task = member.post(TASKS, {"project_id": project["id"], "title": "One"}).data["id"]
    secret = ann.post("/api/v1/projects", {"name": "Hid", "key": "HID", "visibility": "private"}).data["id"]
    inside = ann.post(TASKS, {"project_id": secret, "title": "Hush"}).data["task_list_id"]
    for named in (secret, new_id()):
        reply = member.post(f"{TASKS}/{task}/move", {"project_id": named})
        assert (reply.status, reply.error["message"]) == (404, f"Project {named} was not found")
    refused = [member.post(f"{TASKS}/{task}/move", {"task_list_id": named}) for named in (inside, new_id())]
    assert [reply.status for reply in refused] == [422, 422]
    assert refused[0].error == refused[1].error
    assert refused[0].error["details"]["errors"][0]["code"] == "not_found"
    ann.delete(f"/api/v1/projects/{secret}")
    gone = ann.post(f"{TASKS}/{task}/move", {"task_list_id": inside})
    assert gone.error == refused[0].error, "the list of a trashed project is gone too"


@pytest.mark.parametrize("status", ["on_hold", "completed", "cancelled"])
def test_a_project_that_takes_no_changes_refuses_all_writes(ann: Person, project: Any, status: str) -> None:
    where = {"project_id": project["id"]}
    task = ann.post(TASKS, {**where, "title": "One"}).data
    gone = ann.post(TASKS, {**where, "title": "Two"}).data
    comment = ann.post(f"{TASKS}/{task['id']}/comments", {"content": "x"}).data
    assert ann.delete(f"{TASKS}/{gone['id']}").status == 200
    body = {"status": status, "cancellation_reason": "Money"}
    assert ann.patch(f"/api/v1/projects/{project['id']}/status", body).status == 200
    url = f"{TASKS}/{task['id']}"
    for reply in (
        ann.post(TASKS, {**where, "title": "Three"}),
        ann.post(TASKS, {"task_list_id": task["task_list_id"], "title": "Three"}),
        ann.patch(url, TITLE),
        ann.patch(f"{url}/status", {"status": "done"}),
        ann.post(f"{url}/move", {"position": 1}),
        ann.delete(url),
        ann.post(f"{TASKS}/{gone['id']}/restore"),
        ann.post(f"{url}/comments", {"content": "y"}),
        ann.patch(f"{TASKS}/comments/{comment['id']}", {"content": "y"}),
        ann.delete(f"{TASKS}/comments/{comment['id']}"),
        ann.post(f"{TASKS}/lists", {**where, "name": "L"}),
        ann.patch(f"{TASKS}/lists/{task['task_list_id']}", {"name": "L"}),
        ann.delete(f"{TASKS}/lists/{task['task_list_id']}", force="true"),
    ):
        assert (reply.status, reply.error["details"]) == (409, {"project_status": status})
    assert ann.get(url).data["title"] == "One"
