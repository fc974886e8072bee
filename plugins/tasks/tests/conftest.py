"""People in a project, as the tests of tasks need them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pronaflow_kernel.testing import Person, World


@pytest.fixture
def project(ann: Person) -> Any:
    """A public project of ann's in simple mode."""
    return ann.post("/api/v1/projects", {"name": "Website", "key": "WEB"}).data


@pytest.fixture
def task(ann: Person, project: Any) -> Any:
    """A task of ann's."""
    return ann.post("/api/v1/tasks", {"project_id": project["id"], "title": "Design UI"}).data


@pytest.fixture
def colleague(world: World, ann: Person) -> Callable[..., Person]:
    """Makes members of ann's workspace: `colleague(project["id"], "member")` in a project too."""

    def make(
        project_id: str | None = None, role: str = "member", *, workspace_role: str = "member"
    ) -> Person:
        person = world.person(role)
        world.join(ann.workspace_id, person, workspace_role)
        if project_id is not None:
            body = {"user_id": person.id, "role": role}
            assert ann.post(f"/api/v1/projects/{project_id}/members", body).status == 201
        return person

    return make
