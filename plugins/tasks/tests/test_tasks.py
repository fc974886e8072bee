"""Tasks over HTTP: the suite of every resource, and what is particular to tasks."""

from __future__ import annotations

from typing import Any, ClassVar

from pronaflow_kernel.testing import Person, ResourceSuite

_PROJECTS: dict[str, str] = {}
_TASKS: dict[str, str] = {}


def _project(owner: Person) -> str:
    """A project of a person, made at the first call."""
    if owner.id not in _PROJECTS:
        made = owner.post("/api/v1/projects", {"name": "Website", "key": "WEB"})
        _PROJECTS[owner.id] = made.data["id"]
    return _PROJECTS[owner.id]


def _task(owner: Person) -> str:
    """A task of a person, made at the first call."""
    if owner.id not in _TASKS:
        made = owner.post("/api/v1/tasks", {"project_id": _project(owner), "title": "Talk"})
        _TASKS[owner.id] = made.data["id"]
    return _TASKS[owner.id]


class TestTasks(ResourceSuite):
    path = "/api/v1/tasks"
    patch = {"title": "Other", "priority": "high"}
    clears: ClassVar[dict[str, Any]] = {
        "description": "Words",
        "start_date": "2026-04-01",
        "due_date": "2026-04-02",
        "estimated_hours": 1.5,
        "story_points": 3,
        "started_at": "2026-03-01T09:00:00Z",
    }

    def body(self, owner: Person, number: int = 1) -> dict[str, Any]:
        return {"project_id": _project(owner), "title": f"Task {number}"}


class TestTasksOfAProject(ResourceSuite):
    """The same through the project, with everything that a task can be born with.

    Beside the twelve statements of any creation there is one for each table that its fields live in.
    """

    path = "/api/v1/tasks"
    budgets: ClassVar[dict[str, int]] = {**ResourceSuite.budgets, "create": 14}
    patch = {"tags": ["one", "two"], "due_date": "2026-04-01"}

    def body(self, owner: Person, number: int = 1) -> dict[str, Any]:
        return {
            "project_id": _project(owner),
            "title": f"Task {number}",
            "description": "Words",
            "assigned_to": owner.id,
            "tags": ["ui", "web"],
            "due_date": "2026-03-09",
        }

    def list_query(self, owner: Person) -> dict[str, Any]:
        return {"project_id": _project(owner)}


class TestTaskLists(ResourceSuite):
    path = "/api/v1/tasks/lists"
    patch = {"name": "Other", "order": 7}
    clears: ClassVar[dict[str, Any]] = {"description": "Words"}

    def body(self, owner: Person, number: int = 1) -> dict[str, Any]:
        return {"project_id": _project(owner), "name": f"List {number}"}

    def list_query(self, owner: Person) -> dict[str, Any]:
        return {"project_id": _project(owner)}


class TestComments(ResourceSuite):
    path = "/api/v1/tasks/comments"
    patch = {"content": "Said otherwise"}

    def collection(self, owner: Person) -> str:
        return f"/api/v1/tasks/{_task(owner)}/comments"

    def body(self, owner: Person, number: int = 1) -> dict[str, Any]:
        return {"content": f"Comment {number}"}

    def list_query(self, owner: Person) -> dict[str, Any]:
        return {}


def test_a_comment_changes_the_tag_of_its_task_but_not_who_may_change_that(ann: Person) -> None:
    url = f"/api/v1/tasks/{_task(ann)}"
    before = ann.get(url).headers["ETag"]
    assert ann.post(f"{url}/comments", {"content": "New"}).status == 201
    after = ann.request("GET", url, headers={"If-None-Match": before})
    assert after.status == 200 and after.headers["ETag"] != before
    assert after.data["comments_count"] == 1
    assert ann.request("PATCH", url, {"title": "Other"}, headers={"If-Match": before}).status == 200
    assert ann.request("PATCH", url, {"title": "Third"}, headers={"If-Match": before}).status == 412


def test_actions_are_held_to_the_version_that_their_caller_saw(ann: Person) -> None:
    task = ann.post("/api/v1/tasks", {"project_id": _project(ann), "title": "Moved"})
    url, late = f"/api/v1/tasks/{task.data['id']}", {"If-Match": task.headers["ETag"]}
    changed = ann.patch(url, {"title": "Renamed"})
    for path, body in (("/move", {"position": 0}), ("/comments", {"content": "Late"})):
        assert ann.request("POST", url + path, body, headers=late).status == 412, path
    assert ann.request("PATCH", f"{url}/status", {"status": "done"}, headers=late).status == 412
    assert (
        ann.request(
            "POST", f"{url}/move", {"position": 0}, headers={"If-Match": changed.headers["ETag"]}
        ).status
        == 200
    )
    assert ann.delete(url).status == 200
    assert ann.request("POST", f"{url}/restore", {}, headers=late).status == 412
    assert ann.request("POST", f"{url}/restore", {}).status == 200
