"""How much is relayed at a time."""

from __future__ import annotations

import pytest
from notes_plugin.plugin import CREATED
from sqlalchemy import text

from pronaflow_kernel.api import Scope, new_id
from pronaflow_kernel.jobs.relay import BATCH
from pronaflow_kernel.testing import Person, World

from .conftest import Workshop


def publish(world: World, workspace_id: str, count: int) -> None:
    with world.kernel.db.write(Scope.system(workspace_id)) as uow:
        for _ in range(count):
            note_id = new_id()
            uow.publish(CREATED, note_id, {"note_id": note_id, "title": "x"})


def unplaced(workshop: Workshop) -> int:
    with workshop.bus.engine.connect() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM core__event WHERE position IS NULL")) or 0)


def test_events_that_come_meanwhile_do_not_keep_the_jobs_waiting(
    world: World, workshop: Workshop, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    came: list[str] = []

    def ring(queue_name: str) -> None:
        if queue_name == "mail":
            assert not came, "it goes on as long as events come"
            came.append(queue_name)
            publish(world, ann.workspace_id, 1)

    monkeypatch.setattr(workshop.bus, "ring", ring)
    workshop.listen(lambda uow, event: None, "note.created", queue="mail")
    publish(world, ann.workspace_id, 1)
    workshop.bus.relay()
    assert (len(workshop.jobs()), unplaced(workshop)) == (1, 1)


def test_what_waits_is_relayed_whole_however_much_it_is(
    world: World, workshop: Workshop, ann: Person
) -> None:
    publish(world, ann.workspace_id, BATCH + 1)
    workshop.bus.relay()
    assert unplaced(workshop) == 0
