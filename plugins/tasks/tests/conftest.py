"""People in a project, as the tests of tasks need them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import bindparam, select

from pronaflow_kernel.api import SCOPE_WORKSPACE, Principal, Scope
from pronaflow_kernel.events.models import EventRow
from pronaflow_kernel.testing import Person, World
from pronaflow_tasks.api import Tasks
from pronaflow_tasks.models import Counter, Task


@pytest.fixture(autouse=True)
def _morning(world: World) -> None:
    """Each test begins at the same instant, wherever the one before left the clock."""
    world.clock.set(datetime(2026, 3, 2, 9, tzinfo=UTC))


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


@pytest.fixture
def acting(world: World) -> Callable[[Person], Any]:
    """A unit of work of a person: `with acting(ann) as uow`, as another plugin's service gets it."""

    def begin(person: Person, origin: str = "api") -> Any:
        scope = Scope(Principal("user", person.id), person.workspace_id, "owner")
        return world.kernel.db.write(scope, origin=origin)

    return begin


@pytest.fixture
def tasks(world: World) -> Tasks:
    """The service that other plugins get."""
    return world.kernel.services.require(Tasks)


@pytest.fixture
def events(world: World, ann: Person) -> Callable[[str], list[Any]]:
    """The ledger's rows about one thing, in order."""
    statement = select(EventRow.__table__).where(
        EventRow.workspace_id == SCOPE_WORKSPACE, EventRow.aggregate_id == bindparam("id")
    )

    def read(aggregate_id: str) -> list[Any]:
        with world.kernel.db.read(Scope.system(ann.workspace_id)) as reader:
            return reader.all(statement.order_by(EventRow.seq), id=aggregate_id)

    return read


@pytest.fixture
def counted(world: World, ann: Person) -> Callable[[str], tuple[Any, Any]]:
    """A project's counters as kept, and as counted anew from its tasks."""

    def read(project_id: str) -> tuple[Any, Any]:
        with world.kernel.db.read(Scope.system(ann.workspace_id)) as reader:
            kept = reader.one(COUNTER, project_id=project_id)
            rows = reader.all(TASKS, project_id=project_id)
        here = [row for row in rows if row["lifecycle"] != "trashed"]
        anew = {
            "total": len(here),
            "completed": sum(row["status"] == "completed" for row in here),
            "cancelled": sum(row["status"] == "cancelled" for row in here),
        }
        assert not kept or kept["last_rank"] >= max((row["rank"] for row in rows), default=0)
        assert not kept or kept["last_number"] >= max((row["number"] for row in rows), default=0)
        return {name: kept[name] if kept else 0 for name in anew}, anew

    return read


COUNTER = select(Counter.__table__).where(
    Counter.workspace_id == SCOPE_WORKSPACE, Counter.project_id == bindparam("project_id")
)
TASKS = select(Task.__table__).where(
    Task.workspace_id == SCOPE_WORKSPACE, Task.project_id == bindparam("project_id")
)
