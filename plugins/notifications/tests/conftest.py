"""People in a project, as the tests of notifications need them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, not_, select

from pronaflow_kernel.api import Scope, unscoped
from pronaflow_kernel.attribution import attributed
from pronaflow_kernel.testing import Person, World
from pronaflow_notifications.models import Counter, Notification

URL = "/api/v1/notifications"


@pytest.fixture(autouse=True)
def _morning(world: World) -> None:
    """Each test begins at the same instant, and hears of nothing that was before."""
    world.clock.set(datetime(2026, 3, 2, 9, tzinfo=UTC))
    world.drain()


@pytest.fixture
def project(ann: Person) -> Any:
    """A public project of ann's."""
    return ann.post("/api/v1/projects", {"name": "Website", "key": "WEB"}).data


@pytest.fixture
def private(ann: Person) -> Any:
    """A private project of ann's."""
    return ann.post("/api/v1/projects", {"name": "Secret", "key": "SEC", "visibility": "private"}).data


@pytest.fixture
def colleague(world: World, ann: Person) -> Callable[..., Person]:
    """Makes members of ann's workspace: `colleague(project["id"])` in a project too."""

    def make(project_id: str | None = None, role: str = "member") -> Person:
        person = world.person(role)
        world.join(ann.workspace_id, person, "member")
        if project_id is not None:
            body = {"user_id": person.id, "role": role}
            assert ann.post(f"/api/v1/projects/{project_id}/members", body).status == 201
            world.drain()
            clear(person)
        return person

    return make


@pytest.fixture
def task(ann: Person, world: World) -> Callable[..., Any]:
    """Makes tasks of ann's: `task(project, assigned_to=bob.id)`."""

    def make(project: Any, title: str = "Design UI", **values: Any) -> Any:
        made = ann.post("/api/v1/tasks", {"project_id": project["id"], "title": title, **values}).data
        world.drain()
        return made

    return make


@pytest.fixture
def recount(world: World) -> Callable[[Person], tuple[int, int]]:
    """A person's unread counter, as kept and as counted anew."""

    def read(person: Person) -> tuple[int, int]:
        why = "the test looks at one person, wherever"
        rows = select(func.count()).where(
            Notification.user_id == person.id, Notification.in_app, not_(Notification.read)
        )
        with world.kernel.db.read(Scope.system()) as reader:
            kept = reader.value(select(Counter.unread).where(Counter.user_id == person.id)) or 0
            return kept, reader.value(unscoped(why, rows))

    return read


def told(person: Person, **query: Any) -> list[str]:
    """Types of a person's notifications, newest first."""
    return [row["type"] for row in person.get(URL, **query).data]


def clear(person: Person) -> None:
    """Throw everything away that somebody was told."""
    for row in person.get(URL).data:
        assert person.delete(f"{URL}/{row['id']}").status == 204


def run_job(world: World, plugin_id: str, name: str) -> None:
    """Let a scheduled job come due."""
    (job,) = (job for job in world.kernel.contributions[plugin_id].jobs if job.name == name)
    with world.kernel.db.read(Scope.system()) as reader:
        attributed(plugin_id, job.run)(reader, {})  # type: ignore[arg-type]
    world.drain()
