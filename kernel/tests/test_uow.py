"""The unit of work and the ledger: what is promised to services."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from notes_plugin.plugin import CREATED, Note
from sqlalchemy import select

from pronaflow_kernel.errors import NotFound, StaleRow
from pronaflow_kernel.events.models import EventPrivate, EventRow
from pronaflow_kernel.persistence.scope import SCOPE_WORKSPACE, Scope
from pronaflow_kernel.persistence.uow import UnitOfWork
from pronaflow_kernel.tenancy.rule import unscoped
from pronaflow_kernel.testing import Person, World

_EVENTS = (
    select(EventRow.__table__)
    .where(EventRow.workspace_id == SCOPE_WORKSPACE, EventRow.type.like("note.%"))
    .order_by(EventRow.seq)
)


@pytest.fixture
def scope(ann: Person) -> Scope:
    return Scope.system(ann.workspace_id)


def publish(uow: UnitOfWork, note: Any, **more: Any) -> None:
    uow.publish(CREATED, note["id"], {"note_id": note["id"], "title": note["title"]}, **more)


def test_an_insert_answers_the_whole_row_as_it_is_stored(world: World, scope: Scope) -> None:
    with world.kernel.db.write(scope) as uow:
        note = uow.insert(Note, {"title": "x"})
    with world.kernel.db.read(scope) as reader:
        assert reader.get(Note, note["id"]) == note
    assert (note["version"], note["lifecycle"], note["workspace_id"]) == (1, "active", scope.workspace_id)


def test_an_update_writes_only_what_differs(world: World, scope: Scope) -> None:
    with world.kernel.db.write(scope) as uow:
        note = uow.insert(Note, {"title": "x"})
        nothing = uow.update(Note, note, {"title": "x"})
        assert (nothing.changes, nothing.row["version"]) == ({}, 1)
        something = uow.update(Note, note, {"title": "y", "due_at": None})
        assert something.changes == {"title": {"old": "x", "new": "y"}}
        assert something.row["version"] == 2


def test_a_row_changed_meanwhile_is_stale(world: World, scope: Scope) -> None:
    with world.kernel.db.write(scope) as uow:
        note = uow.insert(Note, {"title": "x"})
        uow.update(Note, note, {"title": "y"})
        with pytest.raises(StaleRow):
            uow.update(Note, note, {"title": "z"})
        with pytest.raises(StaleRow):
            uow.remove(Note, note)


def test_another_workspace_s_row_is_not_found(world: World, scope: Scope, bob: Person) -> None:
    with world.kernel.db.write(scope) as uow:
        note = uow.insert(Note, {"title": "x"})
    with world.kernel.db.write(Scope.system(bob.workspace_id)) as uow:
        with pytest.raises(NotFound):
            uow.get(Note, note["id"])
        with pytest.raises(StaleRow):
            uow.update(Note, note, {"title": "stolen"})


def test_a_raise_undoes_rows_events_and_actions(world: World, scope: Scope) -> None:
    called: list[str] = []
    with pytest.raises(RuntimeError), world.kernel.db.write(scope) as uow:
        publish(uow, uow.insert(Note, {"title": "x"}))
        uow.after_commit(lambda: called.append("mail"))
        raise RuntimeError
    world.drain()
    with world.kernel.db.read(scope) as reader:
        assert reader.all(_EVENTS) == []
    assert called == []


def test_a_savepoint_undoes_its_own_part_alone(world: World, scope: Scope) -> None:
    called: list[str] = []
    with world.kernel.db.write(scope) as uow:
        kept = uow.insert(Note, {"title": "kept"})
        publish(uow, kept)
        with pytest.raises(RuntimeError), uow.savepoint():
            publish(uow, uow.insert(Note, {"title": "lost"}))
            uow.after_commit(lambda: called.append("lost"))
            raise RuntimeError
        uow.after_commit(lambda: called.append("kept"))
    world.drain()
    with world.kernel.db.read(scope) as reader:
        assert [event["payload"]["title"] for event in reader.all(_EVENTS)] == ["kept"]
    assert called == ["kept"]


def test_a_dry_run_leaves_nothing_behind(world: World, scope: Scope) -> None:
    with world.kernel.db.write(scope, dry_run=True) as uow:
        publish(uow, uow.insert(Note, {"title": "x"}))
    with world.kernel.db.read(scope) as reader:
        assert reader.all(_EVENTS) == []


def test_an_event_tells_who_where_and_when(world: World, scope: Scope) -> None:
    long_ago = datetime(2020, 1, 2, tzinfo=UTC)
    with world.kernel.db.write(scope, origin="import", now=long_ago) as uow:
        note = uow.insert(Note, {"title": "x"})
        publish(uow, note)
        publish(uow, note, occurred_at=long_ago + timedelta(days=1), private={"ip": "192.0.2.1"})
    with world.kernel.db.read(scope) as reader:
        first, second = reader.all(_EVENTS)
        private = reader.all(
            unscoped(
                "the test looks", select(EventPrivate.__table__).where(EventPrivate.event_id == second["id"])
            )
        )
    assert (first["occurred_at"], first["recorded_at"]) == (long_ago, world.clock.now())
    assert (first["origin"], first["actor_kind"], first["public"]) == ("import", "system", True)
    assert second["occurred_at"] == long_ago + timedelta(days=1)
    assert "192.0.2.1" not in str(second) and private[0]["data"] == {"ip": "192.0.2.1"}


def test_a_payload_that_differs_from_its_schema_is_a_defect(world: World, scope: Scope) -> None:
    with world.kernel.db.write(scope) as uow, pytest.raises(ValueError, match="title"):
        uow.publish(CREATED, scope.workspace_id or "", {"note_id": "x"})


def test_a_reader_cannot_write(world: World, scope: Scope) -> None:
    with world.kernel.db.write(scope) as uow:
        note = uow.insert(Note, {"title": "x"})
    with world.kernel.db.read(scope) as reader, pytest.raises(Exception, match=r"readonly|read-only"):
        reader.connection.execute(
            Note.__table__.delete().where(Note.workspace_id == scope.workspace_id, Note.id == note["id"])
        )
