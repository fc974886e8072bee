"""Tasks over HTTP: the suite of every resource, and what is particular to tasks."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.testing import Person, ResourceSuite

_PROJECTS: dict[str, str] = {}


def _project(owner: Person) -> str:
    """A project of a person, made at the first call."""
    if owner.id not in _PROJECTS:
        made = owner.post("/api/v1/projects", {"name": "Website", "key": "WEB"})
        _PROJECTS[owner.id] = made.data["id"]
    return _PROJECTS[owner.id]


class TestTasks(ResourceSuite):
    path = "/api/v1/tasks"
    patch = {"title": "Other", "priority": "high"}

    def body(self, owner: Person, number: int = 1) -> dict[str, Any]:
        return {"project_id": _project(owner), "title": f"Task {number}"}


class TestTasksOfAProject(ResourceSuite):
    """The same through the project, with everything that a task can be born with."""

    path = "/api/v1/tasks"
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
