"""A server whose background work is what a test says."""

from __future__ import annotations

from typing import Any

import pytest
from notes_plugin.plugin import Note
from sqlalchemy import select, text

from pronaflow_kernel.events.types import Subscriber
from pronaflow_kernel.jobs.models import DeadJob, Job
from pronaflow_kernel.jobs.works import Work, Works
from pronaflow_kernel.testing import Person, World
from pronaflow_kernel.testing.tampering import tampering

TABLES = (
    "core__job",
    "core__job_dead",
    "core__reading",
    "core__operation",
    "core__schedule",
    "core__schedule_run",
)
"""What background work leaves behind."""


class Workshop:
    """Background work of the plugin `notes`, in a test's hands."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.bus = world.kernel.bus

    def listen(self, run: Any, *patterns: str, name: str = "test", **how: Any) -> None:
        """Let a subscriber alone hear of events from here on."""
        self.does(Subscriber(name, patterns, run, **how))

    def does(self, *what: Any) -> None:
        """Let this be all the background work there is."""
        self.bus.works = Works([Work("notes", each) for each in what])

    def run(self, job: dict[str, Any]) -> None:
        """Do a job that was taken."""
        self.bus.runner.run([job], lambda: True)

    def titles(self, workspace_id: str) -> list[str]:
        """Of all notes of a workspace."""
        which = select(Note.title).where(Note.workspace_id == workspace_id).order_by(Note.title)
        with self.bus.engine.connect() as connection:
            return list(connection.scalars(which))

    def jobs(self) -> list[dict[str, Any]]:
        """The jobs that wait, in their order."""
        return self._rows(select(Job).order_by(Job.id))

    def dead(self) -> list[dict[str, Any]]:
        """The jobs that were given up."""
        return self._rows(select(DeadJob).order_by(DeadJob.id))

    def execute(self, statement: str, **params: Any) -> None:
        """Change rows behind the back of the server."""
        with self.bus.engine.begin() as connection, tampering(connection):
            connection.execute(text(statement), params)

    def _rows(self, statement: Any) -> list[dict[str, Any]]:
        with self.bus.engine.connect() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]


@pytest.fixture
def workshop(world: World) -> Any:
    """The background work of this test; nothing of it is left to the next one."""
    before = world.kernel.bus.works
    world.drain()
    yield Workshop(world)
    world.kernel.bus.works = before
    with world.kernel.bus.engine.begin() as connection:
        for table in TABLES:
            connection.execute(text(f"DELETE FROM {table}"))


@pytest.fixture
def desk(world: World, workshop: Workshop, ann: Person) -> Any:
    """Where ann starts a job that does nothing."""
    from .desk import Desk

    made = Desk(world, workshop, ann)
    made.does(lambda uow, args: None)
    return made
