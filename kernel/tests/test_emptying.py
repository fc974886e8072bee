"""The daily job that deletes for good what was in the trash for 30 days."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from pronaflow_kernel.api import SCOPE_WORKSPACE, Scope, Workspace, tenancy
from pronaflow_kernel.events.models import EventRow
from pronaflow_kernel.persistence.uow import UnitOfWork
from pronaflow_kernel.records import emptying
from pronaflow_kernel.records.lifecycle import RETENTION
from pronaflow_kernel.records.models import TrashItem
from pronaflow_kernel.records.policy import TrashPolicy
from pronaflow_kernel.records.resources import Resource
from pronaflow_kernel.testing import Person, World

NOTES = "/api/v1/notes"
SECOND = timedelta(seconds=1)
DAY = 86_400
ITEMS = select(func.count()).select_from(TrashItem).where(TrashItem.workspace_id == SCOPE_WORKSPACE)
pytestmark = pytest.mark.usefixtures("clock")

TOLD = select(EventRow.payload).where(EventRow.workspace_id == SCOPE_WORKSPACE)


def trashed(world: World, person: Person) -> str:
    note = str(person.post(NOTES, {"title": "x"}).data["id"])
    with world.kernel.db.write(Scope.system(person.workspace_id)) as uow:
        world.kernel.trash.discard(uow, "note", note)
    return note


def discard_workspace(world: World, workspace_id: str) -> None:
    with world.kernel.db.write(Scope.system(workspace_id)) as uow:
        tenancy.trash_workspace(uow, uow.get(Workspace, workspace_id))


def empty(world: World) -> None:
    [job] = emptying.trash_jobs(world.kernel)
    job.run(None, {})  # type: ignore[arg-type]


def items(world: World, workspace_id: str) -> int:
    with world.kernel.db.read(Scope.system(workspace_id)) as reader:
        return int(reader.value(ITEMS) or 0)


def rows(world: World, workspace_id: str, *notes: str) -> list[bool]:
    """Which notes have a row, whatever their state."""
    model = world.kernel.resources["note"].model
    statement = select(model.__table__.c.id).where(model.__table__.c.workspace_id == SCOPE_WORKSPACE)
    with world.kernel.db.read(Scope.system(workspace_id)) as reader:
        there = {row["id"] for row in reader.all(statement)}
    return [note in there for note in notes]


def test_records_go_at_the_midnight_after_thirty_days_and_not_before(
    world: World, ann: Person, bob: Person
) -> None:
    home = ann.workspace_id
    world.clock.set(datetime(2026, 3, 2, 9, tzinfo=UTC))
    old, theirs = trashed(world, ann), trashed(world, bob)
    world.clock.set(datetime(2026, 4, 1, 8, 59, 59, tzinfo=UTC))
    young = trashed(world, ann)
    world.clock.set(datetime(2026, 4, 1, 23, 59, 59, tzinfo=UTC))
    empty(world)
    assert rows(world, home, old, young) == [True, True]
    world.clock.advance(1)
    empty(world)
    assert rows(world, home, old, young) == [False, True]
    assert rows(world, bob.workspace_id, theirs) == [False]
    assert (items(world, home), items(world, bob.workspace_id)) == (1, 0)


def test_midnight_is_that_of_the_workspace(world: World, ann: Person) -> None:
    world.clock.set(datetime(2026, 3, 2, 9, tzinfo=UTC))
    note = trashed(world, ann)
    with world.kernel.db.write(Scope.system(ann.workspace_id)) as uow:
        world.kernel.preferences.set_policy(uow, "locale", {"timezone": "Asia/Ho_Chi_Minh"}, [])
    for hour, there in ((16, True), (17, False)):  # 00:00 in Vietnam
        world.clock.set(datetime(2026, 4, 1, hour, tzinfo=UTC))
        empty(world)
        assert rows(world, ann.workspace_id, note) == [there]


@pytest.mark.parametrize(("policy", "there"), [(TrashPolicy(purges=False), True), (TrashPolicy(), False)])
def test_a_workspace_may_keep_what_is_in_its_trash(
    world: World, ann: Person, monkeypatch: pytest.MonkeyPatch, policy: TrashPolicy, there: bool
) -> None:
    note = trashed(world, ann)
    monkeypatch.setattr(world.kernel.trash, "_policy", lambda reader: policy)
    world.clock.advance(RETENTION.total_seconds() + DAY)
    empty(world)
    assert rows(world, ann.workspace_id, note) == [there]


def test_what_went_to_the_trash_stays_as_long_as_was_promised_then(
    world: World, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = trashed(world, ann)
    monkeypatch.setattr(world.kernel.trash, "_policy", lambda reader: TrashPolicy(keep=timedelta(days=2)))
    new = trashed(world, ann)
    world.clock.advance(3 * DAY)
    empty(world)
    assert rows(world, ann.workspace_id, old, new) == [True, False]


def test_what_is_gone_is_told_without_its_title(world: World, ann: Person) -> None:
    note = trashed(world, ann)
    world.clock.advance(RETENTION.total_seconds() + DAY)
    empty(world)
    with world.kernel.db.read(Scope.system(ann.workspace_id)) as reader:
        [told] = reader.all(TOLD.where(EventRow.type == "note.purged"))
    assert told["payload"] == {"resource_type": "note", "resource_id": note}


def test_little_by_little(world: World, ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    notes = [trashed(world, ann) for _ in range(5)]
    monkeypatch.setattr(emptying, "AT_ONCE", 2)
    world.clock.advance(RETENTION.total_seconds() + DAY)
    empty(world)
    assert rows(world, ann.workspace_id, *notes) == [False] * 5
    assert items(world, ann.workspace_id) == 0


@pytest.fixture
def stubborn(world: World) -> Iterator[list[str]]:
    """Ids of notes that their owner cannot delete."""
    notes: list[str] = []

    def purge(_uow: UnitOfWork, row: Any) -> None:
        if row["id"] in notes:
            raise RuntimeError("something depends on it")

    known: Any = world.kernel.trash._resources
    mine = known["note"]
    known["note"] = Resource(mine.name, mine.model, mine.title, mine.container, purge=purge)
    yield notes
    known["note"] = mine


def test_one_that_cannot_go_holds_up_no_other(
    world: World, ann: Person, stubborn: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    kept, gone = trashed(world, ann), trashed(world, ann)
    stubborn.append(kept)
    world.clock.advance(RETENTION.total_seconds() + DAY)
    with caplog.at_level(logging.ERROR, "pronaflow.trash"):
        empty(world)
    assert rows(world, ann.workspace_id, kept, gone) == [True, False]
    assert items(world, ann.workspace_id) == 1
    assert f"note {kept} stays in the trash" in caplog.text


def test_a_workspace_goes_with_all_that_is_in_it(world: World, ann: Person) -> None:
    home = ann.workspace_id
    note = ann.post(NOTES, {"title": "x"}).data["id"]
    ann.patch(f"{NOTES}/{note}", {"title": "quagga"})
    trashed(world, ann)
    discard_workspace(world, home)
    world.clock.advance(RETENTION.total_seconds() - 1)
    empty(world)
    with world.kernel.db.read(Scope.system(home)) as reader:
        assert reader.get(Workspace, home, trashed=True)["lifecycle"] == "trashed"
    world.clock.advance(1)
    empty(world)
    assert items(world, home) == 0
    with world.kernel.db.read(Scope.system(home)) as reader:
        assert reader.one(select(Workspace.id).where(Workspace.id == SCOPE_WORKSPACE)) is None
        told = [row["payload"] for row in reader.all(TOLD)]
    assert told and "quagga" not in str(told), "the ledger tells that something happened, and not what"


def test_a_workspace_that_was_restored_stays(world: World, ann: Person) -> None:
    home = ann.workspace_id
    discard_workspace(world, home)
    world.clock.advance((RETENTION - SECOND).total_seconds())
    with world.kernel.db.write(Scope.system(home)) as uow:
        tenancy.restore_workspace(uow, uow.get(Workspace, home, trashed=True))
    world.clock.advance(1)
    empty(world)
    emptying._purge(world.kernel, home)
    with world.kernel.db.read(Scope.system(home)) as reader:
        assert reader.get(Workspace, home)["lifecycle"] == "active"


def test_the_job_comes_at_the_midnight_of_every_time_zone(world: World) -> None:
    [job] = emptying.trash_jobs(world.kernel)
    assert [schedule.cron for schedule in job.schedules] == ["*/15 * * * *"]
