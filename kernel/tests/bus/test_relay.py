"""How much is relayed at a time."""

from __future__ import annotations

from typing import Any

import pytest
from notes_plugin.plugin import CREATED, Note
from sqlalchemy import event, exists, text

from pronaflow_kernel.api import Scope, Subscriber, new_id
from pronaflow_kernel.events.selection import Selection
from pronaflow_kernel.jobs.relay import BATCH
from pronaflow_kernel.jobs.replay import count
from pronaflow_kernel.jobs.works import Work
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


class TestWhere:
    """Subscribers that want events only where a table of theirs says so."""

    def test_only_such_events_make_jobs(self, world: World, workshop: Workshop, ann: Person) -> None:
        heard: list[str] = []
        workshop.listen(lambda uow, event: heard.append(event.aggregate_id), "note.created", where=_is_kept)
        kept = ann.post("/api/v1/notes", {"title": "Kept"}).data["id"]
        publish(world, ann.workspace_id, 3)
        workshop.bus.relay()
        assert len(workshop.jobs()) == 1
        world.drain()
        assert heard == [kept]

    def test_one_statement_asks_for_all_events_of_a_turn(
        self, world: World, workshop: Workshop, ann: Person
    ) -> None:
        workshop.listen(lambda uow, event: None, "*", where=_is_kept)
        publish(world, ann.workspace_id, 50)
        seen: list[str] = []

        def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
            seen.append(statement)

        event.listen(workshop.bus.engine, "before_cursor_execute", note)
        try:
            workshop.bus.relay()
        finally:
            event.remove(workshop.bus.engine, "before_cursor_execute", note)
        assert len([statement for statement in seen if "notes__note" in statement]) == 1
        assert workshop.jobs() == []

    def test_a_replay_is_of_such_events_too(self, world: World, workshop: Workshop, ann: Person) -> None:
        work = Work("notes", Subscriber("test", ("note.created",), lambda uow, event: None, where=_is_kept))
        with workshop.bus.engine.connect() as connection:
            before = count(connection, work, Selection())
        ann.post("/api/v1/notes", {"title": "Kept"})
        publish(world, ann.workspace_id, 3)
        workshop.bus.relay()
        with workshop.bus.engine.connect() as connection:
            assert count(connection, work, Selection()) == before + 1

    def test_what_reads_in_batches_cannot_say_it(self) -> None:
        with pytest.raises(ValueError, match="reads in batches"):
            Subscriber("test", ("*",), lambda uow, events: None, mode="batch", where=_is_kept)


def _is_kept(of: Any) -> Any:
    """Whether the note that an event is about is there."""
    return exists().where(Note.workspace_id == of.workspace_id, Note.id == of.aggregate_id)
