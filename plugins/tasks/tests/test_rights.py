"""What is hidden and what takes no changes; who may do what stands in tests/roles/expected.toml."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pronaflow_kernel.api import new_id
from pronaflow_kernel.testing import Person

TASKS = "/api/v1/tasks"

TITLE = {"title": "Changed"}


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
