"""Resource types: what the kernel does with records of any plugin, and what their owners add."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from notes_plugin.plugin import Note

from pronaflow_kernel.api import Scope
from pronaflow_kernel.attribution import CURRENT_PLUGIN
from pronaflow_kernel.errors import Conflict, NotFound
from pronaflow_kernel.events.models import EventRow
from pronaflow_kernel.persistence.uow import UnitOfWork
from pronaflow_kernel.records.lifecycle import RETENTION, Trash
from pronaflow_kernel.records.resources import Resource
from pronaflow_kernel.testing import Person, World

NOTES = "/api/v1/notes"


@pytest.fixture
def note(ann: Person) -> str:
    return str(ann.post(NOTES, {"title": "x"}).data["id"])


def writing(world: World, person: Person) -> Any:
    return world.kernel.db.write(Scope.system(person.workspace_id))


def test_a_record_moves_to_the_trash_and_back(world: World, ann: Person, note: str) -> None:
    with writing(world, ann) as uow:
        world.kernel.trash.discard(uow, "note", note)
    assert ann.get(f"{NOTES}/{note}").status == 404
    with writing(world, ann) as uow:
        world.kernel.trash.recover(uow, "note", note)
    assert ann.get(f"{NOTES}/{note}").data["title"] == "x"


def test_it_comes_back_for_thirty_days_and_no_longer(world: World, ann: Person, note: str) -> None:
    with writing(world, ann) as uow:
        world.kernel.trash.discard(uow, "note", note)
    world.clock.advance((RETENTION - timedelta(seconds=1)).total_seconds())
    with writing(world, ann) as uow:
        world.kernel.trash.recover(uow, "note", note)
        world.kernel.trash.discard(uow, "note", note)
    world.clock.advance(RETENTION.total_seconds())
    with pytest.raises(Conflict, match="for more than 30 days"), writing(world, ann) as uow:
        world.kernel.trash.recover(uow, "note", note)


@pytest.mark.parametrize("act", [Trash.discard, Trash.recover])
def test_a_record_of_a_plugin_that_is_off_is_none_until_it_is_on(
    world: World, ann: Person, note: str, act: Any
) -> None:
    world.kernel.switches.set("notes", False, ann.workspace_id)
    with pytest.raises(NotFound), writing(world, ann) as uow:
        act(world.kernel.trash, uow, "note", note)
    world.kernel.switches.set("notes", True, ann.workspace_id)
    with writing(world, ann) as uow:
        world.kernel.trash.discard(uow, "note", note)


def test_what_is_not_in_the_trash_stays_where_it_is(world: World, ann: Person, note: str) -> None:
    with pytest.raises(Conflict, match="not in the trash"), writing(world, ann) as uow:
        world.kernel.trash.recover(uow, "note", note)
    with pytest.raises(NotFound), writing(world, ann) as uow:
        world.kernel.trash.purge(uow, "note", note)


def test_a_record_of_another_workspace_is_none(world: World, bob: Person, note: str) -> None:
    for act in (world.kernel.trash.discard, world.kernel.trash.recover):
        with pytest.raises(NotFound), writing(world, bob) as uow:
            act(uow, "note", note)


class Owner:
    """The acts of a resource type, as its owner means them."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str, str | None]] = []

    def act(self, name: str) -> Any:
        def done(uow: UnitOfWork, what: Any) -> None:
            record = what if isinstance(what, str) else what["id"]
            self.done.append((name, record, CURRENT_PLUGIN.get()))

        return done

    def trash(self) -> Trash:
        acts = {name: self.act(name) for name in ("trash", "restore", "purge")}
        return Trash({"note": Resource("note", Note, "title", **acts)}, {"note": "notes"})


def test_the_owner_says_what_trashing_and_restoring_mean(world: World, ann: Person, note: str) -> None:
    owner = Owner()
    with writing(world, ann) as uow:
        owner.trash().discard(uow, "note", note)
        owner.trash().recover(uow, "note", note)
    assert owner.done == [("trash", note, "notes"), ("restore", note, "notes")]
    assert ann.get(f"{NOTES}/{note}").status == 200, "nothing happens beside what the owner does"


def test_the_owner_hears_before_a_record_is_purged(world: World, ann: Person, note: str) -> None:
    owner = Owner()
    with writing(world, ann) as uow:
        world.kernel.trash.discard(uow, "note", note)
    with writing(world, ann) as uow:
        owner.trash().purge(uow, "note", note)
    assert owner.done == [("purge", note, "notes")]


@pytest.mark.parametrize(
    ("resource", "fault"),
    [
        (Resource("n", Note, "name"), "has no column name"),
        (Resource("n", Note, "title", "box_id"), "has no column box_id"),
        (Resource("n", Note, "title", search=("words",)), "has no column words"),
        (Resource("n", EventRow, "type"), "has no column lifecycle: say by `trash` what deleting one does"),
        (
            Resource("n", Note, "title", permissions={"read": "notes.peek"}),
            "demands 'notes.peek', which nobody",
        ),
        (Resource("n", Note, "title", permissions={"burn": "notes.read"}), "knows no act burn"),
    ],
)
def test_a_resource_type_that_cannot_be_says_why(resource: Resource, fault: str) -> None:
    [found] = resource.faults({"notes.read"})
    assert found.startswith(fault)
